"""
Whatever is asked: an answer or a refusal that names the field, never a 5xx.
"""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.strategies import SearchStrategy
from schemathesis import Case, GenerationMode
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from adapters import telemetry
from adapters.signed_http import Answer
from domain.other_settings import PredictManySettings
from lambdas import predict, predict_many
from tests.lambdas.hostile import HOSTILE
from tests.lambdas.http_api import application
from tests.lambdas.test_collect_fuzz import MUTATED_BODY_BYTES, _with_integers, mutated
from tests.lambdas.test_predict import BODY, SESSIONS, begin, forget, post, released
from tests.training.next_item.sessions import PARAMETERS, sessions_of
from training import contracts
from training.next_item.fit import fit

SEED = 23
KEY = {"X-Write-Key": "key-1"}
# NUL, depth and long integers are refused, unknown fields are not looked at: JSON Schema says neither
NOT_IN_SCHEMA = [negative_data_rejection, positive_data_acceptance]


@pytest.fixture
def endpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    begin(monkeypatch)
    monkeypatch.setattr(telemetry, "emit", lambda line: line.encode())
    folder = tmp_path / "artifact"
    folder.mkdir()
    fit(sessions_of(*SESSIONS), folder, parameters=PARAMETERS, seed=1)
    released(folder, monkeypatch)
    behind_many(monkeypatch)
    yield
    forget()


def behind_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every model that POST /predict knows is the one at hand, asked without a network."""
    functions = dict.fromkeys(contracts.models(), "predict")
    settings = PredictManySettings(predict_functions=functions, metrics_namespace="Skiff/test")
    monkeypatch.setattr(predict_many, "settings", lambda: settings)
    monkeypatch.setattr(predict_many, "clients", lambda: dict.fromkeys(functions, InProcess()))
    monkeypatch.setattr(predict_many, "threads", InProcess)


class InProcess:
    """In this thread: the time limit of an answer works in no other."""

    map = staticmethod(map)

    def send(self, _method: str, _path: str, *, query: dict[str, str], body: bytes) -> Answer:
        assert query == {"Qualifier": "live"}
        return Answer(200, {}, json.dumps(predict.handler(json.loads(body), None)).encode())


@pytest.mark.parametrize(
    "requests", [1_000, pytest.param(10_000, marks=pytest.mark.prove)], ids=lambda count: f"{count:,}"
)
def test_every_request_is_answered_or_refused(requests: int, endpoint: None) -> None:
    statuses: Counter[int] = Counter()
    fuzz_from_the_description(statuses, requests // 20)

    fuzz_from_the_corpus(statuses, requests - statuses.total())

    assert statuses.total() == requests
    assert statuses.keys() <= {200, 400, 401, 413}
    assert statuses[200] > requests // 20
    assert statuses[400] > requests // 20


def fuzz_from_the_description(statuses: Counter[int], examples: int) -> None:
    """Requests as OpenAPI describes them, and as it forbids them; schemathesis checks each answer."""
    described = schemathesis.openapi.from_wsgi("/openapi.json", application)
    one, many = (described[path]["POST"] for path in ("/predict/next_item", "/predict"))
    limits = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @limits
    @given(strategy(one, GenerationMode.POSITIVE) | strategy(many, GenerationMode.POSITIVE))
    def as_described(case: Case) -> None:
        case.body = _with_integers(case.body)
        statuses[case.call_and_validate(headers=KEY, excluded_checks=NOT_IN_SCHEMA).status_code] += 1

    @limits
    @given(strategy(one, GenerationMode.NEGATIVE) | strategy(many, GenerationMode.NEGATIVE))
    def as_forbidden(case: Case) -> None:
        statuses[case.call_and_validate(headers=KEY, excluded_checks=NOT_IN_SCHEMA).status_code] += 1

    as_described()
    as_forbidden()


def strategy(operation: Any, mode: GenerationMode) -> SearchStrategy[Case]:
    found: SearchStrategy[Case] = operation.as_strategy(generation_mode=mode)
    return found


def fuzz_from_the_corpus(statuses: Counter[int], requests: int) -> None:
    """Hostile bodies of the collector's corpus as requests, good ones with a few bytes changed, odd keys."""
    rng = Random(SEED)
    whole = json.dumps(BODY).encode()
    corpus = [body for _, body in HOSTILE.values() if len(body) < MUTATED_BODY_BYTES]
    for _ in range(requests):
        body = whole if rng.random() < 0.6 else rng.choice(corpus)
        body = mutated(body, rng) if rng.random() < 0.7 else body
        event = {**post("", key=rng.choice(["key-1"] * 8 + ["key-2", "nobody", ""]))}
        event |= as_the_gateway_sends(body)

        answer = predict.handler(event, None)

        statuses[answer["statusCode"]] += 1
        told = json.loads(answer["body"])
        assert told.keys() in ({"data", "metadata"}, {"error"})
        if answer["statusCode"] != 200:
            assert told["error"]["field"]


def as_the_gateway_sends(body: bytes) -> dict[str, Any]:
    """A text as it is, anything else in base64."""
    try:
        return {"body": body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(body).decode(), "isBase64Encoded": True}
