"""A test per name that local/aws patches or calls in ministack and moto: it is missed when it is gone."""

import ast
from pathlib import Path

import pytest

from local.aws import names

PACKAGE = Path(names.__file__).parent
PAIRS = [(module, name) for module, found in names.NAMES.items() for name in found]


def test_every_name_is_there():
    names.check()


@pytest.mark.parametrize(("module", "name"), PAIRS)
def test_a_name_that_is_gone_stops_the_start(monkeypatch, module, name):
    monkeypatch.delattr(f"{module}.{name}")

    with pytest.raises(names.MissingName, match=name.rpartition(".")[2]):
        names.check()


@pytest.mark.parametrize("package", list(names.PINNED))
def test_another_release_stops_the_start(monkeypatch, package):
    monkeypatch.setattr(names, "PINNED", {package: "0.0.1"})

    with pytest.raises(names.WrongVersion, match=f"{package} .* is installed, .* written for 0.0.1"):
        names.check()


def test_every_private_name_of_theirs_that_is_used_is_in_the_table():
    known = {name.rpartition(".")[2] for _, name in PAIRS}
    used = {name for file in PACKAGE.glob("*.py") for name in private_attributes_of_modules(file)}

    assert used - known == set()


def private_attributes_of_modules(file: Path) -> set[str]:
    """`module._name` in a file, where `module` is a lowercase name that the file imports."""
    tree = ast.parse(file.read_text())
    imported = {
        alias.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names
    }
    attributes = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute)]
    return {
        node.attr
        for node in attributes
        if isinstance(node.value, ast.Name) and node.value.id in imported and node.attr.startswith("_")
    }
