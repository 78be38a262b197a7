"""
Who comes to the made-up shop: newcomers, and visitors who were here before and come back.

A visitor is a number; ids and habits follow from it, so that nobody has to be remembered whole.
Axes: V visits of a day in the order they start, P places in the memory of visitors.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Integers = npt.NDArray[np.int64]
Booleans = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

RETURNING = 0.25  # share of visits by somebody who was here before
MAX_REMEMBERED = 100_000  # visitors who may come back; fewer in a small shop
REMEMBERED_DAYS = 5  # of visits
SKEW = 2  # a uniform draw to this power chooses who comes back: some come often, most do not
REST_MS = 31 * 60_000  # at least, between two visits of a person; after 30 minutes it is another session

# Assumptions: shares of visitors whose tracker or who themselves …
SENDS_SESSION_ID = 0.5
SENDS_EVENT_ID = 0.9  # an old tracker sends none
HAS_ACCOUNT = 0.3
COUNTS_RELOADS = 0.02
DENIES_CONSENT = 0.02
IS_BOT = 0.004


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """Who makes each visit of a day; `place_V` is where a returning one is remembered, -1 for a newcomer."""

    number_V: Integers
    place_V: Integers
    last_order_V: Integers  # number of the order that they may still send back, 0 for none
    last_cents_V: Integers


class Visitors:
    def __init__(self, visits_per_day: float, rng: np.random.Generator) -> None:
        self._rng = rng
        places = int(min(MAX_REMEMBERED, max(100, REMEMBERED_DAYS * visits_per_day)))
        self._met = 0  # visitors so far: the number of the newest
        self._number_P, self._free_at_ms_P, self._order_P, self._cents_P = np.zeros((4, places), np.int64)

    def arrive(self, started_ms_V: Integers) -> Arrived:
        """Nobody is there twice in a day, nor before an earlier visit is well over."""
        count, known = len(started_ms_V), min(self._met, len(self._number_P))
        seen_V = (self._rng.random(count) ** SKEW * known).astype(np.int64)
        is_back_V = self._rng.random(count) < RETURNING
        is_back_V &= _is_first(seen_V) & (started_ms_V >= self._free_at_ms_P[seen_V]) & (known > 0)
        number_V = np.where(is_back_V, self._number_P[seen_V], self._met + np.cumsum(~is_back_V))
        self._met += int((~is_back_V).sum())
        return Arrived(
            number_V=number_V,
            place_V=np.where(is_back_V, seen_V, -1),
            last_order_V=np.where(is_back_V, self._order_P[seen_V], 0),
            last_cents_V=np.where(is_back_V, self._cents_P[seen_V], 0),
        )

    def leave(self, arrived: Arrived, *, ended_ms_V: Integers, order_V: Integers, cents_V: Integers) -> None:
        """Remember when each visit ended, and what was ordered; the newest take the places of the oldest."""
        is_new_V = arrived.place_V < 0
        newest = np.arange(self._met - int(is_new_V.sum()), self._met) % len(self._number_P)
        place_V = arrived.place_V.copy()
        place_V[is_new_V] = newest
        for of_V in (~is_new_V, is_new_V):
            place = place_V[of_V]
            self._number_P[place] = arrived.number_V[of_V]
            self._free_at_ms_P[place] = ended_ms_V[of_V] + REST_MS
            self._order_P[place] = order_V[of_V]
            self._cents_P[place] = cents_V[of_V]


class Habits:
    """What visitors always do alike: a share of them each, decided by their number."""

    def __init__(self, number_V: Integers, *, salt: int) -> None:
        self.client_id_V = _ids(number_V, salt)
        self.sends_session_id_V = _chance(number_V, salt + 1) < SENDS_SESSION_ID
        # without client_id an event's content may not be its own, so who denies consent has ids for events
        self.denies_consent_V = _chance(number_V, salt + 2) < DENIES_CONSENT
        self.sends_event_id_V = (_chance(number_V, salt + 3) < SENDS_EVENT_ID) | self.denies_consent_V
        self.has_account_V = _chance(number_V, salt + 4) < HAS_ACCOUNT
        self.counts_reloads_V = _chance(number_V, salt + 5) < COUNTS_RELOADS


def as_ids(random_bytes: bytes) -> list[str]:
    """A version-4 UUID of every 16 bytes."""
    digits = random_bytes.hex()
    return [
        f"{digits[at : at + 8]}-{digits[at + 8 : at + 12]}-4{digits[at + 13 : at + 16]}"
        f"-a{digits[at + 17 : at + 20]}-{digits[at + 20 : at + 32]}"
        for at in range(0, len(digits), 32)
    ]


def _ids(number_V: Integers, salt: int) -> list[str]:
    halves = np.stack([_mixed(number_V, salt + 8), _mixed(number_V, salt + 9)], axis=1)
    return as_ids(halves.astype(">u8").tobytes())


def _chance(number_V: Integers, salt: int) -> Floats:
    """0 to 1, the same for the same number."""
    return np.asarray(_mixed(number_V, salt) / 2.0**64, dtype=np.float64)


def _mixed(number_V: Integers, salt: int) -> npt.NDArray[np.uint64]:
    """Splitmix64 (Steele, Lea, Flood 2014): neighbours come out far apart."""
    mixed = (number_V.astype(np.uint64) + np.uint64(salt % 2**32) * np.uint64(2**32)) * np.uint64(
        0x9E3779B97F4A7C15
    )
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


def _is_first(values: Integers) -> Booleans:
    is_first = np.zeros(len(values), dtype=bool)
    is_first[np.unique(values, return_index=True)[1]] = True
    return is_first
