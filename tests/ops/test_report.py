import json
from pathlib import Path
from typing import Any

import pytest

from ops import report

FOUND: dict[str, Any] = {
    "data": "a <shop>",
    "sent": 1200,
    "accepted": 1100,
    "rejected": 100,
    "raw": 1100,
    "staged": 1090,
    "events": {"view_item": 1080, "purchase": 10},
    "import": {"rows that could not be read": "1", "row 7": "cut <here>"},
    "no_model": None,
    "models": {
        "next_item": {
            "approved": True,
            "refused": None,
            "version": "3",
            "answer": {"data": {"items": [{"item_id": "1", "score": 0.9}]}, "metadata": {"tier": "model"}},
        },
        "purchase_intent": {
            "approved": False,
            "refused": "the gate <refused> it",
            "answer": {"data": {"probability": None}, "metadata": {"tier": "baseline"}},
        },
    },
    "together": {"next_item": {"data": {"items": []}, "metadata": {"tier": "model"}}},
    "sessions": 200,
    "snapshot": "s-1",
    "version": "3",
    "metrics": {"hit_rate_20": 0.5, "mrr_20": 0.25, "hit_rate_20_all": 0.4},
    "baseline_metrics": {"hit_rate_20": 0.1, "mrr_20": 0.05},
    "names": {"1": "Rope & tackle"},
    "before": {"metadata": {"tier": "baseline"}},
    "predictions": [
        {
            "seen": [{"item_id": "1"}],
            "came": {"item_id": "2"},
            "items": [{"item_id": "2", "score": 0.9}, {"item_id": "3", "score": 0.1}],
            "metadata": {"tier": "model"},
        }
    ],
    "lineage": [["answer", "p-1"], ["file", "a.gz"], ["version", "next_item/3"], ["file", "b.gz"]],
    "alarm": {"name": "rejected", "fired": True, "cleared": True},
    "seconds": {"deploy": 20.0, "send": 2.0},
}


def test_the_file_for_programs_has_every_key_that_is_promised(tmp_path: Path) -> None:
    report.write(FOUND, folder=tmp_path)

    assert tuple(json.loads((tmp_path / "journey.json").read_text())) == report.KEYS


def test_the_page_shows_what_came_next_and_escapes_what_others_wrote() -> None:
    page = report.page(FOUND)

    assert "<mark>2</mark>" in page
    assert "a &lt;shop&gt;" in page
    assert "Rope &amp; tackle" in page


def test_the_table_says_how_much_better_than_popularity_the_model_is() -> None:
    lines = dict(report.rows(FOUND))

    assert lines["hit rate @20"] == "0.5000   popularity 0.1000"
    assert lines["sent"] == "1,200"


def test_of_every_model_it_is_told_what_became_of_it_and_what_it_says() -> None:
    lines = dict(report.rows(FOUND))

    assert lines["model: next_item"] == "version 3 is live; asked, it said Rope & tackle (model)"
    assert lines["model: purchase_intent"].startswith(
        "the gate <refused> it; asked, it said probability None"
    )
    assert "the gate &lt;refused&gt; it" in report.page(FOUND)


def test_the_way_back_names_what_is_one_and_counts_what_are_many() -> None:
    assert report.way_back(FOUND["lineage"]) == "answer p-1 ← 2 files ← version next_item/3"


def test_counts_by_name_duplicates_and_unreadable_rows_are_told() -> None:
    lines = dict(report.rows(FOUND))

    assert lines["staged: view_item"] == "1,080"
    assert lines["duplicates"] == "10 sent more than once, staged once"
    assert lines["file: row 7"] == "cut <here>"
    assert "cut &lt;here&gt;" in report.page(FOUND)


@pytest.mark.parametrize("metrics", [None, FOUND["metrics"]], ids=["nothing to train on", "refused"])
def test_where_no_model_came_of_it_the_reason_is_told(metrics: dict[str, float] | None) -> None:
    found = {**FOUND, "no_model": "too <little>", "version": None, "snapshot": None, "metrics": metrics}

    lines = dict(report.rows(found))

    assert lines["no model, because"] == "too <little>"
    assert lines["live version"] == "none   before it: baseline"
    assert ("hit rate @20" in lines) == bool(metrics)
    assert "too &lt;little&gt;" in report.page(found)
