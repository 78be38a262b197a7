"""
bol.com's click sample (Apache-2.0, from bolcom/serenade) for next_item. Each session is a client of its own.
"""

import gzip
from collections import defaultdict
from json import dumps
from pathlib import Path

from training.next_item.sessions import Sessions, from_columns

TRAIN = "bol-clicks/train.txt.gz"
VALID = "bol-clicks/valid.txt.gz"  # the day after


def read(*paths: Path) -> Sessions:
    """The sessions of all files; one that goes on in another file stays two."""
    clicks: dict[str, list[tuple[float, str]]] = defaultdict(list)
    for path in paths:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            next(lines)
            for line in lines:
                session, item_id, seconds = line.split("\t")
                clicks[f"{path.name} {session}"].append((float(seconds), item_id))
    by_time = [sorted(session, key=lambda click: click[0]) for session in clicks.values()]
    return from_columns(
        {
            "SESSION_KEY": list(clicks),
            "SITE": ["bol"] * len(clicks),
            "CLIENT_ID": list(clicks),
            "ITEM_IDS": [dumps([item_id for _, item_id in session]) for session in by_time],
            "OCCURRED_AT_MS": [dumps([int(seconds * 1000) for seconds, _ in session]) for session in by_time],
        }
    )
