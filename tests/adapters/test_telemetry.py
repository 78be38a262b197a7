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
        fields={"event": '{"name": "purchase"}'},
        site="shop",
    )

    assert json.loads(line) == {
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
        "event": {"name": "purchase"},
        "site": "shop",
    }


def test_without_dimensions_a_metric_is_a_total() -> None:
    line = emf(namespace="Skiff/test", metrics={"Accepted": (1, "Count")}, at=AT)

    assert json.loads(line)["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]


def test_lines_of_one_kind_have_their_own_values() -> None:
    lines = [
        json.loads(emf(namespace=name, metrics={"Kilobytes": (value, unit)}, at=AT))
        for name, value, unit in (
            ("a", 1, "Count"),
            ("a", 2, "Count"),
            ("b", 3, "Count"),
            ("b", 4, "Kilobytes"),
        )
    ]

    described = [line["_aws"]["CloudWatchMetrics"][0] for line in lines]
    told = [(each["Namespace"], each["Metrics"][0]["Unit"]) for each in described]
    assert told == [("a", "Count"), ("a", "Count"), ("b", "Count"), ("b", "Kilobytes")]
    assert [line["Kilobytes"] for line in lines] == [1, 2, 3, 4]


@pytest.mark.parametrize("fields", [{}, {"answer": '{"items": [1, "\\u00fc"]}'}, {"a": "1", "b": "[]"}])
def test_what_is_json_already_is_not_encoded_again(fields: dict[str, str]) -> None:
    told = {name: json.loads(text) for name, text in fields.items()}

    assert json.loads(encoded({"name": "ü"}, **fields)) == {"name": "ü", **told}


def test_a_line_is_emitted_as_one_line_whatever_it_holds(capsys: pytest.CaptureFixture[str]) -> None:
    emit(encoded({"text": "two\nlines \ud83d ü"}))

    out = capsys.readouterr().out
    assert out.isascii()
    assert out.count("\n") == 1
    assert json.loads(out) == {"text": "two\nlines \ud83d ü"}
