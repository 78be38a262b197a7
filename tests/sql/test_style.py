"""
Every file is in Snowflake's grammar and in our style, as sqlfluff and warehouse/.sqlfluff have it.

Reading a file takes sqlfluff half a second, so what was clean is remembered: this text, with these settings.
"""

from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import pytest
from sqlfluff.core import FluffConfig, Linter

from warehouse import run

CONFIG = run.FOLDER / ".sqlfluff"


def digest(file: Path) -> str:
    return sha256(version("sqlfluff").encode() + CONFIG.read_bytes() + file.read_bytes()).hexdigest()


def linter() -> Linter:
    return Linter(config=FluffConfig.from_path(str(run.FOLDER)))


def faults(file: Path) -> list[str]:
    [found] = linter().lint_path(str(file)).as_records()
    return [
        f"{fault['start_line_no']}: {fault['code']} {fault['description']}" for fault in found["violations"]
    ]


def test_every_file_is_in_snowflake_s_grammar_and_in_our_style(pytestconfig: pytest.Config):
    files = sorted(run.FOLDER.rglob("*.sql"))
    clean = set(pytestconfig.cache.get("skiff/sql", []))

    found = {str(file.relative_to(run.FOLDER)): faults(file) for file in files if digest(file) not in clean}

    pytestconfig.cache.set(
        "skiff/sql", [digest(file) for file in files if not found.get(str(file.relative_to(run.FOLDER)))]
    )
    assert {file: wrong for file, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("select 1 as n from t select", "PRS"),
        ("select site from staging.events using sample\n", "PRS"),
        ("select\n    site,\n    count(*)\nfrom staging.events\ngroup by site\n", "AL03"),
        ("SELECT site FROM staging.events\n", "CP01"),
    ],
)
def test_a_planted_fault_is_found(fault: str, code: str):
    found = linter().lint_string(fault)

    assert code in {violation.rule_code() for violation in found.get_violations()}
