"""What is deployed: every module, and bytecode that is read without a look at its source."""

import subprocess
import sys
from pathlib import Path

import pytest

from stacks import code
from stacks.functions import RUNTIME

UNCHECKED = b"\x01\x00\x00\x00"  # PEP 552: the second word of such a file


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("compiled")
    code.copy(folder, python=sys.executable)
    return folder


def test_bytecode_is_for_the_python_of_the_runtime():
    assert RUNTIME.name == code.PYTHON


def test_every_module_has_bytecode_that_is_not_checked(compiled: Path):
    sources = sorted(compiled.rglob("*.py"))
    bytecode = sorted(compiled.rglob("*.pyc"))

    assert len(bytecode) == len(sources) > 80
    assert {file.read_bytes()[4:8] for file in bytecode} == {UNCHECKED}


def test_a_function_reads_the_bytecode(compiled: Path):
    """A source that says something else is not looked at."""
    (compiled / "domain" / "assignment.py").write_text("raise AssertionError('the source was read')\n")
    program = (
        "import sys; sys.path[:] = [sys.argv[1], *sys.path]; import domain.assignment as found; print(found)"
    )

    said = subprocess.run(
        [sys.executable, "-I", "-c", program, str(compiled)], capture_output=True, text=True, check=True
    )

    assert str(compiled) in said.stdout


def test_what_is_deployed_is_the_tree_and_no_more():
    files = (file.relative_to(code.folder()) for file in code.folder().rglob("*.*"))
    deployed = {file for file in files if "__pycache__" not in file.parts}

    assert {path.parts[0] for path in deployed} == set(code.PACKAGES)
    assert Path("lambdas/predict.py") in deployed
    assert Path("warehouse/watch/inputs.sql") in deployed
    assert not any(part.startswith(".") for path in deployed for part in path.parts)


def test_other_sources_are_another_version(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    for package in code.PACKAGES:
        (tmp_path / package).mkdir()
    (tmp_path / "domain" / "one.py").write_text("1")
    monkeypatch.setattr(code, "ROOT", tmp_path)
    first = code.digest.__wrapped__()

    (tmp_path / "domain" / "__pycache__").mkdir()
    (tmp_path / "domain" / "__pycache__" / "one.pyc").write_text("made")
    assert code.digest.__wrapped__() == first
    (tmp_path / "domain" / "one.py").write_text("2")
    second = code.digest.__wrapped__()
    (tmp_path / "domain" / "one.py").rename(tmp_path / "domain" / "two.py")

    assert len({first, second, code.digest.__wrapped__()}) == 3
