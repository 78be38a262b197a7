import json
from datetime import UTC, datetime

import pytest

from adapters.telemetry import emf, emit

AT = datetime(2026, 11, 22, 10, tzinfo=UTC)


def test_a_metric_is_described_and_stands_at_the_root() -> None:
    line = emf(
        namespace="Skiff/test",
        metrics={"Accepted": (3, "Count")},
        dimensions=[[], ["site"]],
        at=AT,
        site="shop",
    )

    assert line == {
        "_aws": {
            "Timestamp": 1_795_341_600_000,
            "CloudWatchMetrics": [
                {
                    "Namespace": "Skiff/test",
                    "Dimensions": [[], ["site"]],
                    "Metrics": [{"Name": "Accepted", "Unit": "Count", "StorageResolution": 1}],
                }
            ],
        },
        "Accepted": 3,
        "site": "shop",
    }


def test_without_dimensions_a_metric_is_a_total() -> None:
    line = emf(namespace="Skiff/test", metrics={"Accepted": (1, "Count")}, at=AT)

    assert line["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]


def test_a_line_is_emitted_as_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"text": "two\nlines \ud83d ü"})

    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out) == {"text": "two\nlines \ud83d ü"}
