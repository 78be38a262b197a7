"""
`python -m ops filters`: what sites do not want suggested now, shown and changed without a release.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from adapters import artifacts
from domain import item_filter
from domain.item_filter import ItemFilter
from domain.predict_request import PROBE
from ops import deploy, target
from ops.progress import console

STDIN = "-"


def main(environment: str, *, site: str | None, changed: dict[str, Any], is_dry_run: bool) -> int:
    """
    Args:
        changed: parts of the filter that take the place of what they were; empty: only show.

    Raises:
        NoSuchSite, NotDeployed, CloudNotRunning, Refused, Changed
    """
    found = target.find(environment)
    bucket = deploy.outputs(environment)["ArtifactsBucket"]
    if not changed:
        sites = [found.site(site)] if site else sorted({*found.write_keys.values()} - {PROBE})
        console.print(_table(bucket, sites))
        return 0
    chosen = found.site(site)
    before = artifacts.find(bucket, item_filter.key(chosen))
    parts = item_filter.parts(before.content) if before else {}
    body = item_filter.document(parts | changed)
    if is_dry_run:
        console.print(f"{chosen} would leave out {_counts(body)}")
        return 0
    artifacts.replace(bucket, item_filter.key(chosen), body, before=before)
    console.print(
        f"{chosen} leaves out {_counts(body)}; every process that predicts sees it in a minute or two"
    )
    return 0


def ids(name: str) -> list[str]:
    """The item ids in a file, one a line; `-` reads what is piped in."""
    text = sys.stdin.read() if name == STDIN else Path(name).read_text()
    return [line.strip() for line in text.splitlines() if line.strip()]


def _table(bucket: str, sites: Sequence[str]) -> Table:
    table = Table("site", Column("left out", ratio=1), "version", "changed", title_justify="left")
    for site in sites:
        found = artifacts.find(bucket, item_filter.key(site))
        if found is None:
            table.add_row(site, "nothing", "", "")
            continue
        version = ItemFilter.parse(found.content).version
        table.add_row(site, _counts(found.content), version, f"{found.written_at:%Y-%m-%d %H:%M}")
    return table


def _counts(body: bytes) -> str:
    parts = item_filter.parts(body)
    out, denied = len(parts.get("out_of_stock", ())), len(parts.get("denied", ()))
    bought = "" if parts.get("bought_again", True) else ", and what a session has bought"
    return f"{out:,} out of stock, {denied:,} denied{bought}"
