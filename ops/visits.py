"""
A day of visits to the made-up shop, as arrays: who does what, and when. `shop` writes them as GA4 events.

Axes: V visits in the order they start, L looks at items and E events, both visit after visit and in order.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ops import paths
from ops.catalogue import Catalogue, Generator, Integers
from ops.visitors import IS_BOT, Booleans, Habits

PAGE_VIEW, SEARCH, LIST, SELECT, VIEW, ADD, CHECKOUT, PURCHASE, REFUND = range(9)
NAMES = (
    "page_view",
    "search",
    "view_item_list",
    "select_item",
    "view_item",
    "add_to_cart",
    "begin_checkout",
    "purchase",
    "refund",
)

# Seconds between two events, lognormal and cut where the visit would end; bol.com: mu 3.88, sigma 1.59.
GAP_MU, GAP_SIGMA = 3.95, 1.66
MAX_GAP_MS = 1_799_000  # from 30 minutes on it would be another session; a second for clocks that differ

BOT_GAP_MS = 2_000

# How visits begin: shares of visits, assumed.
DOORS = {PAGE_VIEW: 0.5, SEARCH: 0.2, LIST: 0.1}
LISTED = 8

# REES46: 2.3 % of visits fill a cart, of these 55 % buy; of the others 2.7 %, by number of looks.
ADD_PER_LOOK = 0.007
BUYS_WITH_CART = 0.55
BUYS_WITHOUT = (0.0, 0.017, 0.045, 0.05)  # with 0, 1, 2, 3 and more looks
CHECKOUT_ONLY = 0.3  # of those with a cart who do not buy, how many come as far as this
SENDS_BACK = 0.15  # of those who come back after an order


@dataclass(frozen=True, kw_only=True)
class Day:
    visit_E: Integers
    kind_E: Integers
    item_E: Integers  # what it is about; of a list, which one; else -1
    at_ms_E: Integers
    shown_N: Integers  # LISTED items per list, list after list

    def ended_ms(self, started_ms_V: Integers) -> Integers:
        """Of each visit its last event; of one without events, its start."""
        ended_ms_V = started_ms_V.copy()
        ended_ms_V[self.visit_E] = self.at_ms_E  # a visit's events are in order: its last one stays
        return ended_ms_V


def browse(
    catalogue: Catalogue,
    habits: Habits,
    *,
    started_ms_V: Integers,
    sends_back_V: Booleans,
    until_ms: int,
    rng: Generator,
) -> Day:
    """
    Args:
        sends_back_V: who begins with sending back an order.
        until_ms: what would happen later does not.
    """
    visits = len(started_ms_V)
    is_bot_V = rng.random(visits) < IS_BOT
    length_V = paths.lengths(is_bot_V, rng)
    item_L = paths.walk(catalogue, length_V, is_bot_V, habits.counts_reloads_V, rng)
    visit_L = np.repeat(np.arange(visits), length_V)
    place_L = np.arange(len(visit_L)) - np.repeat(np.cumsum(length_V) - length_V, length_V)
    is_added_L = (rng.random(len(visit_L)) < ADD_PER_LOOK) & ~is_bot_V[visit_L]
    last_V = np.full(visits, 5 + 2 * paths.BOT_LOOKS[1])  # behind every look
    checks_out_V, buys_V = _funnel(
        length_V, np.bincount(visit_L[is_added_L], minlength=visits), is_bot_V, rng
    )
    doors, shown_N = _doors(catalogue, is_bot_V, rng)
    script = [
        (np.flatnonzero(sends_back_V), 0, REFUND, -1),
        *doors,
        (visit_L, 3 + 2 * place_L, VIEW, item_L),
        (visit_L[is_added_L], 4 + 2 * place_L[is_added_L], ADD, item_L[is_added_L]),
        (np.flatnonzero(checks_out_V), last_V[checks_out_V], CHECKOUT, -1),
        (np.flatnonzero(buys_V), last_V[buys_V] + 1, PURCHASE, -1),
    ]
    visit_E, kind_E, item_E = _in_order(script)
    at_ms_E = _times(visit_E, started_ms_V, is_bot_V, rng)
    happens_E = at_ms_E < until_ms
    return Day(
        visit_E=visit_E[happens_E],
        kind_E=kind_E[happens_E],
        item_E=item_E[happens_E],
        at_ms_E=at_ms_E[happens_E],
        shown_N=shown_N,
    )


def _funnel(
    length_V: Integers, added_V: Integers, is_bot_V: Booleans, rng: Generator
) -> tuple[Booleans, Booleans]:
    """Who comes to the checkout, and who of them buys."""
    chance_V = np.array(BUYS_WITHOUT)[np.minimum(length_V, len(BUYS_WITHOUT) - 1)]
    chance_V = np.where(added_V > 0, BUYS_WITH_CART, chance_V)
    buys_V = (rng.random(len(length_V)) < chance_V) & ~is_bot_V
    gives_up_V = (added_V > 0) & (rng.random(len(length_V)) < CHECKOUT_ONLY)
    return buys_V | gives_up_V, buys_V


Script = tuple[Integers, Integers | int, int, Integers | int]  # visits, place in the visit, kind, items


def _doors(catalogue: Catalogue, is_bot_V: Booleans, rng: Generator) -> tuple[list[Script], Integers]:
    door_V = rng.choice([*DOORS, -1], len(is_bot_V), p=[*DOORS.values(), 1 - sum(DOORS.values())])
    door_V[is_bot_V] = -1
    home, search, lists = (np.flatnonzero(door_V == kind) for kind in (PAGE_VIEW, SEARCH, LIST))
    shown_N = catalogue.popular(len(lists) * LISTED)
    chosen = np.arange(len(lists)) * LISTED + rng.integers(0, LISTED, len(lists))
    return [
        (home, 1, PAGE_VIEW, -1),
        (search, 1, SEARCH, catalogue.popular(len(search))),
        (lists, 1, LIST, np.arange(len(lists))),
        (lists, 2, SELECT, shown_N[chosen]),
    ], shown_N


def _in_order(script: list[Script]) -> tuple[Integers, Integers, Integers]:
    """Visit, kind and item of every event, visit after visit."""
    visit = np.concatenate([visits for visits, _, _, _ in script])
    place, kind, item = (
        np.concatenate([np.broadcast_to(part[column], len(part[0])) for part in script])
        for column in (1, 2, 3)
    )
    order = np.lexsort((place, visit))
    return visit[order], kind[order], item[order]


def _times(visit_E: Integers, started_ms_V: Integers, is_bot_V: Booleans, rng: Generator) -> Integers:
    gap_ms_E = (1000 * _gaps(len(visit_E), rng)).astype(np.int64) + 1
    is_bot_E = is_bot_V[visit_E]
    gap_ms_E[is_bot_E] = rng.integers(1, BOT_GAP_MS, int(is_bot_E.sum()))
    is_first_E = np.append(True, visit_E[1:] != visit_E[:-1]) if len(visit_E) else np.zeros(0, bool)
    gap_ms_E[is_first_E] = 0
    elapsed_E = np.cumsum(gap_ms_E)
    starts = np.flatnonzero(is_first_E)
    before_E = np.repeat(elapsed_E[starts], np.diff(np.append(starts, len(visit_E))))
    return started_ms_V[visit_E] + elapsed_E - before_E


def _gaps(count: int, rng: Generator) -> npt.NDArray[np.float64]:
    """Seconds; a draw that would end the visit is drawn again."""
    gap = rng.lognormal(GAP_MU, GAP_SIGMA, count)
    while (is_over := gap >= MAX_GAP_MS / 1000 - 1).any():
        gap[is_over] = rng.lognormal(GAP_MU, GAP_SIGMA, int(is_over.sum()))
    return gap
