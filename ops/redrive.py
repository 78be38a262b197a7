"""
Sending what was refused back into the log, corrected, exactly once: `python -m ops redrive`.

It writes one file for each file of refusals, named after its lines: a second run finds it there. Should it
correct otherwise, its events are the same ones by their ids, and staging keeps the copy that came first.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from adapters import lake
from domain.redrive import CannotRedrive, Correction, redriven
from ops import target
from ops.progress import Steps, console

REFUSED_FOLDER = "rejected/"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which refusals, and what to do with them."""

    reason: str
    site: str | None = None  # lines of other sites are left out, lines of nobody are taken to be its
    since: datetime | None = None
    until: datetime | None = None
    correction: Correction = field(default_factory=Correction)
    is_dry_run: bool = False

    def includes(self, reject: dict[str, Any]) -> bool:
        return reject["reason"] == self.reason and (not self.site or reject["site"] in (self.site, None))


@dataclass(kw_only=True)
class Outcome:
    refusals: int = 0  # lines that were read
    passed: int = 0  # events; a refused body may have held many
    written: int = 0  # of them
    already_there: int = 0  # of them
    refused: Counter[str] = field(default_factory=Counter)  # events or bodies, by the reason of today
    lost: Counter[str] = field(default_factory=Counter)  # refusals that nothing repairs, by why


def main(environment: str, wanted: Wanted) -> int:
    """
    Raises:
        NotDeployed, CloudNotRunning
    """
    bucket = target.find(environment).lake
    with Steps().step("list", "List what was refused"):
        keys = list(lake.keys(bucket, REFUSED_FOLDER, since=wanted.since, until=wanted.until))
    with Steps().step("redrive", f"Redrive {wanted.reason}", total=len(keys)) as step:
        outcome = redrive(bucket, keys, wanted, progress=step.reach)
    console.print(table(outcome, wanted))
    return 0


def redrive(
    bucket: str, keys: Iterable[str], wanted: Wanted, *, progress: Callable[[int], None] = lambda _: None
) -> Outcome:
    """
    Args:
        keys: files of refusals.
        progress: told how many of them are done.
    """
    outcome = Outcome()
    for number, key in enumerate(keys, start=1):
        lines = _repaired(lake.read(bucket, key), wanted, outcome)
        if lines and not wanted.is_dry_run:
            if lake.write(bucket, _key(lines), lines):
                outcome.written += len(lines)
            else:
                outcome.already_there += len(lines)
        progress(number)
    return outcome


def _repaired(rejects: Iterable[str], wanted: Wanted, outcome: Outcome) -> list[str]:
    lines: list[str] = []
    for reject in filter(wanted.includes, map(json.loads, rejects)):
        outcome.refusals += 1
        try:
            done = redriven(reject, correction=wanted.correction, site=wanted.site)
        except CannotRedrive as error:
            outcome.lost[str(error)] += 1
            continue
        outcome.passed += len(done.lines)
        outcome.refused.update(done.refused)
        lines += done.lines
    return lines


def _key(lines: list[str]) -> str:
    """In the hour in which the first of them came, and named after all of them."""
    received_at = datetime.fromisoformat(json.loads(lines[0])["received_at"]).astimezone(UTC)
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return f"events/{received_at:{lake.HOURS}}/redrive-{digest[:32]}.gz"


def table(outcome: Outcome, wanted: Wanted) -> Table:
    shown = Table("", "count", title=f"{wanted.reason}{' (dry run)' if wanted.is_dry_run else ''}")
    rows = [("refusals read", outcome.refusals)]
    rows += [("events that would pass" if wanted.is_dry_run else "events that pass", outcome.passed)]
    if not wanted.is_dry_run:
        rows += [("  written to the log", outcome.written), ("  there already", outcome.already_there)]
    rows += [(f"still refused: {reason}", count) for reason, count in sorted(outcome.refused.items())]
    rows += [(f"cannot be redriven: {why}", count) for why, count in sorted(outcome.lost.items())]
    for name, count in rows:
        shown.add_row(name, f"{count:,}")
    return shown
