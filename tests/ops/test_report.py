import json
from pathlib import Path
from typing import Any

from ops import report

FOUND: dict[str, Any] = {
    "data": "a <shop>",
    "sent": 1200,
    "accepted": 1100,
    "rejected": 100,
    "raw": 1100,
    "staged": 1090,
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
