"""
What a step of an engine costs: CPU seconds of all threads and the process's peak memory.
"""

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass

THREADS = 2  # for every engine
MEMORY_LIMIT = "3GB"  # for DuckDB's buffers; a process holds up to a GiB more than these
UNCOMPRESSED = "set force_compression = 'uncompressed'"  # packing a table costs as much as making it


@dataclass(frozen=True, kw_only=True)
class Cost:
    """`peak_bytes` is the most memory that the process held since it started, up to the end of the step."""

    step: str
    cpu_seconds: float
    wall_seconds: float
    peak_bytes: int


def cost(step: str, work: Callable[[], None]) -> Cost:
    cpu, wall = cpu_seconds(), time.monotonic()
    work()
    return Cost(
        step=step,
        cpu_seconds=round(cpu_seconds() - cpu, 2),
        wall_seconds=round(time.monotonic() - wall, 2),
        peak_bytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,  # Linux counts in KiB
    )


def cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
