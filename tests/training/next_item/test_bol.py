"""
The quality of next_item on real clicks: bol.com's sample, its last three days against the days before them.

Nothing may be tuned on these days; settings were chosen on the three days before them.
"""

import gzip
import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

from training.next_item.evaluate import Ranks, baseline_metrics, evaluate, metrics
from training.next_item.fit import fit
from training.next_item.predict import Model
from training.next_item.sessions import Sessions, from_columns, split_by_time

DATA = Path(os.environ.get("SKIFF_DATA", Path(__file__).parents[4] / "shared/data"))
CLICKS = DATA / "bol-clicks/train.txt.gz"

pytestmark = pytest.mark.skipif(not CLICKS.exists(), reason=f"{CLICKS} is missing; set SKIFF_DATA")


def read_clicks() -> Sessions:
    clicks: dict[str, list[tuple[int, str]]] = defaultdict(list)
    with gzip.open(CLICKS, "rt") as lines:
        next(lines)
        for line in lines:
            session_key, item_id, seconds = line.split("\t")
            clicks[session_key].append((int(float(seconds) * 1000), item_id))
    by_time = [sorted(session, key=lambda click: click[0]) for session in clicks.values()]
    return from_columns(
        {
            "SESSION_KEY": list(clicks),
            "ITEM_IDS": [json.dumps([item_id for _, item_id in session]) for session in by_time],
            "OCCURRED_AT_MS": [json.dumps([moment for moment, _ in session]) for session in by_time],
        }
    )


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> Ranks:
    folder = tmp_path_factory.mktemp("bol")
    past, last_days = split_by_time(read_clicks(), test_days=3)
    fit(past, folder)
    return evaluate(Model(folder), last_days.item_ids())


def test_two_of_three_next_items_are_among_the_first_twenty(ranks: Ranks):
    measured = metrics(ranks)

    assert len(ranks.model) == 7362
    assert measured["hit_rate_20"] >= 0.665
    assert measured["mrr_20"] >= 0.375
    assert measured["hit_rate_20_all"] >= 0.575


def test_popularity_alone_finds_next_to_nothing(ranks: Ranks):
    assert 0.01 < baseline_metrics(ranks)["hit_rate_20"] < 0.03
