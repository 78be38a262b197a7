"""
How next_item is trained: learn from the past, test on the last days, learn again from all. The job calls it.

What ships has seen the test days too: without them it would be three days stale, which costs some four points
of hit rate. The metrics are those of the model of the past, made by the same code with the same settings.
"""

import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from domain.artifact import GOLDEN
from domain.promotion import GOLDEN_REQUESTS
from training.next_item.evaluate import NothingToEvaluate, Ranks, baseline_metrics, evaluate, metrics
from training.next_item.features import recent
from training.next_item.fit import fit
from training.next_item.predict import FORMAT, Model
from training.next_item.sessions import COLUMNS, Sessions, from_columns, split_by_time
from training.report import Report

__all__ = ["COLUMNS", "train"]

TEST_DAYS = 3
GOLDEN_K = 20


class FromTheFuture(ValueError):
    """The snapshot holds a session that ended after the moment it is said to be of."""


def train(columns: Mapping[str, Sequence[Any]], *, as_of: datetime, seed: int, folder: Path) -> Report:
    """
    Write the artifact's files into *folder*.

    Args:
        columns: COLUMNS of the snapshot.
        seed: chooses the golden requests; the model itself draws nothing.
    """
    sessions = from_columns(columns)
    if (ended_at := int(sessions.ended_at_S.max())) > as_of.timestamp() * 1000:
        raise FromTheFuture(f"a session ended at {ended_at} (epoch ms), after {as_of.isoformat()}")
    ranks = _test(sessions)
    counts = fit(sessions, folder)
    _write_golden(sessions, seed=seed, folder=folder)
    return Report(
        format=FORMAT,
        metrics=metrics(ranks),
        baseline_metrics=baseline_metrics(ranks),
        counts={**counts, "predictions": len(ranks.model), "unseen": ranks.unseen},
    )


def _test(sessions: Sessions) -> Ranks:
    past, last_days = split_by_time(sessions, test_days=TEST_DAYS)
    if not len(past):
        raise NothingToEvaluate(f"no session ended before the last {TEST_DAYS} days")
    with tempfile.TemporaryDirectory() as folder:
        fit(past, Path(folder))
        return evaluate(Model(Path(folder)), last_days.item_ids())


def _write_golden(sessions: Sessions, *, seed: int, folder: Path) -> None:
    """Requests as clients send them, from beginnings of real sessions, with what the artifact answers."""
    model = Model(folder)
    chance = random.Random(seed)  # noqa: S311  # a choice to repeat, not a secret
    lines = []
    for item_ids in chance.choices(sessions.item_ids(), k=GOLDEN_REQUESTS):
        events = [_view_item(item_id) for item_id in recent(item_ids[: chance.randint(1, len(item_ids))])]
        request = {"client_id": "golden", "events": events, "k": GOLDEN_K}
        answer = model.predict(events, k=GOLDEN_K).data
        lines.append(json.dumps({"request": request, "answer": answer}))
    (folder / GOLDEN).write_text("\n".join(lines) + "\n")


def _view_item(item_id: str) -> dict[str, Any]:
    return {"name": "view_item", "items": [{"item_id": item_id}]}
