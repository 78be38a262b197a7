"""
Why an item is suggested, in words: for the examples on the card.
"""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.catalogue import Title
from training.next_item.evaluate import K
from training.next_item.features import recent
from training.next_item.predict import Model
from training.next_item.sessions import Sessions
from training.next_item.tables import Tables

EXAMPLES = 6
SHOWN = 5  # suggestions of each


def examples(folder: Path, sessions: Sessions, title: Title) -> list[dict[str, Any]]:
    """Sessions of three to eight items, drawn, hits and misses as they come."""
    model, tables = Model(folder), Tables(folder)
    numbers = [number for number, length in enumerate(sessions.length_S) if 3 <= length <= 8]
    chosen = random.Random(0).sample(numbers, k=min(EXAMPLES, len(numbers)))  # noqa: S311  # to repeat
    return [_example(model, tables, item_ids, title) for item_ids in sessions.item_ids(chosen)]


def _example(model: Model, tables: Tables, item_ids: Sequence[str], title: Title) -> dict[str, Any]:
    *seen, label = item_ids
    suggested = model.suggested(recent(seen), k=K)
    return {
        "looked at": [title(item_id) for item_id in seen],
        "the first suggestions, and why": [
            f"{title(item_id)}: {why(tables, seen, item_id, title)}" for item_id in suggested[:SHOWN]
        ],
        "looked at next": title(label),
        "its place": suggested.index(label) + 1 if label in suggested else "not among them",
    }


def why(tables: Tables, seen: Sequence[str], item_id: str, title: Title) -> str:
    """What of the session most sessions share with the item, the later one where they are even."""
    candidate = tables.number(item_id)
    if candidate is None:
        return "new, and looked at before in this session"
    holders = set(tables.sessions_with(candidate))
    shared = {
        other: len(holders.intersection(tables.sessions_with(number)))
        for other in reversed(recent(seen))
        if other != item_id and (number := tables.number(other)) is not None
    }
    if not any(shared.values()):
        return (
            "looked at before in this session" if item_id in seen else "near what similar sessions looked at"
        )
    best = max(shared, key=shared.__getitem__)
    sessions = "1 session" if shared[best] == 1 else f"{shared[best]} sessions"
    return f"{sessions} looked at it and at {title(best)}"
