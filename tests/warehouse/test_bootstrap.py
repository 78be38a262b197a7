"""
The statements of an administrator, by the command that stands above them.
"""

import re
import subprocess
from pathlib import Path

import pytest

from tests.offline_shop import Shop
from warehouse import run

BOOTSTRAP = Path(run.__file__).parent / "bootstrap.sql"


@pytest.fixture
def filled_in() -> str:
    [command] = re.findall(r"^--\s+(sed .*) \|", BOOTSTRAP.read_text(), re.M)
    done = subprocess.run(command, shell=True, cwd=BOOTSTRAP.parent.parent, capture_output=True, check=True)
    return done.stdout.decode()


def test_the_command_at_the_top_fills_in_everything(filled_in: str):
    statements = "\n".join(line for line in filled_in.splitlines() if not line.startswith("--"))

    assert not set("{}<>") & set(statements)


@pytest.mark.parametrize("function", ["transform", "platform"])
def test_the_names_are_those_that_the_stack_expects(filled_in: str, function: str):
    assert f"create user if not exists skiff_dev_{function}\n" in filled_in
    assert f"default_role = skiff_dev_{function}\n" in filled_in
    assert f"arn = 'arn:aws:iam::111111111111:role/skiff-dev-{function}'" in filled_in


def test_the_platform_gets_what_only_an_administrator_can_give_and_no_more(filled_in: str):
    granted = re.findall(r"^grant (.*) on (.*) to role skiff_dev_platform(.*);", filled_in, re.M)

    assert granted == [
        ("create database, create integration, create role", "account", ""),
        ("modify", "warehouse skiff_dev", ""),
        ("usage", "warehouse skiff_dev", " with grant option"),
    ]


def test_no_warehouse_is_without_its_budget(filled_in: str):
    warehouses = [statement for statement in run.split(filled_in) if "create warehouse if" in statement]

    assert len(warehouses) == 1
    assert all("resource_monitor = skiff_dev_budget" in statement for statement in warehouses)


def test_it_may_run_again(filled_in: str, shop: Shop):
    statements = run.split(filled_in)
    shop.account.statements.clear()

    for statement in statements * 2:
        shop.rows(statement)

    created = [statement for statement in shop.account.statements if statement.startswith("create ")]
    assert len(shop.account.statements) == 2 * len(statements)
    assert all(re.match(r"create [a-z ]+ if not exists ", statement) for statement in created)
