import json
from pathlib import Path
from typing import Any

import pytest

from training.top_items.facts import Facts
from training.top_items.predict import Answer, Baseline, Model, answer, customer_of

POPULAR = ["hat", "shoe", "sock"]


def ids(answer: Answer) -> list[str]:
    return [item_id for item_id, _ in answer.items]


def test_a_customers_items_come_first_and_popular_ones_fill_up():
    found = answer([["lace", 0.9], ["shoe", 0.5]], POPULAR, k=4)

    assert found.items == [("lace", 0.9), ("shoe", 0.5), ("hat", 0.0), ("sock", 0.0)]
    assert found.tier == "model"


def test_who_has_no_line_gets_what_is_popular_and_is_told_so():
    found = answer(None, POPULAR, k=2)

    assert found.data == {"items": [{"item_id": "hat", "score": 0.0}, {"item_id": "shoe", "score": 0.0}]}
    assert found.tier == "baseline"


def test_excluded_items_are_left_out_of_both():
    assert ids(answer([["lace", 0.9], ["shoe", 0.5]], POPULAR, k=4, exclude=["lace", "hat"])) == [
        "shoe",
        "sock",
    ]


@pytest.mark.parametrize(
    ("events", "customer"),
    [
        ([], None),
        ([{"name": "search"}], None),
        ([{"name": "search", "client_id": "c1"}, {"name": "search"}], "c1"),
        ([{"name": "search", "client_id": "c1", "user_id": "u1"}], "u1"),
        ([{"name": "search", "user_id": "u1"}, {"name": "search", "user_id": "u2"}], "u2"),
    ],
)
def test_the_customer_is_whom_the_last_event_names(events: list[dict[str, Any]], customer: str | None):
    assert customer_of(events) == customer


def test_every_customer_is_found_in_the_batch_and_nobody_else(folder: Path, facts: Facts):
    model = Model(folder)
    lines = map(json.loads, (folder / "customers.jsonl").read_text().splitlines())

    assert {line["customer_id"]: line["items"] for line in lines} == {
        customer_id: model.suggestions(customer_id) for customer_id in facts.customers
    }
    for stranger in ("", "a", "customer-", "zzz", "\ud83d", None):
        assert model.suggestions(stranger) is None


def test_the_baseline_is_what_is_popular(folder: Path):
    popular = json.loads((folder / "popular.json").read_text())

    assert ids(Baseline(folder).predict([{"name": "search", "user_id": "customer-1"}], k=3)) == popular[:3]


@pytest.mark.parametrize("content", [None, b"", b"\xff", b'{"a": 1}', b"[1, 2]"])
def test_a_baseline_without_a_readable_list_answers_with_nothing(tmp_path: Path, content: bytes | None):
    if content is not None:
        (tmp_path / "popular.json").write_bytes(content)

    assert Baseline(tmp_path).predict([], k=20).items == []
