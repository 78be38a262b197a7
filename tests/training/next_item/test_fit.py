"""
The tables and their reader against the same model written down naively, on random sessions.
"""

import math
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.training.next_item.sessions import PARAMETERS, sessions_of
from training.next_item import fit
from training.next_item.predict import REACH, Model

ITEMS = st.sampled_from(["a", "b", "c", "d", "é", "item-10", "item-9", "\U0001f6d2"])
SESSION = st.lists(ITEMS, min_size=1, max_size=14)


def fitted(folder: Path, *item_ids: list[str]) -> Model:
    fit.fit(sessions_of(*item_ids), folder, parameters=PARAMETERS, seed=1)
    return Model(folder)


def naive_ranking(past: list[list[str]], session: list[str]) -> list[tuple[str, float]]:
    """The definition of the model, item by item and session by session."""
    newest_first = past[::-1]
    looks = Counter(item for items in past for item in items)
    rarity = {
        item: round(1 + math.log(len(past) / sum(item in items for items in past)), 6) for item in looks
    }
    weights = {item: rarity[item] / (1 + session[::-1].index(item)) for item in set(session) if item in looks}
    similar = [(sum(weights.get(item, 0) for item in set(items)), items) for items in newest_first]
    neighbours = sorted((pair for pair in similar if pair[0]), key=lambda pair: -pair[0])[:100]
    scores: Counter[str] = Counter()
    for similarity, items in neighbours:
        for place, shared in enumerate(items):
            for other, item in enumerate(items):
                if shared in weights and abs(other - place) <= REACH:
                    nearness = (1 + abs(other - place)) ** -3
                    scores[item] += similarity * weights[shared] * nearness * rarity[item]
    scores.pop(session[-1], None)
    return sorted(scores.items(), key=lambda pair: (-pair[1], -looks[pair[0]], pair[0]))


@given(past=st.lists(SESSION, min_size=1, max_size=12), session=st.lists(ITEMS, min_size=1, max_size=10))
def test_the_tables_rank_as_the_naive_model_does(past: list[list[str]], session: list[str]):
    with TemporaryDirectory() as folder:
        model = fitted(Path(folder), *past)
        ranking = [(item_id, score) for item_id, score in model.rank(session, k=20) if model.knows(item_id)]

    expected = dict(naive_ranking(past, session))
    assert {item_id for item_id, _ in ranking} == set(expected)
    assert [score for _, score in ranking] == pytest.approx(sorted(expected.values(), reverse=True))
    assert [score for _, score in ranking] == pytest.approx([expected[item_id] for item_id, _ in ranking])


def test_equal_scores_go_to_the_more_popular_and_then_to_the_lower_id(tmp_path: Path):
    neighbours = [["x", "q"], ["x", "r"], ["x", "p"]]
    r_is_more_popular = [["r", "s", "r"], ["q", "t", "u"], ["p", "v", "w"]]

    ranking = fitted(tmp_path, *neighbours, *r_is_more_popular).rank(["x"], k=20)

    assert len({score for _, score in ranking}) == 1
    assert [item_id for item_id, _ in ranking] == ["r", "p", "q"]


def test_the_same_sessions_make_the_same_bytes(tmp_path: Path):
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    second.mkdir()

    for folder in (first, second):
        fitted(folder, ["b", "a"], ["a", "c"], ["é", "a"])

    assert [path.read_bytes() for path in sorted(first.iterdir())] == [
        path.read_bytes() for path in sorted(second.iterdir())
    ]


def test_only_the_newest_sessions_of_an_item_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fit, "MAX_POSTINGS", 2)

    model = fitted(tmp_path, ["x", "oldest"], ["x", "newer"], ["x", "newest"])

    assert {item_id for item_id, _ in model.rank(["x"], k=20)} == {"newer", "newest"}
    assert [item_id for item_id, _ in model.rank(["newest"], k=20)] == ["x"]


def test_of_a_very_long_session_the_end_counts(tmp_path: Path):
    endless = [f"item-{number}" for number in range(fit.MAX_SESSION_ITEMS + 1)]

    model = fitted(tmp_path, endless)

    assert not model.knows("item-0")
    assert model.knows("item-1")


def test_the_last_item_is_suggested_again_where_the_parameters_say_so(tmp_path: Path):
    past = sessions_of(["a", "a", "b", "a"], ["a", "b"])
    for name, repeats, suggested in (("never", False, {"b"}), ("often", True, {"a", "b"})):
        folder = tmp_path / name
        folder.mkdir()
        fit.fit(past, folder, parameters={**PARAMETERS, "repeats_last_item": repeats}, seed=1)

        assert {item_id for item_id, _ in Model(folder).rank(["a"], k=20)} == suggested


@pytest.mark.parametrize(
    ("name", "value"), [("recency", 9.0), ("nearness", 9.0), ("neighbours", 1), ("seen_again", 9.0)]
)
def test_every_parameter_changes_what_is_suggested(tmp_path: Path, name: str, value: float):
    past = sessions_of(["a", "b", "c", "d"], ["a", "x"], ["e", "y", "a"], ["a", "c", "e"])
    rankings = []
    for parameters in (PARAMETERS, {**PARAMETERS, name: value}):
        fit.fit(past, tmp_path, parameters=parameters, seed=1)
        rankings.append(Model(tmp_path).rank(["e", "a"], k=20))

    assert rankings[0] != rankings[1]
