"""
What is deployed to every function and job: the packages, with their bytecode for Lambda's Python.

Lambda's disk is read-only, so without bytecode every cold start would compile every module again.
"""

import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("domain", "adapters", "warehouse", "lambdas", "training")
PYTHON = "python3.14"  # of the runtime: bytecode of another is not read
KEPT_SECONDS = 24 * 3600
LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*")


@cache
def folder() -> Path:
    """The packages as they are now; compiled where this machine has the runtime's Python."""
    made = ROOT / "build" / "code" / digest()
    if not made.exists():
        made.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=made.parent, prefix="part-"))
        copy(part, python=shutil.which(PYTHON))
        _take_its_place(part, made)
    return made


def is_compiled() -> bool:
    return shutil.which(PYTHON) is not None


@cache
def digest() -> str:
    """
    Of what the packages are made of and of whether they are compiled: bytecode itself may differ from one
    compilation to the next, and would look like new code.
    """
    found = sha256(str(is_compiled()).encode())
    for package in PACKAGES:
        for file in sorted(file for file in (ROOT / package).rglob("*") if file.is_file()):
            name = file.relative_to(ROOT)
            if not any(LEFT_OUT(str(ROOT), [part]) for part in name.parts):
                found.update(f"\n{name}\n".encode() + sha256(file.read_bytes()).digest())
    return found.hexdigest()


def copy(to: Path, *, python: str | Path | None, packages: tuple[str, ...] = PACKAGES) -> None:
    """
    Args:
        python: that the bytecode is for; None: none.
    """
    for package in packages:
        shutil.copytree(ROOT / package, to / package, ignore=LEFT_OUT)
    if python:
        # unchecked: the files never change, so nobody needs to look whether they have
        how = ["--invalidation-mode", "unchecked-hash", "-s", str(to)]
        subprocess.run([str(python), "-m", "compileall", "-q", *how, str(to)], check=True)  # noqa: S603


def _take_its_place(part: Path, made: Path) -> None:
    """Another process may be at the same; the first one is as good. Others may still read older ones."""
    for other in made.parent.iterdir():
        with suppress(FileNotFoundError):  # it became what another process made
            if time.time() - other.stat().st_mtime > KEPT_SECONDS:
                shutil.rmtree(other, ignore_errors=True)
    try:
        part.rename(made)
    except OSError:
        shutil.rmtree(part)
