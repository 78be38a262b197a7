from local.aws.lambdas import draw_version, error_type, metric_dimensions

TRACE = """Traceback (most recent call last):
  File "_worker.py", line 120, in run
    result = handler_fn(event, context)
  File "code.py", line 3, in handler
    raise NoApprovedModel("next_item: none")
adapters.registry.NoApprovedModel: next_item: none
"""


def test_an_error_is_named_by_its_class_without_the_module():
    assert error_type("next_item: none", TRACE) == "NoApprovedModel"


def test_a_message_of_many_lines_is_not_mistaken_for_the_class():
    message = "first: line\nDetail: second"

    assert error_type(message, f"Traceback\n  File\nValueError: {message}\n") == "ValueError"


def test_an_error_without_a_message_has_a_name_too():
    assert error_type("", "Traceback\n  File\nKeyboardInterrupt\n") == "KeyboardInterrupt"


def test_what_is_no_traceback_has_no_name():
    assert error_type("Worker process died", "Worker process died") is None


def test_a_version_is_drawn_by_its_weight():
    weights = {"AdditionalVersionWeights": {"2": 0.1, "3": 0.2}}
    alias = {"FunctionVersion": "1", "RoutingConfig": weights}

    drawn = [draw_version(alias, draw) for draw in (0.0, 0.09, 0.11, 0.29, 0.31, 0.99)]

    assert drawn == ["2", "2", "3", "3", "1", "1"]


def test_an_alias_without_weights_is_its_version():
    assert draw_version({"FunctionVersion": "3"}, 0.0) == "3"


def test_an_invocation_by_alias_is_counted_for_the_alias_and_the_version_that_ran():
    config = {
        "FunctionName": "predict",
        "Version": "4",
        "FunctionArn": "arn:aws:lambda:us-east-1:000000000000:function:predict:live",
    }

    assert metric_dimensions(config) == [
        {"FunctionName": "predict"},
        {"FunctionName": "predict", "Resource": "predict:live"},
        {"FunctionName": "predict", "Resource": "predict:live", "ExecutedVersion": "4"},
    ]


def test_an_invocation_without_qualifier_is_counted_for_the_function_alone():
    arn = "arn:aws:lambda:us-east-1:000000000000:function:predict"

    found = metric_dimensions({"FunctionName": "predict", "Version": "$LATEST", "FunctionArn": arn})

    assert found == [{"FunctionName": "predict"}]
