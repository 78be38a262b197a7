"""
Which items a visit to the made-up shop looks at, one after the other. `visits` asks for a day of them.

Axes: V visits of a day, L looks at items, visit after visit and each visit's in order.
"""

import numpy as np

from ops.catalogue import Catalogue, Generator, Integers
from ops.visitors import Booleans

# Looks per visit: ceil of a lognormal, which meets REES46's 42 % of single looks and bol.com's tail
# (median 3, p90 9, p99 22, p99.9 52 of visits with two looks or more).
LOOKS_MU, LOOKS_SIGMA = 0.37, 1.12
MAX_LOOKS = 200
LOOKS_AT_NOTHING = 0.04

# The item before the last (A-B-A), or one still earlier: bol.com's 24 % and 37 % seen before in all.
RETURN = 0.235
EARLIER = 0.23
RELOAD = 0.26  # of those whose reloads are counted: as in rsc15

BOT_LOOKS = (60, 400)  # at least and at most, and at anything: assumed


def lengths(is_bot_V: Booleans, rng: Generator) -> Integers:
    """How many looks each visit has."""
    visits = len(is_bot_V)
    length_V = np.ceil(rng.lognormal(LOOKS_MU, LOOKS_SIGMA, visits)).astype(np.int64)
    length_V = np.minimum(length_V, MAX_LOOKS)
    length_V[rng.random(visits) < LOOKS_AT_NOTHING] = 0
    return np.where(is_bot_V, rng.integers(*BOT_LOOKS, visits, endpoint=True), length_V)


def walk(
    catalogue: Catalogue, length_V: Integers, is_bot_V: Booleans, counts_reloads_V: Booleans, rng: Generator
) -> Integers:
    """All visits take their first step together, then their second, as long as anyone is there."""
    first_V = np.cumsum(length_V) - length_V
    item_L = np.empty(int(length_V.sum()), dtype=np.int64)
    of_bot_L = np.repeat(is_bot_V, length_V)
    item_L[of_bot_L] = catalogue.anything(int(of_bot_L.sum()))
    longest_first = np.argsort(-length_V, kind="stable")
    longest_first = longest_first[~is_bot_V[longest_first] & (length_V[longest_first] > 0)]
    first, reloads = first_V[longest_first], counts_reloads_V[longest_first]
    still_there = np.searchsorted(-length_V[longest_first], -np.arange(1, MAX_LOOKS + 1), side="right")
    item_L[first] = catalogue.popular(len(first))
    for step in range(1, MAX_LOOKS):
        count = still_there[step]
        if not count:
            break
        item_L[first[:count] + step] = _next(catalogue, item_L, first[:count], step, reloads[:count], rng)
    return item_L


def _next(
    catalogue: Catalogue,
    item_L: Integers,
    first: Integers,
    step: int,
    reloads: Booleans,
    rng: Generator,
) -> Integers:
    """Forward, back to the item before, to one still earlier, or the same again."""
    way, last = rng.random(len(first)), first + step - 1
    next_item = catalogue.after(item_L[last])
    if step >= 2:
        is_return = way < RETURN
        next_item[is_return] = item_L[last[is_return] - 1]
        is_earlier = (way >= RETURN) & (way < RETURN + EARLIER)
        back = rng.integers(0, step - 1, int(is_earlier.sum()))
        next_item[is_earlier] = item_L[first[is_earlier] + back]
    is_reload = reloads & (rng.random(len(first)) < RELOAD)
    next_item[is_reload] = item_L[last[is_reload]]
    return next_item
