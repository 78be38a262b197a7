"""
The first hours of REES46's shop (free to use with mention of the source: REES46 Marketing Platform,
rees46.com) for purchase_intent: the only real events here that end in purchases, and few of them.
"""

import csv
import gzip
from collections import defaultdict
from datetime import datetime
from json import dumps
from pathlib import Path
from typing import Any

from training.purchase_intent.sessions import Sessions, from_columns

FILE = "rees46-sample/2019-Oct-first-17k.csv.gz"
NAMES = {"view": "view_item", "cart": "add_to_cart", "remove_from_cart": "remove_from_cart"}
PURCHASE = "purchase"


def read(path: Path) -> Sessions:
    """Sessions as the shop cut them, each until its first purchase."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        whole = [row for row in csv.DictReader(file) if row["user_session"]]  # the last line is cut
    by_session: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in whole:
        by_session[row["user_session"]].append(row)
    rows = [_row(key, session) for key, session in by_session.items()]
    told = [row for row in rows if row is not None]
    return from_columns({name: [row[name] for row in told] for name in told[0]})


def _row(key: str, session: list[dict[str, str]]) -> dict[str, Any] | None:
    """The mart's row; None for a session that only bought."""
    kinds = [row["event_type"] for row in session]
    before = session[: kinds.index(PURCHASE)] if PURCHASE in kinds else session
    if not before:
        return None
    return {
        "SESSION_KEY": key,
        "SITE": "rees46",
        "CLIENT_ID": session[0]["user_id"],
        "STARTED_AT": _moment(session[0]),
        "ENDED_AT": _moment(session[-1]),
        "EVENT_NAMES": dumps([NAMES[row["event_type"]] for row in before]),
        "OCCURRED_AT_MS": dumps([_epoch_ms(row) for row in before]),
        "ITEM_IDS": dumps([row["product_id"] for row in before]),
        "EVENT_VALUES": dumps(
            [0.0 if row["event_type"] == "view" else float(row["price"]) for row in before]
        ),
        "HAS_PURCHASE": PURCHASE in kinds,
    }


def _moment(row: dict[str, str]) -> datetime:
    return datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S UTC")


def _epoch_ms(row: dict[str, str]) -> int:
    return round((_moment(row) - datetime(1970, 1, 1)).total_seconds() * 1000)
