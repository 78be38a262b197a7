import json

import pytest

from local.aws.embedded_metrics import data_in

LINE = {
    "_aws": {
        "Timestamp": 1_593_511_200_123,
        "CloudWatchMetrics": [
            {
                "Namespace": "Skiff/local",
                "Dimensions": [[], ["model"], ["model", "tier"]],
                "Metrics": [{"Name": "TookMs", "Unit": "Milliseconds"}, {"Name": "Answers"}],
            }
        ],
    },
    "TookMs": [1.5, 2.5],
    "Answers": 1,
    "model": "next_item",
    "tier": "model",
}


def test_every_metric_is_recorded_once_per_dimension_set():
    found = data_in(json.dumps(LINE))

    assert [(datum.name, dict(datum.dimensions)) for datum in found] == [
        ("TookMs", {}),
        ("Answers", {}),
        ("TookMs", {"model": "next_item"}),
        ("Answers", {"model": "next_item"}),
        ("TookMs", {"model": "next_item", "tier": "model"}),
        ("Answers", {"model": "next_item", "tier": "model"}),
    ]


def test_a_list_is_many_values_and_the_timestamp_is_in_seconds():
    [took, answers, *_] = data_in(json.dumps(LINE))

    assert (took.values, took.unit, took.timestamp) == ((1.5, 2.5), "Milliseconds", 1_593_511_200.123)
    assert (answers.values, answers.unit) == ((1.0,), "None")


def test_a_set_without_all_its_members_is_dropped():
    found = data_in(json.dumps({key: value for key, value in LINE.items() if key != "tier"}))

    assert {tuple(datum.dimensions) for datum in found} == {(), ("model",)}


def test_metrics_without_dimension_sets_have_none():
    directive = {"Namespace": "Shop", "Metrics": [{"Name": "Accepted"}]}
    line = {"_aws": {"Timestamp": 0, "CloudWatchMetrics": [directive]}, "Accepted": 5}

    [datum] = data_in(json.dumps(line))

    assert datum.dimensions == {}


@pytest.mark.parametrize(
    "message",
    ["START RequestId: 1", '{"model": "next_item"}', '{"_aws": broken', '["_aws"]', '{"_aws": null}', ""],
)
def test_other_lines_hold_no_metrics(message):
    assert data_in(message) == []


def test_a_metric_that_is_no_number_is_dropped():
    assert all(datum.name != "Answers" for datum in data_in(json.dumps({**LINE, "Answers": "many"})))
