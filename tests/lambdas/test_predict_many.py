"""One request, several models: the functions behind it are those of a small Lambda on the loopback."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from adapters.signed_http import Answer, Client
from domain.other_settings import PredictManySettings
from lambdas import predict_many
from tests.lambdas.test_predict import BODY, post

SETTINGS = PredictManySettings(
    predict_functions={"next_item": "fn-next", "purchase_intent": "fn-intent"}, metrics_namespace="Skiff/test"
)
SAID = {"data": {"items": []}, "metadata": {"tier": "model"}}
MODELS = ["next_item", "purchase_intent"]

Function = Callable[[dict[str, Any]], Answer]


def says(status: int, body: Any) -> Function:
    answer = json.dumps({"statusCode": status, "body": json.dumps(body)})
    return lambda _: Answer(200, {}, answer.encode())


def refuses(field: str) -> Function:
    return says(400, {"error": {"field": field}})


def fails(_: dict[str, Any]) -> Answer:
    return Answer(200, {"x-amz-function-error": "Unhandled"}, b'{"errorMessage": "boom"}')


def is_throttled(_: dict[str, Any]) -> Answer:
    return Answer(429, {}, b'{"Reason": "ReservedFunctionConcurrentInvocationLimitExceeded"}')


def is_gone(_: dict[str, Any]) -> Answer:
    raise ConnectionResetError("gone")


class Lambda:
    """Functions by name, and what they were sent."""

    def __init__(self) -> None:
        self.functions: dict[str, Function] = {"fn-next": says(200, SAID), "fn-intent": says(200, SAID)}
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []

    def send(self, method: str, path: str, *, query: dict[str, str], body: bytes) -> Answer:
        assert method == "POST"
        event = json.loads(body)
        name = path.removeprefix("/2015-03-31/functions/").removesuffix("/invocations")
        self.seen.append((name, query, event))
        return self.functions[name](event)


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lambda]:
    found = Lambda()
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    monkeypatch.setattr(Client, "send", lambda _, *arguments, **named: found.send(*arguments, **named))
    forget()
    yield found
    forget()


def forget() -> None:
    predict_many.settings.cache_clear()
    predict_many.clients.cache_clear()
    predict_many.threads.cache_clear()


def ask(body: Any, **how: Any) -> tuple[int, dict[str, Any]]:
    answer = predict_many.handler(post(body, **how), None)
    return answer["statusCode"], json.loads(answer["body"])


def test_each_model_answers_what_it_would_alone(functions: Lambda):
    status, told = ask({**BODY, "models": MODELS})

    assert (status, told) == (200, {"answers": {"next_item": SAID, "purchase_intent": SAID}})
    for _, query, event in functions.seen:
        assert query == {"Qualifier": "live"}
        assert json.loads(event["body"]) == BODY
        assert event["headers"]["x-write-key"] == "key-1"
    assert {name for name, _, _ in functions.seen} == {"fn-next", "fn-intent"}


def test_only_those_that_are_named_are_asked_and_each_once(functions: Lambda):
    _, told = ask({**BODY, "models": ["next_item", "next_item"]}, is_base64=True)

    assert (list(told["answers"]), len(functions.seen)) == (["next_item"], 1)


@pytest.mark.parametrize("models", [None, [], "next_item", ["nobody"], [["next_item"]], [{}], [None], {}])
def test_other_models_are_refused_by_name(functions: Lambda, models: Any):
    status, told = ask({**BODY, "models": models})

    assert (status, told["error"]["field"]) == (400, "models")
    assert told["error"]["expected"] == "some of next_item, purchase_intent"
    assert functions.seen == []


@pytest.mark.parametrize(("body", "status"), [("{", 400), (f'"{"x" * 200_000}"', 413)], ids=["cut", "long"])
def test_a_body_that_is_none_is_refused(functions: Lambda, body: str, status: int):
    assert ask(body)[0] == status
    assert functions.seen == []


def test_what_all_refuse_is_refused(functions: Lambda):
    functions.functions = {"fn-next": refuses("events"), "fn-intent": refuses("events")}

    assert ask({**BODY, "models": MODELS}) == (400, {"error": {"field": "events"}})


@pytest.mark.parametrize("trouble", [fails, is_throttled, is_gone])
def test_one_in_trouble_keeps_no_other_answer_away(
    functions: Lambda, trouble: Function, capsys: pytest.CaptureFixture[str]
):
    functions.functions["fn-intent"] = trouble

    status, told = ask({**BODY, "models": MODELS})

    unavailable = {"error": "purchase_intent cannot be reached"}
    assert (status, told["answers"]) == (200, {"next_item": SAID, "purchase_intent": unavailable})
    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["ModelUnavailable"], line["model"]) == (1, "purchase_intent")


def test_where_none_can_be_reached_the_status_says_so(functions: Lambda):
    functions.functions = {"fn-next": is_gone, "fn-intent": fails}

    assert ask({**BODY, "models": MODELS})[0] == 503
