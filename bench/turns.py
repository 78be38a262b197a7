"""
Processes that are compared: all run at the same time and answer the same requests in turns.

So a machine that slows down slows all of them, and what differs is what they do.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from typing import Any

from bench.processes import Answered, Running

WARM_UP = 50  # requests that are not counted
BLOCK = 25  # requests before the next has its turn


@dataclass(kw_only=True)
class Row:
    """Seconds of CPU and bytes."""

    name: str
    artifact_bytes: int = 0
    starts: list[float] = field(default_factory=list)
    firsts: list[float] = field(default_factory=list)  # of each start, the first answer too
    requests: list[float] = field(default_factory=list)
    p99: float = float("inf")  # the least of the rounds, since others share the machine
    latency: float = float("inf")  # the median, seconds of wall time; the least of the rounds
    peak_bytes: int = 0
    private_bytes: int = 0

    def start(self, running: Running, request: Mapping[str, Any]) -> None:
        self.starts.append(running.start_cpu)
        self.firsts.append(running.start_cpu + running.ask(request).cpu)

    def round(self, answered: Sequence[Answered], running: Running) -> None:
        self.starts.append(running.start_cpu)
        self.requests.extend(each.cpu for each in answered)
        ordered = sorted(each.cpu for each in answered)
        self.p99 = min(self.p99, ordered[int(len(ordered) * 0.99)])
        self.latency = min(self.latency, statistics.median(each.latency for each in answered))
        peak, private = running.memory()
        self.peak_bytes, self.private_bytes = max(self.peak_bytes, peak), max(self.private_bytes, private)

    @property
    def request(self) -> float:
        return statistics.median(self.requests)


@dataclass(frozen=True, kw_only=True)
class Entrant:
    row: Row
    start: Callable[[], AbstractContextManager[Running]]
    requests: Sequence[Mapping[str, Any]]
    data: Callable[[Any], Any] | None = None  # of what it said, where all must say the same


class OtherAnswers(AssertionError):
    """Two ways of serving the same model differ."""


def one_round(entrants: Sequence[Entrant]) -> None:
    """
    All of them, block by block.

    Raises:
        OtherAnswers: two do not say the same.
    """
    with ExitStack() as stack:
        running = [stack.enter_context(each.start()) for each in entrants]
        told: list[list[Answered]] = [[] for _ in entrants]
        for at in range(0, min(len(each.requests) for each in entrants), BLOCK):
            for each, process, answers in zip(entrants, running, told, strict=True):
                answers.extend(process.ask(request) for request in each.requests[at : at + BLOCK])
        same = [
            (each.row.name, [each.data(answered.said) for answered in answers])
            for each, answers in zip(entrants, told, strict=True)
            if each.data
        ]
        for name, data in same:
            if data != same[0][1]:
                raise OtherAnswers(f"{name} answers otherwise than {same[0][0]}")
        for each, process, answers in zip(entrants, running, told, strict=True):
            each.row.round(answers[WARM_UP:], process)
