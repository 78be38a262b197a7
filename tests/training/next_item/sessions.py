"""
Sessions from lists of items, for tests of next_item.
"""

import json
from collections.abc import Sequence

from training.next_item.sessions import Sessions, from_columns

PARAMETERS = {
    "repeats_last_item": False,
    "recency": 1.0,
    "nearness": 3.0,
    "neighbours": 100,
    "seen_again": 1.0,
}


def sessions_of(*item_ids: list[str], sites: Sequence[str] = ()) -> Sessions:
    """Oldest first, each of another visitor; of one shop, or each of the one that is named."""
    keys = [f"{number:06}" for number in range(len(item_ids))]
    return from_columns(
        {
            "SESSION_KEY": keys,
            "SITE": list(sites) or ["shop"] * len(keys),
            "CLIENT_ID": keys,
            "ITEM_IDS": [json.dumps(items) for items in item_ids],
            "OCCURRED_AT_MS": [json.dumps([number] * len(items)) for number, items in enumerate(item_ids)],
        }
    )
