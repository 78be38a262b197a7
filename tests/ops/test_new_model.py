"""
The model that `new-model` writes: as tidy as the rest of the tree, green, and served beside the others.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ops import new_model
from tests.test_journey import walked
from training import contracts

ROOT = Path(__file__).parents[2]


def run(tree: Path, *command: str) -> str:
    """What a command of the environment says, in *tree*."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        command, cwd=tree, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def copied(folder: Path) -> Path:
    """The tree as it lies there, without what git does not know; what was built for it is shared."""
    files = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    for name in files:
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    (folder / "build").symlink_to(ROOT / "build")
    return folder


@pytest.mark.parametrize("model", ["a1", "zoo_of_models"])  # before and after its neighbours in the alphabet
def test_what_is_written_needs_no_tidying(tmp_path: Path, model: str):
    for package in ("domain", "training", "tests/training"):  # by which ruff tells what is ours
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=lambda *_: ["__pycache__", *contracts.models()]
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)

    written = new_model.write(model, owner="ml-team", root=tmp_path)

    assert tmp_path / f"warehouse/snapshots/{model}.sql" in written
    python = [str(path) for path in written if path.suffix == ".py"]
    run(tmp_path, "ruff", "check", "--no-cache", *python)
    run(tmp_path, "ruff", "format", "--no-cache", "--check", *python)


@pytest.mark.parametrize(
    "name", ["Demo", "my-model", "class", "x__y", "a" * 31, "next_item", "nextitem", "job"]
)
def test_a_name_that_would_not_do_is_refused_and_nothing_is_written(tmp_path: Path, name: str):
    for taken in ("next_item/contract.py", "job.py"):
        (tmp_path / "training" / taken).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "training" / taken).touch()

    with pytest.raises(new_model.UnusableName, match=name):
        new_model.write(name, owner="ml-team", root=tmp_path)

    assert not (tmp_path / "warehouse").exists()


@pytest.mark.prove
def test_a_new_model_is_green_and_answers_in_the_offline_cloud(tmp_path: Path):
    tree = copied(tmp_path / "tree")

    run(tree, sys.executable, "-m", "ops", "new-model", "demo")
    tests = (
        "tests/training/demo",
        "tests/training/test_contracts.py",
        "tests/test_imports.py",
        "tests/stacks",
    )
    run(tree, sys.executable, "-m", "pytest", "-q", "-m", "not prove", *tests)
    found = walked(tmp_path / "home", "--sessions", "800", tree=tree)["models"]["demo"]

    assert found["approved"], found
    assert found["answer"]["metadata"]["tier"] == "model"
    assert len(found["answer"]["data"]["items"]) == 20
