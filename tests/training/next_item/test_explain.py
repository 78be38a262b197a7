from pathlib import Path

import pytest

from tests.training.next_item.sessions import PARAMETERS, sessions_of
from training.catalogue import Catalogue
from training.next_item.explain import examples, why
from training.next_item.fit import fit
from training.next_item.tables import Tables


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    past = sessions_of(["shoe", "sock", "lace"], ["shoe", "sock"], ["hat", "sock"], ["pen"])
    fit(past, tmp_path, parameters=PARAMETERS, seed=1)
    return tmp_path


@pytest.mark.parametrize(
    ("seen", "item_id", "reason"),
    [
        (["hat", "shoe"], "sock", "2 sessions looked at it and at shoe"),
        (["shoe", "hat"], "sock", "2 sessions looked at it and at shoe"),
        (["unheard of", "shoe"], "unheard of", "new, and looked at before in this session"),
        (["pen", "hat"], "pen", "looked at before in this session"),
        (["pen"], "hat", "near what similar sessions looked at"),
    ],
)
def test_a_suggestion_is_explained_by_what_it_shares(
    folder: Path, seen: list[str], item_id: str, reason: str
):
    assert why(Tables(folder), seen, item_id, str) == reason


def test_an_example_shows_what_was_suggested_and_what_came(folder: Path):
    title = Catalogue(names={"sock": "Warm sock"}, prices={}).title

    (example,) = examples(folder, sessions_of(["hat", "shoe", "sock"], ["hat", "shoe"]), title)

    assert (example["looked at"], example["looked at next"]) == (["hat", "shoe"], "Warm sock (sock)")
    why = example["the first suggestions, and why"]
    assert why[example["its place"] - 1] == "Warm sock (sock): 2 sessions looked at it and at shoe"
