"""Arms, and the tiers of an answer: with predictors that break, dawdle or answer as they are told."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from adapters import layer
from domain.item_filter import NO_FILTER, ItemFilter
from domain.layer import Arm, Release
from domain.predict_request import PredictRequest
from lambdas.models import CACHED, Models

REQUEST = PredictRequest(body={}, client_id="anna", events=[])
Told = Callable[[], object]


@dataclass(frozen=True)
class Answer:
    item: object
    tier: str

    @property
    def data(self) -> dict[str, object]:
        return {"item": self.item}


class Shop:
    """A layer whose arms say what a test tells them to, and what the process counted."""

    def __init__(self) -> None:
        self.counted: list[str] = []
        self.says: dict[str, Told] = {}
        self.asked: list[dict[str, Any]] = []

    def models(self) -> Models:
        return Models("told", count=lambda metric, **_: self.counted.append(metric))


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    shop = Shop()

    class Model:
        def __init__(self, folder: Path) -> None:
            self._arm = folder.name

        def predict(self, _events: Any, **asked: Any) -> Answer:
            shop.asked.append(asked)
            return Answer(shop.says[self._arm](), "model")

    class Baseline:
        def __init__(self, _folder: Path) -> None: ...

        def predict(self, _events: Any, **_asked: Any) -> Answer:
            return Answer("popular", "baseline")

    code = ModuleType("training.told.predict")
    code.__dict__.update(FORMAT="told/1", Model=Model, Baseline=Baseline)
    monkeypatch.setitem(sys.modules, code.__name__, code)
    monkeypatch.setattr(layer, "check", lambda *_args, **_about: None)
    released(monkeypatch, arm("champion", 1.0))
    yield shop


def arm(name: str, share: float) -> Arm:
    return Arm(name=name, version=f"version of {name}", digest="", share=share)


def released(monkeypatch: pytest.MonkeyPatch, *arms: Arm) -> None:
    release = Release(release_id="r", model="told", arms=arms, test_id="t")
    monkeypatch.setattr(layer, "release", lambda: release)


def ask(
    models: Models, *, seconds: float = 5.0, shop_filter: ItemFilter = NO_FILTER, **changed: Any
) -> Answer:
    request = PredictRequest(**{"body": {}, "client_id": "anna", "events": [], **changed})
    said = models.ask(
        models.arm_of(request.client_id), request, site="shop", filter=shop_filter, seconds=seconds
    )
    return Answer(json.loads(said.data)["item"], said.tier)


def broken() -> str:
    raise IndexError("a table that was cut")


def no_number() -> float:
    return math.nan


def slow() -> str:
    until = time.monotonic() + 20
    while time.monotonic() < until:
        pass
    return "too late"


def test_a_good_model_answers(shop: Shop):
    shop.says["champion"] = lambda: "rope"

    assert ask(shop.models(), k=3, exclude=("sail",)) == Answer("rope", "model")
    ((asked),) = shop.asked
    assert (asked["k"], asked["site"]) == (3, "shop")
    assert ("sail" in asked["exclude"], "rope" in asked["exclude"]) == (True, False)
    assert shop.counted == []


def test_what_was_said_before_another_filter_is_not_said_again(shop: Shop):
    models = shop.models()
    shop.says["champion"] = lambda: "rope"
    ask(models)

    shop.says["champion"] = broken
    newer = ItemFilter.parse(b'{"out_of_stock": ["rope"]}')

    assert ask(models) == Answer("rope", "cache")
    assert ask(models, shop_filter=newer) == Answer("popular", "baseline")


@pytest.mark.parametrize(
    ("trouble", "metric"), [(broken, "ModelBroken"), (no_number, "ModelBroken"), (slow, "ModelSlow")]
)
def test_in_trouble_a_visitor_gets_what_was_said_before_and_others_what_is_popular(
    shop: Shop, trouble: Told, metric: str
):
    models = shop.models()
    shop.says["champion"] = lambda: "rope"
    ask(models)
    shop.says["champion"] = trouble

    assert ask(models, seconds=0.02) == Answer("rope", "cache")
    assert ask(models, seconds=0.02, client_id="ben") == Answer("popular", "baseline")
    assert ask(models, seconds=0.02, exclude=("rope",)) == Answer("popular", "baseline")
    assert shop.counted == [metric] * 3


def test_the_time_limit_ends_with_the_answer(shop: Shop):
    models = shop.models()
    shop.says["champion"] = lambda: "rope"
    ask(models, seconds=0.01)

    time.sleep(0.02)

    assert shop.counted == []


def test_a_process_remembers_so_many_answers_and_no_more(shop: Shop):
    models = shop.models()
    shop.says["champion"] = lambda: "rope"
    for number in range(CACHED + 1):
        ask(models, client_id=f"visitor-{number}")
    shop.says["champion"] = broken

    assert ask(models, client_id="visitor-0").tier == "baseline"
    assert ask(models, client_id="visitor-1").tier == "cache"


def test_each_visitor_has_an_arm_and_keeps_it(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    released(monkeypatch, arm("champion", 0.5), arm("challenger", 0.5), arm("shadow", 0.0))
    models = shop.models()
    visitors = [f"visitor-{number}" for number in range(400)]

    first, again = ([models.arm_of(visitor).version for visitor in visitors] for _ in range(2))

    assert first == again
    assert set(first) == {"version of champion", "version of challenger"}
    assert models.shadow() is not None


def test_without_a_shadow_there_is_none(shop: Shop):
    assert shop.models().shadow() is None


def test_one_broken_arm_leaves_the_others_alone(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    released(monkeypatch, arm("champion", 0.5), arm("challenger", 0.5))

    def check(arm: Arm, **_about: Any) -> None:
        if arm.name == "challenger":
            raise OSError("cut")

    monkeypatch.setattr(layer, "check", check)
    shop.says["champion"] = lambda: "rope"

    models = shop.models()
    answers = {(ask(models, client_id=f"v{n}").tier, models.arm_of(f"v{n}").version) for n in range(50)}

    assert answers == {("model", "version of champion"), ("baseline", "broken")}
    assert shop.counted == ["ModelBroken"]
