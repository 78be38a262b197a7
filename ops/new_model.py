"""
A model to start from: `python -m ops new-model NAME` writes one that trains, is tested and deploys at once.

Change it file by file; its contract first.
"""

import keyword
import re
from pathlib import Path
from string import Template

from ops.progress import console

ROOT = Path(__file__).parent.parent
TEMPLATES = Path(__file__).parent / "scaffold"
SUFFIX = ".template"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
IMPORTS = re.compile(r"(?:^from training\b.*\n)+", re.M)  # where they stand depends on the name
LONGEST = 30  # a group, a layer and a job are named after it, with the environment or an execution beside it


class UnusableName(ValueError):
    """No model can be called so."""


def main(model: str, *, owner: str) -> int:
    """
    Raises:
        UnusableName
    """
    for path in write(model, owner=owner, root=ROOT):
        console.print(f"  {path.relative_to(ROOT)}", highlight=False)
    console.print(f"Now: make test, make run; then make it yours, from training/{model}/contract.py on.")
    return 0


def write(model: str, *, owner: str, root: Path) -> list[Path]:
    """
    The files that were written below *root*.

    Raises:
        UnusableName
    """
    check(model, root)
    written = []
    for template in sorted(TEMPLATES.glob(f"*{SUFFIX}")):
        path = root / _place(template.name.removesuffix(SUFFIX), model)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = Template(template.read_text(encoding="utf-8")).substitute(model=model, owner=owner)
        path.write_text(IMPORTS.sub(_sorted, text), encoding="utf-8")
        written.append(path)
    package = root / "training" / model / "__init__.py"
    package.touch()
    return [*written, package]


def check(model: str, root: Path) -> None:
    """
    Raises:
        UnusableName: with what is wrong.
    """
    if not NAME.fullmatch(model) or keyword.iskeyword(model) or len(model) > LONGEST:
        raise UnusableName(f"{model!r}: use lower case, digits and single _, at most {LONGEST}, as next_item")
    for folder in (root / "training").iterdir():
        if folder.name.removesuffix(".py").replace("_", "") == model.replace("_", ""):
            raise UnusableName(f"{model!r} is taken by training/{folder.name}")


def _sorted(lines: re.Match[str]) -> str:
    return "".join(sorted(lines[0].splitlines(keepends=True)))


def _place(name: str, model: str) -> str:
    if name == "snapshot.sql":
        return f"warehouse/snapshots/{model}.sql"
    if name == "test.py":
        return f"tests/training/{model}/test_{model}.py"
    return f"training/{model}/{name}"
