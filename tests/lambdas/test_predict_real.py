"""
The endpoint on a thousand real sessions: what the evaluation said, to 1e-6, and nothing it could not say.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adapters import telemetry
from domain.layer import CHAMPION
from tests.lambdas.test_predict import ask, begin, forget, released
from tests.training.next_item.test_bol import CLICKS, read_clicks
from training import split
from training.next_item import recipe
from training.next_item.features import recent
from training.next_item.fit import fit
from training.next_item.predict import Model
from training.next_item.sessions import Sessions

SESSIONS = 1000
K = 20

pytestmark = pytest.mark.skipif(not CLICKS.exists(), reason=f"{CLICKS} is missing; set SKIFF_DATA")


@pytest.fixture(scope="module")
def parts() -> tuple[Sessions, Sessions]:
    return split.by_days(recipe.load(read_clicks()), days=recipe.CONTRACT.test_days)


@pytest.fixture
def live(
    parts: tuple[Sessions, Sessions], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Model, set[str]]]:
    """The model beside its endpoint, and what it was trained on."""
    begin(monkeypatch)
    monkeypatch.setattr(telemetry, "emit", lambda _: None)
    past, _ = parts
    folder = tmp_path / "artifact"
    folder.mkdir()
    fit(past, folder, parameters=recipe.CONTRACT.search.first, seed=1)
    package = released(folder, monkeypatch)
    known = {past.catalog[item] for item in set(past.item_E.tolist())}
    yield Model(package / CHAMPION), known
    forget()


def test_the_endpoint_says_what_the_evaluation_said(
    live: tuple[Model, set[str]], parts: tuple[Sessions, Sessions]
):
    model, known = live
    _, test = parts
    numbers = [number for number, length in enumerate(test.length_S) if length >= 2][:SESSIONS]
    assert len(numbers) == SESSIONS

    for item_ids in test.item_ids(numbers):
        seen = item_ids[:-1]
        status, answer = ask({"client_id": "c", "events": [view(item) for item in seen], "k": K})

        items = answer["data"]["items"]
        expected = model.rank(recent(seen), k=K)
        assert status == 200
        scored = [(item["item_id"], item["score"]) for item in items if item["score"] > 0]
        for (item_id, score), (other_id, other) in zip(scored, expected, strict=False):
            assert item_id == other_id
            assert abs(score - other) <= 1e-6
        scores = [item["score"] for item in items]
        assert scores == sorted(scores, reverse=True), "best first"
        assert len({item["item_id"] for item in items}) == len(items) == K, "no duplicates"
        assert {item["item_id"] for item in items} <= known | set(seen), "nothing that nobody has seen"
        suggested = model.suggested(recent(seen), k=K)
        assert [item["item_id"] for item in items][: len(suggested)] == suggested


def view(item_id: str) -> dict[str, Any]:
    return {"name": "view_item", "items": [{"item_id": item_id}]}
