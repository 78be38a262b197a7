from pathlib import Path
from typing import Any

import pytest

from tests.training.next_item.sessions import PARAMETERS, sessions_of
from training.next_item.evaluate import outcomes
from training.next_item.fit import fit
from training.next_item.predict import NEW_ITEMS_FROM, Answer, Baseline, Model

SESSIONS = [["shoe", "sock"], ["shoe", "sock", "lace"], ["hat", "scarf"], ["shoe", "polish"], ["hat", "shoe"]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    fit(sessions_of(*SESSIONS), tmp_path, parameters=PARAMETERS, seed=1)
    return tmp_path


def views(*item_ids: str) -> list[dict[str, Any]]:
    return [{"name": "view_item", "items": [{"item_id": item_id}]} for item_id in item_ids]


def ids(answer: Answer) -> list[str]:
    return [item_id for item_id, _ in answer.items]


def test_what_others_looked_at_next_comes_first(folder: Path):
    answer = Model(folder).predict(views("shoe"), k=3)

    assert ids(answer)[0] == "sock"
    assert answer.tier == "model"


def test_places_that_no_score_fills_are_filled_with_what_is_popular(folder: Path):
    answer = Model(folder).predict(views("scarf"), k=20)

    assert ids(answer) == ["hat", "shoe", "sock", "lace", "polish"]
    assert [score > 0 for _, score in answer.items] == [True, False, False, False, False]


@pytest.mark.parametrize("events", [[], views("unheard of"), views("\ud83d"), [{"name": "search"}]])
def test_a_session_without_a_known_item_gets_what_is_popular(folder: Path, events: list[dict[str, Any]]):
    answer = Model(folder).predict(events, k=2)

    assert ids(answer) == ["shoe", "hat"]
    assert answer.tier == "baseline"


@pytest.mark.parametrize("session", [(), ("shoe",), ("hat", "shoe", "hat"), ("lace", "unheard of")])
@pytest.mark.parametrize("k", [1, 2, 6, 100])
def test_an_answer_is_best_first_without_duplicates_and_as_long_as_asked(
    folder: Path, session: tuple[str, ...], k: int
):
    answer = Model(folder).predict(views(*session), k=k)

    scores = [score for _, score in answer.items]
    assert scores == sorted(scores, reverse=True)
    assert len(set(ids(answer))) == len(ids(answer)) == min(k, 6 - is_last_item_known(session))


def is_last_item_known(session: tuple[str, ...]) -> bool:
    """In this shop nobody looks at an item twice in a row, so the last one is never suggested."""
    return any(session[-1:] == (item_id,) for items in SESSIONS for item_id in items)


def test_a_new_item_is_suggested_to_who_goes_on_from_it(folder: Path):
    answer = Model(folder).predict(views("new", "shoe"), k=20)

    assert ids(answer)[NEW_ITEMS_FROM] == "new"
    assert answer.tier == "model"
    assert "new" not in ids(Model(folder).predict(views("new", "shoe"), k=20, exclude=["new"]))


def test_where_nothing_but_new_items_is_known_the_answer_is_no_models(folder: Path):
    answer = Model(folder).predict(views("new", "newer"), k=3)

    assert (ids(answer), answer.tier) == (["new", "shoe", "hat"], "baseline")


def test_excluded_items_are_left_out_of_scored_and_popular_ones(folder: Path):
    answer = Model(folder).predict(views("scarf"), k=20, exclude=["hat", "lace", "unheard of"])

    assert ids(answer) == ["shoe", "sock", "polish"]


def test_an_opened_model_answers_as_another_one_from_the_same_files(folder: Path):
    first, second = Model(folder), Model(folder)

    for session in SESSIONS:
        assert first.predict(views(*session), k=5) == second.predict(views(*session), k=5)


def test_scores_are_sent_with_six_digits(folder: Path):
    assert Answer(items=[("shoe", 1 / 3)], tier="model").data == {
        "items": [{"item_id": "shoe", "score": 0.333333}]
    }


def test_the_baseline_is_what_is_popular(folder: Path):
    answer = Baseline(folder).predict(views("scarf"), k=2, exclude=["shoe"])

    assert ids(answer) == ["hat", "sock"]
    assert answer.tier == "baseline"


@pytest.mark.parametrize("content", [None, b"", b"\xff", b'{"a": 1}', b'{"": [1, 2]}', b"[1, 2]"])
def test_a_baseline_without_a_readable_list_answers_with_nothing(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "popular.json").write_bytes(content)

    assert Baseline(tmp_path).predict([], k=20).items == []


TWO_SHOPS = [["shoe", "sock"], ["shoe", "sock"], ["tea", "pot"], ["tea", "pot", "tea"], ["cup", "tea"]]
SITES = ["shoes", "shoes", "teas", "teas", "teas"]


@pytest.fixture
def two_shops(tmp_path: Path) -> Path:
    """The tea shop's visitors go back to what they came from."""
    own = {**PARAMETERS, "repeats_last_item": True}
    data = sessions_of(*TWO_SHOPS, sites=SITES)
    fit(data, tmp_path, parameters={**PARAMETERS, "site": {"teas": own}}, seed=1)
    return tmp_path


@pytest.mark.parametrize("predictor", [Model, Baseline])
def test_what_is_popular_in_one_shop_is_not_shown_in_another(two_shops: Path, predictor: Any):
    found = {site: ids(predictor(two_shops).predict([], k=20, site=site)) for site in ("shoes", "teas", "")}

    assert set(found["shoes"]) == {"shoe", "sock"}
    assert set(found["teas"]) == {"tea", "pot", "cup"}
    assert set(found[""]) == set(found["shoes"]) | set(found["teas"])  # of a site that nobody knows


def test_each_shop_is_answered_by_the_parameters_that_were_chosen_for_it(two_shops: Path):
    model = Model(two_shops)

    assert "shoe" not in ids(model.predict(views("shoe"), k=20, site="shoes"))
    assert "tea" in ids(model.predict(views("tea"), k=20, site="teas"))
    assert "tea" not in ids(model.predict(views("tea"), k=20, site="shoes"))


def test_a_shops_sessions_are_evaluated_by_its_own_parameters(two_shops: Path):
    back = sessions_of(["tea", "tea"], ["tea", "tea"], sites=["teas", "shoes"])

    assert outcomes(Model(two_shops), back).values["hit"].tolist() == [1.0, 0.0]
