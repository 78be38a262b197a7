"""
What a deploy asks of Snowflake, as the offline account recorded it: in which order, and who may then do what.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import pytest
from moto import mock_aws

from domain.other_settings import PlatformSettings
from lambdas import platform
from local.snowflake import offline
from local.snowflake.account import Account
from tests.offline_shop import DATABASE, LAKE, PLATFORM, SNOWFLAKE
from warehouse import run

SETTINGS = PlatformSettings(
    **SNOWFLAKE,
    lake_bucket=LAKE,
    external_id=PLATFORM["external_id"],
    storage_role_arn=PLATFORM["storage_role_arn"],
)
SCHEMAS = ["raw", "staging", "intermediate", "marts", "live", "operations"]
FILES = sorted(path for folder in ("platform", "raw") for path in (run.FOLDER / folder).glob("*.sql"))
BOOTSTRAP = run.FOLDER / "bootstrap.sql"

GRANT = re.compile(r"grant (?P<privileges>.+?) on (?P<object>.+?) to role (?P<role>\w+)")
GRANT_ROLE = re.compile(r"grant role (?P<role>\w+) to (?P<to>(role|user) \w+)")
CREATE = re.compile(r"create (?P<kind>[a-z ]+?) if not exists (?P<name>[\w.]+)")
MAKE = "usage, create table, create view"

# role → object → what it may do there; what is not here, nobody may
MATRIX = {
    "loader": {
        "database skiff_test": "usage",
        "schema raw": "usage, create pipe",
        "table raw.events": "select, insert",
        "table raw.rejects": "select, insert",
        "stage raw.lake_events": "usage",
        "stage raw.lake_rejected": "usage",
    },
    "transform": {
        "warehouse skiff_test": "usage",
        "database skiff_test": "usage",
        "schema raw": "usage",
        **{f"schema {schema}": MAKE for schema in SCHEMAS if schema != "raw"},
        "table raw.events": "select, insert",
        "table raw.rejects": "select, insert",
        "stage raw.lake_events": "usage",
        "stage raw.lake_rejected": "usage",
        "stage marts.snapshots": "usage",
        "database skiff_test_rebuild": "usage",
        **{f"schema skiff_test_rebuild.{schema}": MAKE for schema in SCHEMAS},
    },
    "trainer": {
        "warehouse skiff_test": "usage",
        "database skiff_test": "usage",
        "schema marts": "usage",
        "all tables in schema marts": "select",
        "future tables in schema marts": "select",
        "stage marts.snapshots": "usage",
    },
    "reader": {
        "warehouse skiff_test": "usage",
        "database skiff_test": "usage",
        "schema marts": "usage",
        "all tables in schema marts": "select",
        "future tables in schema marts": "select",
        "schema live": "usage",
        "all views in schema live": "select",
        "future views in schema live": "select",
    },
}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    monkeypatch.setattr(platform, "settings", lambda: SETTINGS)
    with mock_aws(), offline() as account:
        account.s3.create_bucket(Bucket=LAKE)
        yield account


@pytest.fixture
def statements(account: Account) -> list[str]:
    """What a first deploy asked for, in one line each."""
    platform.integration()
    platform.pipes(pause_seconds=0)
    return [in_one_line(statement) for statement in account.statements]


def in_one_line(statement: str) -> str:
    return " ".join(re.sub(r"--[^\n]*", "", statement).lower().split())


def granted(statements: list[str]) -> dict[str, dict[str, str]]:
    matrix: dict[str, dict[str, str]] = defaultdict(dict)
    for found in filter(None, map(GRANT.fullmatch, statements)):
        role = found["role"].removeprefix("skiff_test_")
        assert found["object"] not in matrix[role], f"granted twice: {found[0]}"
        matrix[role][found["object"]] = found["privileges"]
    return dict(matrix)


def owners(statements: list[str]) -> dict[str, str]:
    """Who made it, and thereby owns it: object → role."""
    role, owner = "platform", {}
    for statement in statements:
        if statement.startswith("use role "):
            role = statement.removeprefix("use role skiff_test_")
        elif found := CREATE.match(statement):
            owner[f"{found['kind']} {found['name']}"] = role
    return owner


def test_each_role_may_do_what_the_matrix_says_and_nothing_else(statements: list[str]):
    assert granted(statements) == MATRIX


def test_the_platform_may_act_as_every_role_and_only_transform_is_a_user(statements: list[str]):
    given = [(found["role"], found["to"]) for found in filter(None, map(GRANT_ROLE.fullmatch, statements))]

    assert sorted(given) == sorted(
        [(f"skiff_test_{role}", "role skiff_test_platform") for role in MATRIX]
        + [("skiff_test_transform", "user skiff_test_transform")]
    )


def test_every_grant_is_understood(statements: list[str]):
    grants = [statement for statement in statements if statement.startswith("grant")]

    assert len(grants) > 40
    assert [grant for grant in grants if not GRANT.fullmatch(grant) and not GRANT_ROLE.fullmatch(grant)] == []


def test_who_may_use_a_thing_may_enter_its_schema_and_its_database():
    for role, objects in MATRIX.items():
        for name in objects:
            *_, kind, path = name.split()
            *container, _ = path.split(".")
            if kind in ("table", "stage"):
                assert "usage" in objects[f"schema {container[0]}"], (role, name)
            elif kind == "schema":
                database = container[0] if container else "skiff_test"
                assert "usage" in objects[f"database {database}"], (role, name)


def test_the_loader_owns_the_pipes_and_the_platform_the_rest(statements: list[str]):
    owner = owners(statements)

    assert {name for name, role in owner.items() if role == "loader"} == {
        "pipe raw.events_pipe",
        "pipe raw.rejects_pipe",
    }
    assert {role for name, role in owner.items() if not name.startswith("pipe")} == {"platform"}


def test_both_databases_have_all_schemas_and_only_their_owner_grants(statements: list[str]):
    for database in ("skiff_test", "skiff_test_rebuild"):
        for schema in SCHEMAS:
            assert f"create schema if not exists {database}.{schema} with managed access" in statements


def test_the_session_ends_in_the_warehouse_s_own_database(account: Account, statements: list[str]):
    entering = r"(create database if not exists|create schema if not exists|use database) (?P<name>\w+)"
    entered = [found["name"] for found in map(re.compile(entering).match, statements) if found]

    assert entered[-1] == DATABASE.lower()


def test_the_warehouse_sleeps_after_a_minute_and_lets_a_backfill_run(statements: list[str]):
    [settings, timeout] = [statement for statement in statements if statement.startswith("alter warehouse")]

    assert "warehouse_size = 'xsmall'" in settings
    assert int(re.findall(r"auto_suspend = (\d+)", settings)[0]) <= 60
    assert timeout.endswith("statement_timeout_in_seconds = 21600")


def test_nothing_that_reads_the_lake_is_made_before_aws_lets_snowflake_in(account: Account):
    platform.integration()

    before = [in_one_line(statement) for statement in account.statements]
    assert any(statement.startswith("create storage integration") for statement in before)
    assert [s for s in before if re.match(r"(create|alter) (stage|pipe)", s)] == []


def test_everything_is_there_before_it_is_used(statements: list[str]):
    made = {"account", "warehouse skiff_test", "role skiff_test_platform", "user skiff_test_transform"}
    for statement in statements:
        assert used(statement) - made == set(), statement

        if found := CREATE.match(statement):
            made.add(f"{found['kind']} {found['name']}")


def used(statement: str) -> set[str]:
    """What must be there before *statement*: what it names, and what it makes something in."""
    things = re.findall(r"\b(?:to|use|grant) ((?:role|user|database) \w+)", statement)
    things += re.findall(r"^alter ((?:pipe|warehouse|storage integration) [\w.]+)", statement)
    things += [f"stage {name}" for name in re.findall(r"from @([\w.]+)", statement)]
    things += [
        f"storage integration {name}" for name in re.findall(r"storage_integration = (\w+)", statement)
    ]
    if found := GRANT.fullmatch(statement):
        things.append(" ".join(found["object"].split()[-2:]))  # of "all tables in schema marts" the schema
    if (found := CREATE.match(statement)) and "." in found["name"]:
        kind = "database" if found["kind"] == "schema" else "schema"
        things.append(f"{kind} {found['name'].split('.')[0]}")
    return {re.sub(r"^schema (?=\w+$)", "schema skiff_test.", thing) for thing in things}


def test_a_second_deploy_asks_for_the_same_and_changes_nothing(account: Account, statements: list[str]):
    account.statements.clear()

    platform.integration()
    platform.pipes(pause_seconds=0)

    assert [in_one_line(statement) for statement in account.statements] == statements


@pytest.mark.parametrize("file", [*FILES, BOOTSTRAP], ids=lambda file: file.stem)
def test_the_rules_of_every_file_hold(file: Path):
    statements = [in_one_line(statement) for statement in run.split(file.read_text())]

    assert broken_rules(statements, is_bootstrap=file == BOOTSTRAP) == []


@pytest.mark.parametrize(
    "statement",
    [
        "create user if not exists a type = service password = 'x'",
        "create user if not exists a",
        "create user if not exists a type = legacy_service",
        "alter user a set type = person",
        "grant all on schema marts to role a",
        "grant all privileges on schema marts to role a",
        "grant ownership on pipe raw.events_pipe to role a",
        "grant manage grants on account to role a",
        "use role accountadmin",
        "grant role a to role public",
        "create or replace stage raw.a",
        "create role a",
        "drop schema raw",
    ],
)
def test_a_rule_that_is_broken_is_found(statement: str):
    assert broken_rules([statement], is_bootstrap=False) == [statement]


def broken_rules(statements: list[str], *, is_bootstrap: bool) -> list[str]:
    never = (
        r"\bpassword|\bgrant all\b|\bownership\b|\bmanage grants\b|^drop\b|\bto role public\b|\bor replace\b"
    )
    administrator = r"^(?!)" if is_bootstrap else r"\b(account|security|user|sys|org)admin\b"
    forgetful = r"^create (?!(or alter )?[a-z ]+? if not exists )"
    person = r"^(create|alter) user (?!.*\btype = service\b)"
    rules = re.compile("|".join((never, administrator, forgetful, person)))
    return [statement for statement in statements if rules.search(statement)]
