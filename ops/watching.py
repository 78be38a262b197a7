"""
What the watch finds, how good answers were, and what is in alarm: for people, when they want to know.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

from rich.markup import escape
from rich.table import Column, Table

from adapters import alarms as cloudwatch
from adapters import functions
from ops import checks, deploy, target
from ops.progress import console
from warehouse import run

PART = re.compile(r"-\d+s-[\d.]+x$")  # an alarm on one window of an objective: quiet
COLOURS = {"ALARM": "red", "OK": "green"}


def watch(environment: str, *, model: str | None, as_of: str | None) -> int:
    """Run the watch once; what it starts and sends is as by the hour."""
    target.find(environment)
    wanted = {"models": [model] if model else None, "as_of": as_of}
    function = deploy.outputs(environment)["WatchFunction"]
    found = functions.invoke(function, {name: value for name, value in wanted.items() if value})
    shown = Table("model", Column("found", ratio=1), title=f"As of {found['as_of']}", title_justify="left")
    for name, values in found["models"].items():
        shown.add_row(name, "\n".join(f"{key} {_text(value)}" for key, value in values.items()))
    console.print(shown)
    return 0


def quality(environment: str, *, as_of: str | None) -> int:
    """By version, arm, tier and site: of answers whose outcome is known, in the last four weeks."""
    at = datetime.fromisoformat(as_of) if as_of else datetime.now(UTC)
    with closing(checks.connect(environment)) as connection:
        [rows] = run.run(connection, "watch/quality", as_of=run.moment(at))
    if not rows:
        console.print("No answer is a day old yet, as it must be for its outcome to be known.")
        return 0
    console.print(quality_table(rows))
    return 0


def quality_table(rows: Sequence[Mapping[str, Any]]) -> Table:
    names = (
        "model",
        "arm",
        "tier",
        "site",
        "answers",
        "hit rate",
        "MRR",
        "clicked",
        "bought",
        "said",
        "Brier",
    )
    shown = Table(*names, title="Live quality", title_justify="left")
    for row in rows:
        answers, labelled = int(row["answers"]), int(row["labelled"])
        shown.add_row(
            f"{row['model']}/{row['version']}",
            row["arm"],
            row["tier"],
            row["site"],
            f"{answers:,}",
            _share(row["hits"], labelled),
            _share(row["reciprocal_ranks"], labelled),
            _share(row["clicked"], answers),
            _share(row["bought"], answers),
            _number(row["mean_probability"]),
            _number(row["brier"]),
        )
    return shown


def alarms(environment: str) -> int:
    """Those that fire first; 1 if any does."""
    target.find(environment)
    prefix = f"skiff-{environment}-"
    found = [alarm for alarm in cloudwatch.listed(prefix) if not PART.search(alarm.name)]
    firing = [alarm for alarm in found if alarm.state == "ALARM"]
    shown = Table("state", "alarm", "since", Column("what to do first", ratio=1), title_justify="left")
    for alarm in sorted(found, key=lambda each: each.state != "ALARM"):
        colour = COLOURS.get(alarm.state, "yellow")
        shown.add_row(
            f"[{colour}]{alarm.state}[/]",
            alarm.name.removeprefix(prefix),
            f"{alarm.since:%m-%d %H:%M}",
            escape(alarm.description) if alarm in firing else "",
        )
    console.print(shown)
    return int(bool(firing))


def _text(value: Any) -> str:
    return (
        "; ".join(value)
        if isinstance(value, list)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )


def _share(part: Any, whole: int) -> str:
    return f"{float(part or 0) / whole:.3f}" if whole else "–"


def _number(value: Any) -> str:
    return "–" if value is None else f"{float(value):.3f}"
