"""Who imports whom: the table that keeps the tree readable, run."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {"domain", "adapters", "warehouse", "training", "lambdas", "stacks", "local", "ops", "bench"}

MAY_IMPORT = {
    "domain": set(),
    "adapters": {"domain"},
    "warehouse": {"domain"},
    "training": {"domain", "adapters"},
    "lambdas": {"domain", "adapters", "warehouse", "training"},
    "stacks": {"domain"},
    "local": {"domain", "warehouse", "training"},
    "ops": {"domain", "adapters", "warehouse"},
    "bench": {"domain", "warehouse", "training", "lambdas", "local", "ops", "stacks"},
}

# no package of ours, nothing to install: what a request passes through before it is answered
STANDARD_LIBRARY_ONLY = [
    *sorted((ROOT / "domain").rglob("*.py")),
    ROOT / "adapters" / "telemetry.py",
    *(ROOT / "adapters" / f"{name}.py" for name in ("item_filters", "layer", "signed_http", "time_limit")),
    ROOT / "lambdas" / "models.py",
    ROOT / "lambdas" / "predict.py",
    ROOT / "training" / "contracts.py",
    *sorted((ROOT / "training").glob("*/contract.py")),
    *sorted((ROOT / "training").glob("*/features.py")),
    *sorted((ROOT / "training").glob("*/predict.py")),
]


# a module that others may read though they may not import its package
OPEN_TO_ALL = "training.contracts"


def imports(file: Path) -> Iterator[str]:
    """Dotted names of the modules that *file* imports, wherever the statement stands."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def files(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("package", sorted(OURS))
def test_a_package_imports_what_the_table_allows(package: str):
    allowed = MAY_IMPORT[package] | {package}

    wrong = {
        f"{file.relative_to(ROOT)}: {name}"
        for file in files(package)
        for name in imports(file)
        if name.split(".")[0] in OURS - allowed and name != OPEN_TO_ALL
    }

    assert wrong == set()


def test_functions_take_from_training_only_what_serving_shares():
    taken = {name for file in files("lambdas") for name in imports(file) if name.startswith("training.")}

    assert {name.split(".")[2] for name in taken - {OPEN_TO_ALL}} <= {"predict", "features"}


@pytest.mark.parametrize("file", STANDARD_LIBRARY_ONLY, ids=lambda f: str(f.relative_to(ROOT)))
def test_the_request_path_needs_nothing_installed(file: Path):
    foreign = {name.split(".")[0] for name in imports(file)} - sys.stdlib_module_names - OURS

    assert foreign == set()


def test_an_adapter_speaks_to_one_sdk():
    for file in files("adapters"):
        sdks = {name.split(".")[0] for name in imports(file)} - sys.stdlib_module_names - OURS

        assert len(sdks - {"botocore"}) <= 1, file.name  # botocore is boto3's own exceptions


def test_no_product_code_asks_whether_it_runs_locally():
    for package in ("lambdas", "training", "warehouse", "domain", "adapters"):
        for file in (ROOT / package).rglob("*"):
            if file.suffix in (".py", ".sql", ".sh"):
                words = file.read_text().lower()

                assert "is_local" not in words, file
                assert "localhost" not in words, file
                assert not re.search(r"[!=]= *['\"]local['\"]", words), file
