"""
`python -m bench.warehouse`: what the warehouse costs on this machine, beside the same tables made by hand.
"""

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.table import Table

from bench import compare, log
from bench.engine import ENGINES
from bench.measure import MEMORY_LIMIT, THREADS, Cost
from ops.progress import Steps, console

HOME = Path(".skiff/bench")
BUILD = ("load", "stage", "sessionize", "marts")  # together a full build
ALL = (*BUILD, "build", "checks", "idle", "hour", "replay")
YARDSTICK = "duckdb_by_hand"


class EngineFailed(RuntimeError):
    """An engine ended before its last step; what it wrote to stderr is above."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.warehouse", description="What the warehouse costs here."
    )
    parser.add_argument(
        "--events", type=int, nargs="+", default=[1_000_000], metavar="N", help="lines of the log"
    )
    parser.add_argument(
        "--engines", nargs="+", choices=ENGINES, default=list(ENGINES), metavar="E", help=", ".join(ENGINES)
    )
    chosen = parser.parse_args(arguments)
    results = []
    try:
        for events in chosen.events:
            results.append(measured(events, chosen.engines))
            console.print(table(results[-1]))
            (HOME / "warehouse.json").write_text(json.dumps(results, indent=2) + "\n")
    except KeyboardInterrupt:
        console.print("ended; a log that was made is kept")
        return 130
    console.print(f"the numbers are in {HOME / 'warehouse.json'}")
    return 0


def measured(events: int, engines: Sequence[str]) -> dict[str, Any]:
    """The cost of every step of every engine, once it is sure that they made the same tables."""
    base, hour = log.make(HOME, events)
    folders = {engine: _fresh(HOME / f"{events}-{engine}") for engine in engines}
    steps = Steps()
    costs = {engine: _costs(steps, engine, base, hour, folders[engine]) for engine in engines}
    with steps.step("compare", "Compare their tables"):
        same = compare.same_tables(folders)
    for folder in folders.values():
        shutil.rmtree(folder)
    return {
        "events": events,
        "threads": THREADS,
        "duckdb_memory_limit": MEMORY_LIMIT,
        "costs": {engine: [asdict(cost) for cost in of] for engine, of in costs.items()},
        "tables": {name: asdict(content) for name, content in same.items()},
    }


def _costs(steps: Steps, engine: str, base: Path, hour: Path, work: Path) -> list[Cost]:
    command = [sys.executable, "-m", "bench.engine", engine, str(base), str(hour), str(work)]
    found: list[Cost] = []
    with (
        steps.step(engine, engine.replace("_", " ")) as step,
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process,  # noqa: S603  # our own
    ):
        try:
            for line in process.stdout or ():
                found.append(Cost(**json.loads(line)))
                step.say(f"{found[-1].step}: {found[-1].cpu_seconds:.1f} CPU seconds")
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise EngineFailed(f"{engine} ended with {process.returncode}")
    return found


def table(result: dict[str, Any]) -> Table:
    """CPU seconds by step and engine, with the ratio to the yardstick where there is one."""
    costs = {engine: _by_step(of) for engine, of in result["costs"].items()}
    shown = Table(title=f"{result['events']:,} events, CPU seconds on {result['threads']} threads")
    shown.add_column("step")
    for engine in costs:
        shown.add_column(engine.replace("_", " "), justify="right")
    for step in ALL:
        shown.add_row(
            step, *(_cell(of.get(step), costs.get(YARDSTICK, {}).get(step)) for of in costs.values())
        )
    peaks = (max(cost["peak_bytes"] for cost in of) / 2**30 for of in result["costs"].values())
    shown.add_row("peak memory", *(f"{peak:.2f} GiB" for peak in peaks))
    return shown


def _by_step(costs: list[dict[str, Any]]) -> dict[str, float]:
    seconds = {cost["step"]: cost["cpu_seconds"] for cost in costs}
    return {**seconds, "build": round(sum(seconds[step] for step in BUILD), 2)}


def _cell(seconds: float | None, yardstick: float | None) -> str:
    if seconds is None:
        return "–"
    return f"{seconds:.1f} ({seconds / yardstick:.2f})" if yardstick else f"{seconds:.1f}"


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


if __name__ == "__main__":
    sys.exit(main())
