"""
What the job asks of a model: the functions of each `training/<model>/recipe.py`, and what goes through them.

Axes: S rows of a snapshot, such as sessions; P predictions, one or more for a row.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from training.catalogue import Title

Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Booleans = npt.NDArray[np.bool_]
Parameters = Mapping[str, Any]  # one value per name in the contract's search space
Request = Mapping[str, Any]  # the body of POST /predict/<model>


class EmptySnapshot(ValueError):
    """There is no session to learn from."""


class FromTheFuture(ValueError):
    """The snapshot holds a session that ended after the moment it is said to be of."""


class NothingToEvaluate(ValueError):
    """There is no session on the days that would show how good the model is, or none before them."""


class Data(Protocol):
    """A snapshot's rows as arrays, in an order that is not that of its files; moments in epoch ms."""

    @property
    def key_S(self) -> npt.NDArray[np.object_]: ...

    @property
    def started_at_S(self) -> Integers: ...

    @property
    def ended_at_S(self) -> Integers: ...

    def __len__(self) -> int: ...

    def where(self, keep_S: Booleans) -> Self: ...


@dataclass(frozen=True, kw_only=True)
class Outcomes:
    """
    How predictions turned out. Two of the same rows have the same predictions in the same order.

    `values` are what the measures read, such as hit or probability; `slices` has, for each slice of the
    contract, the part that a prediction belongs to.
    """

    session_P: Integers  # which row a prediction is of: rows are drawn as wholes, for intervals
    weight_P: Floats
    values: Mapping[str, Floats]
    slices: Mapping[str, npt.NDArray[np.object_]]


class Measure(Protocol):
    """A metric of the contract: one number from predictions and how much each counts (0 leaves it out)."""

    def __call__(self, values: Mapping[str, Floats], weight_P: Floats, /) -> float: ...


class Answer(Protocol):
    @property
    def data(self) -> dict[str, Any]: ...

    @property
    def tier(self) -> str: ...


class Predictor(Protocol):
    """`Model` and `Baseline` of `training/<model>/predict.py`, opened with the artifact's folder."""

    def predict(
        self, events: Sequence[Mapping[str, Any]], *, k: int, exclude: Container[str] = (), site: str = ""
    ) -> Answer: ...


D = TypeVar("D", bound=Data)


class Recipe(Protocol[D]):
    """The module `training/<model>/recipe.py`."""

    FORMAT: str  # of the artifact's files: which code can read them
    MEASURES: Mapping[str, Measure]  # by the names of the contract's metrics

    def load(self, columns: Mapping[str, Sequence[Any]], /) -> D:
        """
        Args:
            columns: those of the contract.

        Raises:
            EmptySnapshot: no rows.
        """

    def fit(self, data: D, folder: Path, /, *, parameters: Parameters, seed: int) -> Mapping[str, int]:
        """Write the artifact's files into *folder*; says how much they were learned from."""

    def opened(self, folder: Path, /) -> Predictor: ...

    def outcomes(self, folder: Path, data: D, /) -> Outcomes:
        """
        What the artifact in *folder* predicts of *data*, by the code that serves.

        Raises:
            NothingToEvaluate: there is nothing in *data* to predict.
        """

    def baselines(self, past: D, data: D, /) -> Mapping[str, Outcomes]:
        """The same predictions by each baseline of the contract, which learns from *past*."""

    def requests(self, data: D, /, *, count: int, seed: int) -> list[Request]:
        """As clients send them, from beginnings of real sessions: the golden ones."""

    def leaks(self, data: D, /) -> list[str]:
        """What gives the label away and only the model can see; `training.leaks` finds the rest."""

    def examples(self, folder: Path, data: D, title: Title, /) -> list[dict[str, Any]]:
        """A few predictions that a reader of the card can judge: a row each, its names are the head."""
