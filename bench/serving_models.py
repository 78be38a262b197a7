"""
Models of any size to be served, and requests to them: made up, since no public log has a million sessions.

Sessions look at items as shops see it: popularity by Zipf-Mandelbrot, neighbours in the catalogue looked at
together, one look in five back to the item before the last.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from domain.artifact import POPULAR, seal
from training.next_item import fit as next_item
from training.next_item.contract import CONTRACT
from training.next_item.predict import FORMAT
from training.next_item.sessions import Sessions
from training.purchase_intent import contract as purchase_intent_contract
from training.purchase_intent import fit as purchase_intent
from training.purchase_intent import predict as purchase_intent_predict
from training.purchase_intent.sessions import from_columns
from training.top_items import predict as top_items

LOOKS = 4.0  # of a session, on average
BACK = 0.2  # of the looks go back to the item before the last
EXPONENT, SHIFT = 1.0, 10.0  # of the popularity


def sessions(count: int, *, seed: int = 1) -> Sessions:
    """As many sessions over a tenth as many items."""
    chance = np.random.default_rng(seed)
    items = max(1000, count // 10)
    length_S = np.clip(chance.geometric(1 / LOOKS, count), 1, 50)
    starts_S = np.cumsum(length_S) - length_S
    weights = 1 / (np.arange(items) + SHIFT) ** EXPONENT
    first_S = chance.choice(items, size=count, p=weights / weights.sum())
    # what is looked at together stands near each other in the catalogue
    item_E = (np.repeat(first_S, length_S) + chance.geometric(0.2, int(length_S.sum())) - 1) % items
    item_E[starts_S] = first_S
    is_back_E = chance.random(len(item_E)) < BACK
    place_E = np.arange(len(item_E)) - np.repeat(starts_S, length_S)
    back_E = np.flatnonzero(is_back_E & (place_E >= 2))
    item_E[back_E] = item_E[back_E - 2]
    return Sessions(
        key_S=np.arange(count).astype(object),
        site_S=np.full(count, "shop", dtype=object),
        is_returning_S=np.zeros(count, dtype=bool),
        is_in_order_S=np.ones(count, dtype=bool),
        catalog=[f"item-{number:07d}" for number in range(items)],
        item_E=item_E.astype(np.int64),
        length_S=length_S.astype(np.int64),
        started_at_S=np.arange(count, dtype=np.int64),
        ended_at_S=np.arange(count, dtype=np.int64),
    )


def make_next_item(folder: Path, count: int, **parameters: Any) -> None:
    folder.mkdir(parents=True)
    next_item.fit(sessions(count), folder, parameters={**CONTRACT.search.first, **parameters}, seed=1)
    _seal(folder, "next_item", FORMAT)


def next_item_requests(count: int, size: int) -> list[dict[str, Any]]:
    """Beginnings of sessions that the model has not seen."""
    data = sessions(size, seed=2)
    numbers = [number for number in range(10 * count) if data.length_S[number] >= 2][:count]
    return [
        {"client_id": f"visitor-{number}", "k": 20, "events": [_view(item) for item in ids[:-1]]}
        for number, ids in enumerate(data.item_ids(numbers))
    ]


def make_purchase_intent(folder: Path, count: int) -> None:
    """Trees grown on so many sessions; who adds to the cart buys more often."""
    folder.mkdir(parents=True)
    chance = np.random.default_rng(1)
    start = datetime(2026, 1, 1)
    rows: dict[str, list[Any]] = {
        name.upper(): [] for name in purchase_intent_contract.CONTRACT.reads.columns
    }
    for number in range(count):
        length = min(50, 1 + int(chance.geometric(0.2)))
        names = chance.choice(
            ["page_view", "view_item", "search", "add_to_cart"], length, p=[0.3, 0.5, 0.1, 0.1]
        )
        at = start + timedelta(minutes=number)
        row = {
            "SESSION_KEY": str(number),
            "SITE": "shop",
            "CLIENT_ID": f"visitor-{number % 5000}",
            "STARTED_AT": at,
            "ENDED_AT": at + timedelta(seconds=30 * length),
            "EVENT_NAMES": json.dumps(names.tolist()),
            "OCCURRED_AT_MS": json.dumps([int(at.timestamp() * 1000) + 30_000 * n for n in range(length)]),
            "ITEM_IDS": json.dumps([f"item-{int(n)}" for n in chance.integers(0, 500, length)]),
            "EVENT_VALUES": json.dumps([10.0] * length),
            "HAS_PURCHASE": bool(chance.random() < 0.02 + 0.3 * (names == "add_to_cart").mean()),
        }
        for name, values in rows.items():
            values.append(row[name])
    parameters = purchase_intent_contract.CONTRACT.search.first
    purchase_intent.fit(from_columns(rows), folder, parameters=parameters, seed=1)
    _seal(folder, "purchase_intent", purchase_intent_predict.FORMAT)


def purchase_intent_requests(count: int) -> list[dict[str, Any]]:
    names = ("page_view", "view_item", "view_item", "search", "add_to_cart", "view_item")
    return [
        {
            "client_id": f"visitor-{number}",
            "events": [
                {**_view(f"item-{number}"), "name": name, "occurred_at": 1_767_225_600_000 + 30_000 * place}
                for place, name in enumerate(names[: 1 + number % len(names)])
            ],
        }
        for number in range(count)
    ]


def make_top_items(folder: Path, count: int) -> None:
    """A batch for so many customers, forty items each, as `fit` writes it."""
    folder.mkdir(parents=True)
    offsets = [0]
    with (folder / top_items.BATCH).open("wb") as file:
        for number in range(count):
            items = [[f"item-{(number * 7 + n) % 10_000}", round(1 - n / 40, 6)] for n in range(40)]
            file.write(json.dumps({"customer_id": f"customer-{number:07d}", "items": items}).encode() + b"\n")
            offsets.append(file.tell())
    np.array(offsets, dtype="<u8").tofile(folder / top_items.OFFSETS)
    (folder / POPULAR).write_text(json.dumps([f"item-{number}" for number in range(200)]))
    _seal(folder, "top_items", top_items.FORMAT)


def top_items_requests(count: int, size: int) -> list[dict[str, Any]]:
    step = max(1, size // count)
    return [
        {
            "client_id": "c",
            "events": [{"name": "page_view", "user_id": f"customer-{number * step:07d}"}],
            "k": 20,
        }
        for number in range(count)
    ]


def _view(item_id: str) -> dict[str, Any]:
    return {"name": "view_item", "items": [{"item_id": item_id}]}


def _seal(folder: Path, model: str, format: str) -> None:
    (folder / "golden.jsonl").write_text("")
    seal(
        folder,
        format=format,
        model=model,
        version="bench",
        snapshot_id="bench",
        code_version="bench",
        seed=1,
        learned_until_ms=0,
    )
