import pytest

from domain.evaluation import Evaluation
from tests.evaluations import GOOD, beside_champion, sure


@pytest.mark.parametrize("evaluation", [GOOD, beside_champion(sure(0.1)), beside_champion(None)])
def test_an_evaluation_is_read_as_it_was_written(evaluation: Evaluation):
    assert Evaluation.from_json(evaluation.to_json()) == evaluation


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"metrics": {"a": 1}}'])
def test_what_is_no_evaluation_is_an_error(text: str):
    with pytest.raises((ValueError, TypeError, KeyError)):
        Evaluation.from_json(text)
