import pytest

from local.aws.metric_math import UnknownExpression, evaluate, names


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("100 * errors / invocations", 25.0),
        ("-(errors - invocations)", 3.0),
        ("invocations ^ 2", 16.0),
        ("IF(invocations > 3, errors / invocations, 0)", 0.25),
        ("IF(invocations > 30, errors / invocations, 0)", 0.0),
        ("FILL(absent, 7) + errors", 8.0),
        ("FILL(absent, -1)", -1.0),
        ("MAX([errors, absent, invocations])", 4.0),
        ("AVG([errors, invocations])", 2.5),
    ],
)
def test_expressions_of_one_period(expression, value):
    assert evaluate(expression, {"errors": 1.0, "invocations": 4.0, "absent": None}) == value


@pytest.mark.parametrize("expression", ["absent + 1", "1 / zero", "SUM([absent])", "-absent"])
def test_missing_data_and_a_division_by_zero_give_no_value(expression):
    assert evaluate(expression, {"absent": None, "zero": 0.0}) is None


@pytest.mark.parametrize(
    "expression",
    ["ANOMALY_DETECTION_BAND(m1)", "m1.real", "open('x')", "m1 +", "unknown + 1", "[m1]", "m1 and m1"],
)
def test_what_is_not_emulated_is_refused(expression):
    with pytest.raises(UnknownExpression):
        evaluate(expression, {"m1": 1.0})


def test_names_are_the_metrics_and_not_the_functions():
    assert names("IF(invocations > 0, SUM([errors, throttles]), 0)") == {"invocations", "errors", "throttles"}
