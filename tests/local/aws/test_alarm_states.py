import pytest

from local.aws.alarm_states import ALARM, INSUFFICIENT_DATA, OK, Rule

HIGH, LOW, NONE = 9.0, 1.0, None


def rule(**differences: object) -> Rule:
    values = {
        "comparison": "GreaterThanThreshold",
        "threshold": 5.0,
        "periods": 3,
        "periods_to_alarm": 3,
        "missing": "missing",
    }
    return Rule(**{**values, **differences})


# "Configuring how CloudWatch alarms treat missing data", 3 of 3 periods: values, then the state under
# missing, ignore, breaching and notBreaching. `-` stands for the state it was in.
TABLE = [
    ([LOW, NONE, NONE], OK, OK, OK, OK),
    ([NONE, NONE, NONE], INSUFFICIENT_DATA, "-", ALARM, OK),
    ([HIGH, HIGH, HIGH], ALARM, ALARM, ALARM, ALARM),
    ([NONE, HIGH, NONE], ALARM, "-", ALARM, OK),
    ([LOW, HIGH, HIGH], OK, OK, OK, OK),
]


@pytest.mark.parametrize(("values", "missing", "ignore", "breaching", "not_breaching"), TABLE)
def test_missing_data_is_treated_as_the_alarm_says(values, missing, ignore, breaching, not_breaching):
    expected = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}

    states = {how: rule(missing=how).state(values, current="-") for how in expected}

    assert states == expected


def test_two_breaching_periods_of_three_are_enough_if_the_alarm_says_so():
    assert rule(periods_to_alarm=2).state([HIGH, LOW, HIGH], current=OK) == ALARM
    assert rule(periods_to_alarm=2).state([HIGH, LOW, LOW], current=ALARM) == OK


def test_one_breaching_period_among_missing_ones_is_too_few_of_two():
    assert rule(periods_to_alarm=2).state([LOW, NONE, HIGH], current=OK) == OK


@pytest.mark.parametrize(
    ("comparison", "state"),
    [
        ("GreaterThanThreshold", OK),
        ("GreaterThanOrEqualToThreshold", ALARM),
        ("LessThanThreshold", OK),
        ("LessThanOrEqualToThreshold", ALARM),
    ],
)
def test_the_threshold_itself_breaches_only_where_equal_counts(comparison, state):
    assert rule(comparison=comparison, periods=1, periods_to_alarm=1).state([5.0], current=OK) == state


def test_an_alarm_without_datapoints_to_alarm_needs_every_period():
    alarm = {"ComparisonOperator": "LessThanThreshold", "Threshold": 1, "EvaluationPeriods": 4}

    assert Rule.from_alarm(alarm).periods_to_alarm == 4
