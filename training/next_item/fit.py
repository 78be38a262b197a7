"""
Session k-nearest-neighbours, fitted: sessions become the tables that `predict` maps. The recipe calls it.

Axes: E looks at an item, S sessions (newest first), I items (most popular first), P pairs of an item and a
session that holds it, A catalog entries. Every table is one little-endian array, named after what it holds.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from domain.artifact import POPULAR
from training.next_item.sessions import Sessions
from training.next_item.tables import Settings
from training.recipe import Integers, Parameters

MAX_SESSION_ITEMS = 50  # the end of a longer session counts; such sessions are mostly bots
MAX_POSTINGS = 500  # newest sessions kept per item: bounds the work of one request
MAX_POPULAR = 200  # enough for 100 answers and 100 exclusions


def fit(sessions: Sessions, folder: Path, *, parameters: Parameters, seed: int) -> dict[str, int]:  # noqa: ARG001  # nothing is drawn
    """
    Write the tables into *folder* and say how much is in them.

    Args:
        parameters: the fields of Settings and, under `site`, those of each site that has others.

    Sessions are numbered newest first, so the newest lead in a sorted list; items are numbered by popularity
    (ties by id), so the lower number wins a tie between equal scores.
    """
    item_E, session_E = _newest_first(sessions)
    rank_A, order_I = _by_popularity(item_E, len(sessions.catalog))
    item_E = rank_A[item_E]
    item_ids = [sessions.catalog[index] for index in order_I]
    item_P, session_P, held_by_I = _postings(item_E, session_E, items=len(item_ids))
    kept_I = np.minimum(held_by_I, MAX_POSTINGS)

    _write(folder / "session_offsets.u32", _offsets(np.bincount(session_E, minlength=len(sessions))))
    _write(folder / "session_items.u32", item_E)
    _write(folder / "posting_offsets.u32", _offsets(kept_I))
    _write(folder / "postings.u32", _capped(item_P, session_P, held_by_I))
    _write(folder / "item_rarity.f64", _rarity(held_by_I, len(sessions)))
    _write_ids(folder, item_ids)
    _write_json(folder / POPULAR, {"": item_ids[:MAX_POPULAR], **_popular_by_site(sessions)})
    _write_json(folder / "settings.json", _settings(parameters))
    return {"sessions": len(sessions), "looks": len(sessions.item_E), "items": len(item_ids)}


def _settings(parameters: Parameters) -> dict[str, Any]:
    of_all = {name: value for name, value in parameters.items() if name != "site"}
    sites = {site: asdict(Settings(**own)) for site, own in parameters.get("site", {}).items()}
    return {**asdict(Settings(**of_all)), "site": sites}


def _popular_by_site(sessions: Sessions) -> dict[str, list[str]]:
    """Where there are several: what is popular in one shop may not be sold in another."""
    sites = sorted(set(sessions.site_S))
    if len(sites) < 2:
        return {}
    site_E = np.repeat(sessions.site_S, sessions.length_S)
    found = {}
    for site in sites:
        looks_A = np.bincount(sessions.item_E[site_E == site], minlength=len(sessions.catalog))
        order_I = np.argsort(-looks_A, kind="stable")[: min(MAX_POPULAR, np.count_nonzero(looks_A))]
        found[str(site)] = [sessions.catalog[index] for index in order_I]
    return found


def _newest_first(sessions: Sessions) -> tuple[Integers, Integers]:
    """Every look and its session's number, in the order of those numbers; long sessions cut to their end."""
    session_E = np.repeat(np.arange(len(sessions))[::-1], sessions.length_S)
    ends_E = np.repeat(np.cumsum(sessions.length_S), sessions.length_S)
    is_kept_E = ends_E - np.arange(len(session_E)) <= MAX_SESSION_ITEMS
    order_E = np.argsort(session_E[is_kept_E], kind="stable")
    return sessions.item_E[is_kept_E][order_E], session_E[is_kept_E][order_E]


def _by_popularity(item_E: Integers, catalog_size: int) -> tuple[Integers, Integers]:
    """Each catalog entry's number (-1 where nobody looked at it), and the entry behind each number."""
    looks_A = np.bincount(item_E, minlength=catalog_size)
    order_I = np.argsort(-looks_A, kind="stable")[: np.count_nonzero(looks_A)]
    rank_A = np.full(catalog_size, -1)
    rank_A[order_I] = np.arange(len(order_I))
    return rank_A, order_I


def _postings(item_E: Integers, session_E: Integers, *, items: int) -> tuple[Integers, Integers, Integers]:
    """The pairs of item and session, by item and newest first, and how many sessions hold each item."""
    sessions = int(session_E.max()) + 1
    item_P, session_P = np.divmod(np.unique(item_E * sessions + session_E), sessions)
    return item_P, session_P, np.bincount(item_P, minlength=items)


def _capped(item_P: Integers, session_P: Integers, held_by_I: Integers) -> Integers:
    place_P = np.arange(len(item_P)) - _offsets(held_by_I)[item_P]
    return session_P[place_P < MAX_POSTINGS]


def _rarity(held_by_I: Integers, sessions: int) -> npt.NDArray[np.float64]:
    """1 + ln(all sessions / sessions with the item); rounded, so that all processors write the same bytes."""
    return np.round(1 + np.log(sessions / held_by_I), 6)


def _offsets(counts: Integers) -> Integers:
    return np.concatenate([[0], np.cumsum(counts)])


def _write_ids(folder: Path, item_ids: list[str]) -> None:
    texts = [item_id.encode(errors="surrogatepass") for item_id in item_ids]
    (folder / "item_ids.utf8").write_bytes(b"".join(texts))
    _write(folder / "item_id_offsets.u32", _offsets(np.array([len(text) for text in texts])))
    by_id = sorted(range(len(texts)), key=texts.__getitem__)
    _write(folder / "items_by_id.u32", np.array(by_id))


def _write(path: Path, values: npt.NDArray[np.int64] | npt.NDArray[np.float64]) -> None:
    values.astype({".u32": "<u4", ".f64": "<f8"}[path.suffix]).tofile(path)


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))
