import pytest

from local.aws.filter_patterns import UnknownPattern, matcher

ANSWER = '{"schema":1,"event":{"name":"prediction"},"is_test":false}'


@pytest.mark.parametrize(
    ("pattern", "message", "is_match"),
    [
        ("", "anything", True),
        ("  ", "anything", True),
        ("ERROR", "an ERROR here", True),
        ("ERROR", "an error here", False),
        ("ERROR timeout", "timeout before ERROR", True),
        ("ERROR timeout", "ERROR only", False),
        ('"timed out"', "Task timed out", True),
        ("ERROR -ignored", "ERROR ignored", False),
        ("?ERROR ?WARN", "a WARN", True),
        ("?ERROR ?WARN", "fine", False),
        ("{ $.schema = 1 }", ANSWER, True),
        ("{$.schema=1}", ANSWER, True),
        ("{ ($.schema = 1) }", ANSWER, True),
        ("{ $.schema = 2 }", ANSWER, False),
        ("{ $.schema != 2 }", ANSWER, True),
        ('{ $.event.name = "prediction" }', ANSWER, True),
        ('{ $.event.name = "purchase" }', ANSWER, False),
        ("{ $.is_test = false }", ANSWER, True),
        ("{ $.missing != 1 }", ANSWER, False),
        ("{ $.schema = 1 }", "START RequestId: 1", False),
        ("{ $.schema = 1 }", '{"schema":1', False),
        ("{ $.schema = 1 }", '{"schema":true}', False),
    ],
)
def test_patterns(pattern, message, is_match):
    assert matcher(pattern)(message) is is_match


@pytest.mark.parametrize(
    "pattern", ["{ $.schema = 1 && $.event.name = 2 }", "{ $.took_ms > 100 }", "{ $.a EXISTS }"]
)
def test_a_pattern_that_is_not_emulated_is_refused(pattern):
    with pytest.raises(UnknownPattern):
        matcher(pattern)
