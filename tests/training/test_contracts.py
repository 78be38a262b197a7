from pathlib import Path

import pytest

from stacks.environments import ENVIRONMENTS
from training import contracts

MARTS = Path(__file__).parents[2] / "warehouse"


def test_a_folder_with_a_contract_is_a_model():
    assert "next_item" in contracts.models()


def test_every_model_of_an_environment_has_a_contract():
    assert {model for environment in ENVIRONMENTS for model in environment.models} <= set(contracts.models())


@pytest.mark.parametrize("model", contracts.models())
def test_a_contract_is_whole(model: str):
    contract = contracts.of(model)

    assert contract.model == model
    assert contract.baselines and contract.checks and contract.limits and contract.slices
    assert any(check.is_blocking for check in contract.checks)
    for check in contract.checks:
        assert check.limits, check.name
    names = [declared.name for declared in (*contract.metrics, *contract.baselines, *contract.checks)]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("model", contracts.models())
def test_a_contract_reads_columns_that_its_mart_has(model: str):
    mart = contracts.of(model).reads
    sql = (MARTS / f"{mart.table.replace('.', '/')}.sql").read_text()

    for column in mart.columns:
        assert f"    {column} " in sql, column
