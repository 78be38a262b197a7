"""
How the probability of a session went, event by event: for the examples on the card.
"""

import random
from pathlib import Path
from typing import Any

import numpy as np

from training.catalogue import Title
from training.purchase_intent.predict import Trees
from training.purchase_intent.sessions import Sessions

EXAMPLES = 3  # of those who bought, and as many of the others
SHORTEST, LONGEST = 3, 12  # events: what fits a line and tells a story


def examples(folder: Path, sessions: Sessions, title: Title) -> list[dict[str, Any]]:
    """Sessions drawn among those who bought and the others, well told and badly told as they come."""
    trees = Trees(folder)
    chance = random.Random(0)  # noqa: S311  # a choice to repeat
    is_told_S = (sessions.length_S >= SHORTEST) & (sessions.length_S <= LONGEST)
    kinds = (np.flatnonzero(is_told_S & (sessions.bought_S == bought)).tolist() for bought in (True, False))
    chosen = [number for kind in kinds for number in chance.sample(kind, k=min(EXAMPLES, len(kind)))]
    return [_example(trees, sessions, number, title) for number in chosen]


def _example(trees: Trees, sessions: Sessions, number: int, title: Title) -> dict[str, Any]:
    names = [
        f"{event.name} {title(event.item_id)}" if event.item_id else event.name
        for event in sessions.events_of(number)
    ]
    rows_NF = sessions.x_NF[sessions.session_N == number]
    return {
        "seen": names,
        "answer": [
            {"probability": round(trees.probability(numbers), 4), "why": f"after {name}"}
            for name, numbers in zip(names, rows_NF.tolist(), strict=True)
        ],
        "truth": "bought" if sessions.bought_S[number] else "did not buy",
    }
