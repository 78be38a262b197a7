import json
from datetime import UTC, datetime

import pytest

from adapters.telemetry import emf, emit, encoded

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


@pytest.mark.parametrize("fields", [{}, {"answer": '{"items": [1, "\\u00fc"]}'}, {"a": "1", "b": "[]"}])
def test_what_is_json_already_is_not_encoded_again(fields: dict[str, str]) -> None:
    told = {name: json.loads(text) for name, text in fields.items()}

    assert json.loads(encoded({"name": "ü"}, **fields)) == {"name": "ü", **told}


def test_a_line_is_emitted_as_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    emit({"text": "two\nlines \ud83d ü"})

    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out) == {"text": "two\nlines \ud83d ü"}
