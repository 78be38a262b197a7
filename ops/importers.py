"""
Public click logs as events, to import history instead of waiting for it.
"""

import csv
import gzip
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

BOL_NAMESPACE = uuid.UUID("2b0e8f3e-3c43-4a0b-9d0e-6a8d4b1f7c55")


def bol_clicks(path: Path) -> Iterator[dict[str, Any]]:
    """
    The click sample of bol.com's Serenade repository (Apache-2.0) as `view_item` events.

    An event's id is made of its content, so importing twice does not duplicate; no two rows are equal.

    Args:
        path: a file of SessionId, ItemId, Time (epoch seconds, UTC), or the folder with its train.txt.gz.
    """
    with _opened(path / "train.txt.gz" if path.is_dir() else path) as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            yield _view(session_id=row["SessionId"], item_id=row["ItemId"], time=row["Time"])


def _opened(path: Path) -> TextIO:
    return gzip.open(path, "rt") if path.suffix == ".gz" else path.open()


def _view(*, session_id: str, item_id: str, time: str) -> dict[str, Any]:
    return {
        "event_id": str(uuid.uuid5(BOL_NAMESPACE, f"{session_id}\t{item_id}\t{time}")),
        "name": "view_item",
        "occurred_at": round(float(time) * 1000),
        "client_id": session_id,  # the sample knows sessions only, not who comes back
        "session_id": session_id,
        "items": [{"item_id": item_id}],
    }
