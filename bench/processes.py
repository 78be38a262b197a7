"""
What a running process costs, seen from outside: the kernel's counts, with those of all that it has started.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


@dataclass(frozen=True, kw_only=True)
class Answered:
    cpu: float  # seconds, of all threads
    latency: float  # seconds of wall time, until the answer was there
    said: Any


class Running(Protocol):
    """A process that answers requests, one after the other."""

    start_cpu: float  # seconds, until it could be asked

    def ask(self, request: Mapping[str, Any]) -> Answered:
        """
        Raises:
            RuntimeError: it ended, or refused.
        """

    def memory(self) -> tuple[int, int]: ...


def cpu_seconds(pid: int) -> float:
    """Of all threads so far, to the nanosecond: Linux's schedstat."""
    total = 0
    for each in tree(pid):
        for task in Path(f"/proc/{each}/task").glob("*/schedstat"):
            try:
                total += int(task.read_text().split()[0])
            except OSError:  # a thread that has just ended
                continue
    return total / 1e9


def memory(pid: int) -> tuple[int, int]:
    """Bytes: the most that was resident so far, and what is private now; mapped files are shared."""
    sizes = [_memory(each) for each in tree(pid)]
    return sum(peak for peak, _ in sizes), sum(private for _, private in sizes)


def _memory(pid: int) -> tuple[int, int]:
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    private = sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))
    return int(status["VmHWM"].split()[0]) * 1024, private * 1024


def tree(pid: int) -> list[int]:
    """The process and those that it has started, parents first."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in tree(int(child)))]
