"""
`python -m bench.models`: how good the models are on real data, and how training grows with events.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from rich.table import Table

from bench import growth, quality
from bench.measure import Cost
from bench.quality import Row
from domain.evaluation import Estimate
from ops.progress import console

HOME = Path(".skiff/bench")
SHOWN = 4  # metrics of each: all are in models.json
DATA = Path(os.environ.get("SKIFF_DATA", "../shared/data"))


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.models", description="What the models are worth here."
    )
    parser.add_argument(
        "--data", type=Path, default=DATA, help="the folder of real data (default SKIFF_DATA)"
    )
    parser.add_argument(
        "--events", type=int, nargs="*", default=[], metavar="N", help="also: train on so many made-up events"
    )
    chosen = parser.parse_args(arguments)
    HOME.mkdir(parents=True, exist_ok=True)
    found = []
    try:
        # first: what this process holds would count as the memory of those that it starts
        costs = {}
        for events in chosen.events:
            costs[events] = growth.measured(HOME, events)
            console.print(f"{events:,} events: {costs[events].cpu_seconds} CPU seconds")
        for row in quality.rows(chosen.data):
            found.append(row)
            console.print(f"{row.data}: {row.model} took {row.fit_cpu_seconds} CPU seconds to fit")
    except KeyboardInterrupt:
        console.print("ended; a log that was made is kept")
        return 130
    result = {
        "quality": [asdict(row) for row in found],
        "growth": {events: asdict(cost) for events, cost in costs.items()},
    }
    (HOME / "models.json").write_text(json.dumps(result, indent=2) + "\n")
    console.print(quality_table(found))
    if costs:
        console.print(growth_table(costs))
    console.print(f"the numbers are in {HOME / 'models.json'}")
    return 0


def quality_table(rows: Sequence[Row]) -> Table:
    """A part for each set of data, headed by its metrics; behind ± half the width of the 95 % interval."""
    shown = Table(
        title="On real data, 95 % intervals by drawing sessions or customers", show_header=False, expand=False
    )
    for data, group in groupby(rows, key=lambda row: row.data):
        of_data = list(group)
        names = list(of_data[0].metrics)[:SHOWN]
        shown.add_section()
        shown.add_row(data, *names, "fit, CPU s", "answer, CPU µs", style="bold")
        for row in of_data:
            metrics = [_estimate(row.metrics[name]) for name in names]
            shown.add_row(
                f"  {row.model}", *metrics, f"{row.fit_cpu_seconds:.2f}", f"{row.answer_cpu_us:.0f}"
            )
    return shown


def growth_table(costs: dict[int, Cost]) -> Table:
    """CPU per event beside that of the smallest."""
    shown = Table(title="A next_item job on made-up events")
    for column in ("events", "CPU s", "CPU µs per event", "peak memory"):
        shown.add_column(column, justify="right")
    for events, cost in sorted(costs.items()):
        shown.add_row(
            f"{events:,}",
            f"{cost.cpu_seconds:.1f}",
            f"{cost.cpu_seconds / events * 1e6:.1f}",
            f"{cost.peak_bytes / 2**30:.2f} GiB",
        )
    return shown


def _estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.3f} ±{(estimate.high - estimate.low) / 2:.3f}"


if __name__ == "__main__":
    sys.exit(main())
