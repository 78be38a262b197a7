"""
`python -m bench.with_numpy`: from what size on numpy would cost less than plain Python, import included.

The same sums over the same tables; the scores of both are compared before anything is measured.
"""

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.table import Column, Table

from bench import serving_models
from ops.progress import console
from training.next_item.features import encode
from training.next_item.predict import REACH, Model

SESSIONS = 200_000
REQUESTS = 200
IMPORTS = 7  # processes that import numpy, and as many that do not
NEIGHBOURS = (100, 500, 2_000, 10_000)

Floats = np.ndarray[Any, np.dtype[np.float64]]
Integers = np.ndarray[Any, np.dtype[np.uint32]]


class Arrays:
    """The sums of `training.next_item.predict`, array by array. C: the items of all neighbours, in a row."""

    def __init__(self, folder: Path, model: Model) -> None:
        self._tuned = model._tuned
        self._session_offsets = _mapped(folder, "session_offsets.u32")
        self._session_items = _mapped(folder, "session_items.u32")
        self._posting_offsets = _mapped(folder, "posting_offsets.u32")
        self._postings = _mapped(folder, "postings.u32")
        self._rarity: Floats = np.memmap(folder / "item_rarity.f64", dtype="f8", mode="r")

    def scores(self, weights: Mapping[int, float]) -> tuple[Integers, Floats]:
        """Items, and their scores."""
        session_N, similarity_N = self._neighbours(weights)
        session_N = session_N.astype(np.int64)
        start_N = self._session_offsets[session_N].astype(np.int64)
        length_N = self._session_offsets[session_N + 1].astype(np.int64) - start_N
        first_N = np.cumsum(length_N) - length_N
        place_C = np.arange(length_N.sum()) - np.repeat(first_N, length_N)
        item_C = self._session_items[np.repeat(start_N, length_N) + place_C]
        number_C = np.repeat(np.arange(len(session_N)), length_N)
        weight_I = np.zeros(len(self._rarity))
        weight_I[list(weights)] = list(weights.values())
        vote_C = similarity_N[number_C] * weight_I[item_C]
        shared = np.flatnonzero(vote_C)
        sums_C = np.zeros(len(item_C))
        for gap, near in zip(range(-REACH, REACH + 1), self._tuned.nearness, strict=True):
            to = shared + gap
            inside = (to >= 0) & (to < len(item_C))
            to, by = to[inside], shared[inside]
            same = number_C[to] == number_C[by]
            sums_C[to[same]] += vote_C[by[same]] * near  # each place once
        item_U, place_C = np.unique(item_C, return_inverse=True)
        score_U = np.bincount(place_C, sums_C) * self._rarity[item_U]
        again = np.where(weight_I[item_U] > 0, self._tuned.settings.seen_again, 1.0)
        return item_U, score_U * again

    def _neighbours(self, weights: Mapping[int, float]) -> tuple[Integers, Floats]:
        postings = [
            self._postings[self._posting_offsets[item] : self._posting_offsets[item + 1]] for item in weights
        ]
        session_U, place = np.unique(np.concatenate(postings), return_inverse=True)
        lengths = [len(sessions) for sessions in postings]
        similarity_U: Any = np.bincount(place, np.repeat(np.array(list(weights.values())), lengths))
        best = np.lexsort((session_U, -similarity_U))[: self._tuned.settings.neighbours]
        return session_U[best], similarity_U[best]


def _mapped(folder: Path, name: str) -> Integers:
    found: Integers = np.memmap(folder / name, dtype="u4", mode="r")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.with_numpy", description="From what size on numpy pays."
    )
    parser.add_argument("--sessions", type=int, default=SESSIONS, help="in the index (%(default)s)")
    parser.add_argument("--neighbours", type=int, nargs="*", default=list(NEIGHBOURS), help="that vote")
    chosen = parser.parse_args(arguments)
    importing = import_cpu("import numpy") - import_cpu("pass")
    console.print(f"importing numpy: {importing * 1000:.0f} ms of CPU at each cold start")
    table = Table(
        "sessions that vote",
        *(Column(name, justify="right") for name in ("plain Python, µs", "numpy, µs", "times", "pays from")),
        title=f"An answer of next_item, {chosen.sessions:,} sessions, median",
    )
    for neighbours in chosen.neighbours:
        plain, arrays = measured(chosen.sessions, neighbours)
        saved = plain - arrays
        pays = f"{importing / saved:,.0f} requests a start" if saved > 0 else "never"
        table.add_row(
            f"{neighbours:,}", f"{plain * 1e6:,.0f}", f"{arrays * 1e6:,.0f}", f"{plain / arrays:.1f}", pays
        )
    console.print(table)
    return 0


def measured(sessions: int, neighbours: int) -> tuple[float, float]:
    """Seconds of CPU for an answer's scores: in plain Python, by numpy."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "model"
        serving_models.make_next_item(folder, sessions, neighbours=neighbours)
        model = Model(folder)
        arrays = Arrays(folder, model)
        requests = serving_models.next_item_requests(REQUESTS, sessions)
        asked = (model._weights(encode(each["events"]), model._tuned) for each in requests)
        weights = [each for each in asked if each]
        for each in weights:
            check(model._scores(each, model._tuned), *arrays.scores(each))
        plain = cpu(lambda each: model._scores(each, model._tuned), weights)
        return plain, cpu(arrays.scores, weights)


def check(plain: Mapping[int, float], items: Integers, scores: Floats) -> None:
    """
    Raises:
        AssertionError: the two differ.
    """
    found = {int(item): float(score) for item, score in zip(items, scores, strict=True) if score}
    known = {item: score for item, score in plain.items() if score}
    np.testing.assert_equal(sorted(found), sorted(known))
    np.testing.assert_allclose([found[item] for item in known], list(known.values()), rtol=1e-9)


def cpu(answer: Callable[[Mapping[int, float]], object], weights: Sequence[Mapping[int, float]]) -> float:
    """The median over the requests, each the least of three."""
    return statistics.median(min(_once(answer, each) for _ in range(3)) for each in weights)


def _once(answer: Callable[[Mapping[int, float]], object], weights: Mapping[int, float]) -> float:
    started = time.process_time()
    answer(weights)
    return time.process_time() - started


def import_cpu(program: str) -> float:
    """Seconds of CPU of a process that runs it, the least of some."""
    timed = f"import time; {program}; print(time.process_time())"
    command = [sys.executable, "-I", "-c", timed]
    runs = (subprocess.run(command, capture_output=True, text=True, check=True) for _ in range(IMPORTS))  # noqa: S603
    return min(float(done.stdout) for done in runs)


if __name__ == "__main__":
    sys.exit(main())
