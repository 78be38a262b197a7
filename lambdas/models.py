"""
The models that a process of the predict function has open, and how one is asked: model, cache or baseline.

Standard library only, like all of the request path. What is broken or too slow is counted and passed over.
"""

import importlib
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from adapters import layer, telemetry, time_limit
from domain import assignment
from domain.artifact import BrokenArtifact
from domain.item_filter import ItemFilter
from domain.layer import CHAMPION, SHADOW, Arm, Release
from domain.predict_request import PredictRequest

# answers that a process remembers, the latest; as JSON, since forgetting each as objects took 10 µs
CACHED = 500
BROKEN = "broken"  # the version of an answer that no model stands behind

Count = Callable[..., None]  # metric name, and what else to say in the line


@dataclass(frozen=True, kw_only=True)
class Open:
    """An arm: its model, None where that cannot be trusted, and what answers in its place."""

    name: str
    version: str
    model: Any  # Model of training.<model>.predict
    baseline: Any  # Baseline of the same


class Said(NamedTuple):
    data: str  # JSON
    tier: str


class Models:
    def __init__(self, model: str, *, count: Count) -> None:
        """Opens whatever the layer holds; what is wrong with it is counted, since an answer is due anyway."""
        self._count = count
        self._code = importlib.import_module(f"training.{model}.predict")
        self._cache: OrderedDict[tuple[Any, ...], str] = OrderedDict()
        try:
            self.release = layer.release()
        except BrokenArtifact as error:
            count("ModelBroken", error=str(error))
            self.release = Release(release_id=BROKEN, model=model)
            self._nothing = self._baseline(CHAMPION, BROKEN)
        else:
            self._nothing = self._baseline(CHAMPION, "baseline")
        self._arms: Mapping[str, Open] = {arm.name: self._opened(arm, model) for arm in self.release.arms}

    def arm_of(self, client_id: str, *, asked: str | None = None) -> Open:
        """The one that answers this visitor, or a probe that has *asked* for one."""
        if not self._arms:
            return self._nothing
        if asked and asked in self._arms:
            return self._arms[asked]
        chosen = assignment.arm_of(self.release.arms, test_id=self.release.test_id, client_id=client_id)
        return self._arms[chosen.name]

    def shadow(self) -> Open | None:
        return self._arms.get(SHADOW)

    def ask(
        self, arm: Open, request: PredictRequest, *, site: str, filter: ItemFilter, seconds: float
    ) -> Said:
        """
        The arm's answer, of whichever tier had one in time.

        Args:
            site: whose parameters and popular items count.
            seconds: of wall time that the model may take.
        """
        of_request = filter.of_request(request.exclude, request.events)
        exclude = filter.excluded(of_request)
        asked = {"k": request.k, "exclude": exclude, "site": site}
        if arm.model is None:
            return _said(arm.baseline.predict(request.events, **asked))
        key = (arm.name, site, request.client_id, request.k, of_request, filter.version)
        try:
            with time_limit.at_most(seconds):
                said = _said(arm.model.predict(request.events, **asked))
        except time_limit.TooSlow:
            self._count("ModelSlow", arm=arm.name)
        except Exception as error:  # whatever is wrong with the model, an answer is due
            self._count("ModelBroken", arm=arm.name, error=f"{type(error).__name__}: {error}")
        else:
            self._remember(key, said.data)
            return said
        if (remembered := self._cache.get(key)) is not None:
            return Said(remembered, "cache")
        return _said(arm.baseline.predict(request.events, **asked))

    def _remember(self, key: tuple[Any, ...], data: str) -> None:
        self._cache[key] = data
        self._cache.move_to_end(key)
        if len(self._cache) > CACHED:
            self._cache.popitem(last=False)

    def _opened(self, arm: Arm, model: str) -> Open:
        folder = layer.folder(arm.name)
        try:
            layer.check(arm, model=model, format=self._code.FORMAT)
            opened = self._code.Model(folder)
        except Exception as error:  # a file that cannot be read, a table that is cut, other features
            self._count("ModelBroken", arm=arm.name, error=f"{type(error).__name__}: {error}")
            return self._baseline(arm.name, BROKEN)
        return Open(name=arm.name, version=arm.version, model=opened, baseline=self._code.Baseline(folder))

    def _baseline(self, name: str, version: str) -> Open:
        baseline = self._code.Baseline(layer.folder(name))
        return Open(name=name, version=version, model=None, baseline=baseline)


def _said(answer: Any) -> Said:
    """
    Args:
        answer: Answer of training.<model>.predict.

    Raises:
        ValueError: a number in it is none.
    """
    return Said(telemetry.encoded(answer.data), answer.tier)
