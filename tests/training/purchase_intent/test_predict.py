import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.purchase_intent.features import FEATURES
from training.purchase_intent.predict import Answer, Baseline, Model, OtherFeatures
from training.purchase_intent.sessions import Sessions

NOON_MS = 1_591_963_200_000
NAMES = ("page_view", "view_item", "search", "add_to_cart", "remove_from_cart", "begin_checkout")
LOOK = {"name": "view_item", "occurred_at": NOON_MS, "items": [{"item_id": "item-1"}]}
ADD = {"name": "add_to_cart", "occurred_at": NOON_MS, "items": [{"item_id": "item-1"}], "value": 20.0}


def test_a_cart_says_more_than_a_look(folder: Path):
    model = Model(folder)

    look, cart = (model.predict(events, k=20) for events in ([LOOK, LOOK], [LOOK, ADD]))

    assert look.tier == cart.tier == "model"
    assert cart.data["probability"] > 3 * look.data["probability"]


@given(
    names=st.lists(st.sampled_from(NAMES), min_size=1, max_size=20),
    gaps=st.lists(st.integers(0, 600_000), min_size=20, max_size=20),
    value=st.floats(0, 500),
)
def test_one_more_item_in_the_cart_never_lowers_the_odds(
    folder: Path, names: list[str], gaps: list[int], value: float
):
    events = [
        {**LOOK, "name": name, "occurred_at": NOON_MS + sum(gaps[:place]), "value": value}
        for place, name in enumerate(names)
    ]
    add = {**ADD, "occurred_at": events[-1]["occurred_at"], "value": value}

    model = Model(folder)

    before, after = (model.predict(list_).probability for list_ in (events, [*events, add]))
    assert before is not None
    assert after is not None
    assert after >= before


@pytest.mark.parametrize("events", [[], [ADD, {"name": "purchase"}]])
def test_a_session_without_events_gets_the_share_that_buys(
    folder: Path, sessions: Sessions, events: list[dict[str, Any]]
):
    answer = Model(folder).predict(events, k=20, exclude=())

    assert answer.tier == "baseline"
    assert answer.data["probability"] == pytest.approx(sessions.bought_S.mean(), abs=1e-6)


def test_probabilities_are_sent_with_six_digits():
    assert Answer(probability=1 / 3, tier="model").data == {"probability": 0.333333}


def test_trees_that_were_grown_on_other_features_are_refused(folder: Path, tmp_path: Path):
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes().replace(b'"lists", ', b""))

    with pytest.raises(OtherFeatures):
        Model(tmp_path)


def test_the_baseline_is_the_share_that_buys(folder: Path, sessions: Sessions):
    answer = Baseline(folder).predict([LOOK], k=20)

    assert answer.probability == pytest.approx(sessions.bought_S.mean(), abs=1e-6)
    assert answer.tier == "baseline"


@pytest.mark.parametrize(
    "content", [None, b"", b"\xff", b"[]", b'{"base_rate": "high"}', b'{"base_rate": 7.0}']
)
def test_a_baseline_without_a_readable_share_knows_no_number(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "trees.json").write_bytes(content)

    assert Baseline(tmp_path).predict([LOOK]).data == {"probability": None}


def test_the_artifact_says_what_its_numbers_are(folder: Path):
    assert tuple(json.loads((folder / "trees.json").read_text())["features"]) == FEATURES
