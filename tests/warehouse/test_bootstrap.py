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
    assert f"grant usage on warehouse skiff_dev to role skiff_dev_{function};" in filled_in


def test_it_may_run_again(filled_in: str, shop: Shop):
    for statement in run.split(filled_in) * 2:
        shop.rows(statement)

    created = [statement for statement in shop.account.statements if statement.startswith("create ")]
    assert all(re.match(r"create [a-z ]+ if not exists ", statement) for statement in created)
