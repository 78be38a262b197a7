"""
The made-up shop against what was measured in real logs: bol.com's click sample unless another is named.

Its sample holds sessions of two looks and more without bots, so those are compared. The tolerances are what
two seeds differ by, and what the shop is knowingly off.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby, pairwise
from statistics import mean

import numpy as np
import pytest

from ops.shop import Shop

GAP_MS = 1_800_000
DAY_MS, HOUR_MS = 86_400_000, 3_600_000


@dataclass(frozen=True)
class Look:
    client_id: str
    at_ms: int
    item_id: str


@pytest.fixture(scope="module")
def visits() -> list[list[Look]]:
    """About as many looks as bol.com's sample has."""
    shop = Shop(seed=1, sessions=38_000, until=datetime(2020, 7, 1, tzinfo=UTC))
    looks = {
        Look(arrival.event["client_id"], arrival.event["occurred_at"], arrival.event["items"][0]["item_id"])
        for arrival in shop.arrivals()
        if not arrival.reason and arrival.event["name"] == "view_item"
    }
    found: list[list[Look]] = []
    by_client = sorted(looks, key=lambda look: (look.client_id, look.at_ms))
    for _, history in groupby(by_client, key=lambda look: look.client_id):
        last_ms = -GAP_MS - 1
        for look in history:
            if look.at_ms - last_ms > GAP_MS:
                found.append([])
            found[-1].append(look)
            last_ms = look.at_ms
    return found


@pytest.fixture(scope="module")
def people(visits: list[list[Look]]) -> list[list[Look]]:
    return [visit for visit in visits if len(visit) > 1 and not is_bot(visit)]


def is_bot(visit: list[Look]) -> bool:
    return len(visit) >= 60 and (visit[-1].at_ms - visit[0].at_ms) / len(visit) < 2_000


def test_bots_are_few_and_make_many_looks(visits: list[list[Look]]) -> None:
    bots = [visit for visit in visits if is_bot(visit)]

    assert len(bots) / len(visits) == pytest.approx(0.004, abs=0.001)
    assert all(60 <= len(bot) <= 400 for bot in bots)


def test_single_looks_are_about_as_many_as_at_rees46(visits: list[list[Look]]) -> None:
    assert mean(len(visit) == 1 for visit in visits) == pytest.approx(0.42, abs=0.06)


def test_lengths_have_the_heavy_tail(people: list[list[Look]]) -> None:
    lengths = [len(visit) for visit in people]

    assert mean(lengths) == pytest.approx(4.8, abs=0.4)
    assert np.percentile(lengths, [50, 90, 99, 99.9]) == pytest.approx([3, 9, 22, 52], rel=0.2)


def test_gaps_and_durations_are_as_long(people: list[list[Look]]) -> None:
    seconds = np.array([gap for visit in people for gap in gaps(visit)])

    assert np.log(seconds).mean() == pytest.approx(3.88, abs=0.05)
    assert np.log(seconds).std() == pytest.approx(1.59, abs=0.05)
    assert np.percentile(seconds, [50, 90, 99]) == pytest.approx([50, 398, 1249], rel=0.08)
    durations = [(visit[-1].at_ms - visit[0].at_ms) / 1000 for visit in people]
    assert np.percentile(durations, [50, 90, 99]) == pytest.approx([276, 1427, 3564], rel=0.3)


def gaps(visit: list[Look]) -> list[float]:
    return [(b.at_ms - a.at_ms) / 1000 for a, b in pairwise(visit)]


def test_people_go_back_as_often(people: list[list[Look]]) -> None:
    paths = [[look.item_id for look in visit] for visit in people]
    steps = sum(len(path) - 1 for path in paths)

    back = sum(path[n] == path[n - 2] != path[n - 1] for path in paths for n in range(2, len(path)))
    seen = sum(path[n] in path[:n] for path in paths for n in range(1, len(path)))

    assert back / steps == pytest.approx(0.242, abs=0.025)
    assert seen / steps == pytest.approx(0.369, abs=0.025)


def test_popularity_is_spread_as_wide(people: list[list[Look]]) -> None:
    counts = np.sort([*Counter(look.item_id for visit in people for look in visit).values()])

    size = len(counts)
    gini = ((2 * np.arange(1, size + 1) - size - 1) * counts).sum() / (size * counts.sum())

    assert gini == pytest.approx(0.44, abs=0.03)
    assert counts[-size // 100 :].sum() / counts.sum() == pytest.approx(0.09, abs=0.02)
    assert counts[-size // 10 :].sum() / counts.sum() == pytest.approx(0.35, abs=0.04)


def test_steps_go_to_few_successors(people: list[list[Look]]) -> None:
    followers: dict[str, Counter[str]] = {}
    for visit in people:
        for look, after in pairwise(visit):
            followers.setdefault(look.item_id, Counter())[after.item_id] += 1
    steps = sum(counts.total() for counts in followers.values())

    def share(size: int) -> float:
        return sum(n for counts in followers.values() for _, n in counts.most_common(size)) / steps

    assert share(1) == pytest.approx(0.43, abs=0.11)  # knowingly flatter: a third
    assert share(3) == pytest.approx(0.75, abs=0.11)
    assert share(10) == pytest.approx(0.96, abs=0.03)


def test_a_tenth_of_a_days_looks_is_at_items_not_looked_at_before(people: list[list[Look]]) -> None:
    days: dict[int, list[str]] = {}
    for look in sorted((look for visit in people for look in visit), key=lambda look: look.at_ms):
        days.setdefault(look.at_ms // DAY_MS, []).append(look.item_id)
    known: set[str] = set()
    shares = []
    for items in days.values():
        shares.append(mean(item not in known for item in items))
        known.update(items)

    assert mean(shares[25:]) == pytest.approx(0.11, abs=0.025)


def test_hours_and_weekdays_have_the_curve(people: list[list[Look]]) -> None:
    looks = [look for visit in people for look in visit]

    hours = Counter(look.at_ms // HOUR_MS % 24 for look in looks)
    days = np.array([*Counter(look.at_ms // DAY_MS for look in looks).values()])

    assert max(hours, key=hours.__getitem__) in (18, 19, 20)
    assert max(hours.values()) * 24 / len(looks) == pytest.approx(1.94, abs=0.12)
    assert min(hours.values()) * 24 / len(looks) == pytest.approx(0.05, abs=0.02)
    assert days.std() / days.mean() == pytest.approx(0.115, abs=0.05)


def test_the_funnel_is_that_of_rees46() -> None:
    shop = Shop(seed=2, sessions=20_000, until=datetime(2020, 7, 1, tzinfo=UTC))
    kinds: dict[tuple[str, int], set[str]] = {}
    for arrival in shop.arrivals():
        event = arrival.event
        if not arrival.reason:
            day = event["occurred_at"] // DAY_MS  # nobody comes twice in a day
            kinds.setdefault((event["client_id"], day), set()).add(event["name"])
    carts = [names for names in kinds.values() if "add_to_cart" in names]

    assert len(carts) / len(kinds) == pytest.approx(0.023, abs=0.006)
    assert mean("purchase" in names for names in kinds.values()) == pytest.approx(0.0395, abs=0.008)
    assert mean("purchase" in names for names in carts) == pytest.approx(0.55, abs=0.07)
