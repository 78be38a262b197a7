"""
What models learned from: `python -m ops snapshots`, all of them, or two side by side.
"""

import difflib
from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.markup import escape
from rich.table import Column, Table

from adapters import snapshots
from domain.snapshot import Manifest
from ops import target
from ops.progress import console
from warehouse import run

COMPARED = ("as_of", "rows", "started_from", "ended_at", "code_version")


class NoSuchSnapshot(LookupError):
    """No snapshot of that model and id is in the lake."""


class WhichModel(LookupError):
    """Several models have a snapshot of that id: one execution of the pipeline makes one for each."""


def main(environment: str, *, model: str | None, compare: Sequence[str]) -> int:
    """
    Args:
        compare: two snapshots, each an id or model/id; none: all snapshots, of *model* if it is given.

    Raises:
        NoSuchSnapshot, WhichModel, NotDeployed, CloudNotRunning
    """
    found = snapshots.listed(target.find(environment).lake)
    if not compare:
        console.print(table(each for each in found if model in (None, each.model)))
        return 0
    one, other = (find(found, wanted) for wanted in compare)
    console.print(beside(one, other))
    for line in sql_changes(one, other):
        console.print(escape(line), style={"+": "green", "-": "red"}.get(line[0]), highlight=False)
    return 0


def find(found: Iterable[Manifest], wanted: str) -> Manifest:
    """
    The first attempt of the snapshot that *wanted*, an id or model/id, means: models learned from that one.

    Raises:
        NoSuchSnapshot, WhichModel
    """
    firsts = {name(each): each for each in reversed(list(found))}
    matching = [each for key, each in firsts.items() if wanted in (key, each.snapshot_id)]
    if not matching:
        raise NoSuchSnapshot(f"no snapshot {wanted}")
    if len(matching) > 1:
        raise WhichModel(f"{wanted} could be {', '.join(sorted(map(name, matching)))}")
    return matching[0]


def table(found: Iterable[Manifest]) -> Table:
    names = ("as of", "rows", "from", "to", "MB")
    shown = Table(Column("snapshot", no_wrap=True), *names, title="Snapshots", title_justify="left")
    for each in sorted(found, key=lambda each: (each.model, each.as_of), reverse=True):
        moments = (each.started_from[:10], each.ended_at[:10])
        size = f"{sum(file.size_bytes for file in each.files) / 1e6:.2f}"
        shown.add_row(escape(name(each)), each.as_of[:16], f"{each.rows:,}", *moments, size)
    return shown


def name(manifest: Manifest) -> str:
    return f"{manifest.model}/{manifest.snapshot_id}"


def beside(one: Manifest, other: Manifest) -> Table:
    shown = Table(
        "", *(escape(name(each)) for each in (one, other)), "", title="Two snapshots", title_justify="left"
    )
    for field in COMPARED:
        values = [getattr(one, field), getattr(other, field)]
        change = "" if values[0] == values[1] else "differs"
        if change and field == "rows":
            change = f"{values[1] - values[0]:+,}"
        shown.add_row(field, *map(str, values), change)
    counts = [f"{len(each.files)} files" for each in (one, other)]
    shown.add_row("content (sha256)", *counts, "the same" if digests(one) == digests(other) else "differs")
    is_same_sql = not sql_changes(one, other)
    shown.add_row("SQL", "", "", "the same but for ids and as_of" if is_same_sql else "differs, see below")
    return shown


def digests(manifest: Manifest) -> list[str]:
    return sorted(file.sha256 for file in manifest.files)


def sql_changes(one: Manifest, other: Manifest) -> list[str]:
    """Lines of a diff; what every snapshot has of its own is left out."""
    return list(difflib.unified_diff(_sql(one), _sql(other), one.snapshot_id, other.snapshot_id, lineterm=""))


def _sql(manifest: Manifest) -> list[str]:
    text = manifest.sql.replace(manifest.snapshot_id, "ID").replace(manifest.attempt, "ATTEMPT")
    return text.replace(_moment(manifest), "AS OF").splitlines()


def _moment(manifest: Manifest) -> str:
    return run.moment(datetime.fromisoformat(manifest.as_of))
