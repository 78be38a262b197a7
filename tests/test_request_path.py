"""
What a prediction imports: the standard library and our own packages, nothing that was installed.
"""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent

IMPORTED = """
import sys
sys.path.insert(0, sys.argv[1])
import lambdas.predict
import training.next_item.predict
print(*sorted({name.split(".")[0] for name in sys.modules}))
"""


def imported(*options: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, *options, "-c", IMPORTED, str(ROOT)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        check=True,
    )
    return set(done.stdout.split())


def test_a_prediction_needs_nothing_that_was_installed():
    assert "lambdas" in imported("-I", "-S")  # without site-packages


def test_a_prediction_imports_nothing_that_is_installed():
    ours = {"lambdas", "domain", "adapters", "training"}

    foreign = imported("-I") - imported_by_python() - sys.stdlib_module_names - ours

    assert foreign == set()


def imported_by_python() -> set[str]:
    """What the environment loads at every start, whatever runs."""
    done = subprocess.run(
        [sys.executable, "-I", "-c", "import sys; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name.split(".")[0] for name in done.stdout.split()}
