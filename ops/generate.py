"""
`python -m ops generate`: made-up history of any size, as files of the log, and the truth about it.
"""

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from adapters import lake
from domain import logline
from domain.events import checked
from domain.refusal import Refused
from ops import target
from ops.bulk import Files, Put
from ops.dirt import Arrival
from ops.progress import Step, Steps, console
from ops.shop import LINES_PER_VISIT, Shop

UNTIL = datetime(2026, 2, 1, tzinfo=UTC)
GZIP_LEVEL = 2  # 61 bytes a line and half the time of level 6, which makes 52
TRUTH = "truth.json"


def main(*, events: int, seed: int, sites: Sequence[str], out: Path | None, environment: str) -> int:
    """About *events* lines, shared among *sites*, into the folder *out* or else the lake of *environment*."""
    put: Put = into_folder(out) if out else _into_lake(environment)
    truths: dict[str, Any] = {}
    for place, site in enumerate(sites):
        sessions = max(1, round(events / len(sites) / LINES_PER_VISIT))
        shop = Shop(seed=seed + place, sessions=sessions, until=UNTIL)
        name = f"generated-{seed}-{events}-{site}"
        with Steps().step("generate", f"Make up {site}", total=100) as step:
            accepted, rejected = write(_shown(shop, step), put, site=site, name=name)
        console.print(
            f"{site}: {accepted.lines:,} lines of events, {rejected.lines:,} of rejects; "
            f"{accepted.written + rejected.written} files written, "
            f"{accepted.already_there + rejected.already_there} there already"
        )
        truths[site] = shop.truth.to_json()
    if out:
        (out / TRUTH).write_text(json.dumps(truths, indent=2) + "\n")
    else:
        console.print_json(data=truths)
    return 0


def write(arrivals: Iterator[Arrival], put: Put, *, site: str, name: str) -> tuple[Files, Files]:
    """What arrives, as the collector would have logged it: events here, refusals there."""
    accepted = Files(put, folder="events", name=name)
    rejected = Files(put, folder="rejected", name=f"{name}-rejected")
    for at_ms, event, reason in arrivals:
        received_at = datetime.fromtimestamp(at_ms / 1000, UTC)
        if reason:
            rejected.add(_reject_line(event, rejected, received_at, site=site), received_at)
        else:
            kept = event if "event_id" in event else checked(event, site=site)
            accepted.add_event(kept, received_at, site=site)
    accepted.finish()
    rejected.finish()
    return accepted, rejected


def into_folder(folder: Path) -> Put:
    """Files under *folder* as they lie in the lake; the same lines, the same bytes."""

    def put(key: str, lines: list[str]) -> bool:
        path = folder / key
        if path.exists():
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        packed = gzip.compress("".join(f"{line}\n" for line in lines).encode(), GZIP_LEVEL, mtime=0)
        half = path.with_suffix(".part")
        half.write_bytes(packed)
        half.replace(path)  # whole or not at all: a file that is there is not written again
        return True

    return put


def _into_lake(environment: str) -> Put:
    bucket = target.find(environment).lake
    return lambda key, lines: lake.write(bucket, key, lines)


def _shown(shop: Shop, step: Step) -> Iterator[Arrival]:
    for number, arrival in enumerate(shop.arrivals()):
        if number % 10_000 == 0:
            step.reach(int(100 * shop.share()))
            step.say(f"{number:,} events")
        yield arrival


def _reject_line(event: dict[str, Any], files: Files, received_at: datetime, *, site: str) -> str:
    try:
        checked(event, site=site)
    except Refused as refusal:
        line = logline.reject_line(
            reason=refusal.reason,
            detail=refusal.detail,
            raw=json.dumps(event).encode(),
            scope="event",
            position=files.position,
            received_at=received_at,
            sent_at=None,
            site=site,
            request_id=files.request_id,
            ip=None,
            user_agent=None,
            source="import",
        )
        return logline.to_json(line)
    raise AssertionError(f"made up to be refused, and is fine: {event}")
