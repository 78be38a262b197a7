import json
from io import StringIO

import polars as pl
from rich.console import Console
from rich.table import Table

from bench.growth import _as_unloaded
from bench.measure import Cost
from bench.models import growth_table, quality_table
from bench.quality import Row
from domain.evaluation import Estimate


def printed(table: Table) -> str:
    console = Console(width=200, file=StringIO(), record=True)
    console.print(table)
    return console.export_text()


def row(data: str, model: str, **metrics: float) -> Row:
    estimates = {
        name: Estimate(value=value, low=value - 0.01, high=value + 0.03) for name, value in metrics.items()
    }
    return Row(data=data, model=model, metrics=estimates, fit_cpu_seconds=0.5, answer_cpu_us=42.4)


def test_each_set_of_data_has_its_metrics_above_its_models():
    lines = printed(
        quality_table([row("clicks", "popularity", hit_rate=0.02), row("visits", "LightGBM", auc=0.8346)])
    ).splitlines()

    texts = [
        line for line in lines if any(word in line for word in ("clicks", "popularity", "visits", "LightGBM"))
    ]
    assert [
        "hit_rate" in texts[0],
        "0.020 ±0.020" in texts[1],
        "auc" in texts[2],
        "0.835 ±0.020" in texts[3],
    ] == [True] * 4
    assert "42" in texts[1]


def test_growth_is_told_per_event():
    costs = {
        n: Cost(step="job", cpu_seconds=s, wall_seconds=s, peak_bytes=2**30)
        for n, s in ((10**6, 20), (10**5, 4))
    }

    text = printed(growth_table(costs))

    assert text.index("100,000") < text.index("1,000,000")
    assert "40.0" in text
    assert "1.00 GiB" in text


def test_a_snapshot_holds_arrays_as_json_texts():
    frame = pl.DataFrame({"session_key": ["s"], "item_ids": [["a", "b"]], "occurred_at_ms": [[1, 2]]})

    [row] = frame.select(_as_unloaded(column) for column in frame.columns).to_dicts()

    assert row["SESSION_KEY"] == "s"
    assert (json.loads(row["ITEM_IDS"]), json.loads(row["OCCURRED_AT_MS"])) == (["a", "b"], [1, 2])
