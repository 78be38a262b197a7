"""
`python -m ops import`: a file of history into an environment, through its collector or into its lake.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from adapters import lake
from ops import bulk, cloud, target
from ops.importers import FORMATS
from ops.importers.reading import Reading
from ops.progress import Step, Steps, console
from ops.send import Collector, Sent, in_batches
from ops.target import Target

Event = dict[str, Any]


def main(
    *, format: str, path: Path, environment: str, is_bulk: bool, site: str | None, limit: int | None
) -> int:
    """Import and tell what came of it; the same call again continues where this one ended."""
    place = target.find(environment)
    site = place.site(site)
    reading = Reading(path, FORMATS[format], site=site)
    steps = Steps()
    with steps.step("digest", f"Read {path.name} once"):
        name = f"import-{_digest(path, format, site, limit)}"
    events = islice(reading, limit)
    try:
        with steps.step("import", f"Import {path.name}", total=100) as step:
            if is_bulk:
                outcome = _write(_shown(events, reading, step), place, site=site, name=name)
            else:
                outcome = _send(_shown(events, reading, step), place, site=site, name=name)
    except KeyboardInterrupt:
        console.print("Stopped. The same command goes on from here.")
        raise
    show(reading, outcome)
    return 0


def _digest(path: Path, *how: object) -> str:
    """Of all that decides which events come: the file and what is made of it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    digest.update(json.dumps(how).encode())
    return digest.hexdigest()[:16]


def _shown(events: Iterator[Event], reading: Reading, step: Step) -> Iterator[Event]:
    for number, event in enumerate(events):
        if number % 1000 == 0:
            step.reach(int(100 * reading.share()))
            step.say(f"{number:,} events")
        yield event


def _write(events: Iterator[Event], place: Target, *, site: str, name: str) -> dict[str, int]:
    files = bulk.Files(lambda key, lines: lake.write(place.lake, key, lines), folder="events", name=name)
    bulk.write(events, files, site=site)
    return {"lines": files.lines, "files written": files.written, "files already there": files.already_there}


def _send(events: Iterator[Event], place: Target, *, site: str, name: str) -> dict[str, int]:
    so_far = Sendings(cloud.STATE / "imports" / f"{name}-{_digest_of(place.url)}.json")
    earlier = sum(1 for _ in islice(events, so_far.events))
    collector = Collector(place.url, place.write_key(site))
    for batch in in_batches(events):
        so_far.add(len(batch), collector.send(batch))
    return {"accepted": so_far.accepted, "rejected": so_far.rejected, "of these sent before": earlier}


def _digest_of(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


class Sendings:
    """How many events of an import the collector has answered for, kept in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        counts = json.loads(path.read_text()) if path.exists() else {}
        self.events = int(counts.get("events", 0))
        self.accepted = int(counts.get("accepted", 0))
        self.rejected = int(counts.get("rejected", 0))

    def add(self, events: int, sent: Sent) -> None:
        self.events += events
        self.accepted += sent.accepted
        self.rejected += sent.rejected
        self._path.parent.mkdir(parents=True, exist_ok=True)
        new = self._path.with_suffix(".new")
        counts = {"events": self.events, "accepted": self.accepted, "rejected": self.rejected}
        new.write_text(json.dumps(counts))
        new.replace(self._path)  # whole or not at all


def show(reading: Reading, outcome: Mapping[str, int]) -> None:
    table = Table(show_header=False)
    for name, value in reading.summary():
        table.add_row(escape(name), escape(value))
    for name, count in outcome.items():
        table.add_row(name, f"{count:,}")
    console.print(table)
