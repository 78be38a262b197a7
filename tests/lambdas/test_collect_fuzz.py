"""
Whatever is sent: what is accepted and what is refused is what was sent, no 5xx, and memory stays bounded.
"""

import gzip
import hashlib
import json
import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import boto3
import pytest
import schemathesis
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, Phase, given, settings
from moto import mock_aws
from schemathesis import Case, GenerationMode
from schemathesis.checks import negative_data_rejection, positive_data_acceptance

from adapters import lake, telemetry
from domain.logline import MAX_RAW_BYTES
from domain.refusal import REASONS
from lambdas import collect
from tests.lambdas.collecting import SETTINGS, forget, make_stream, post, stored
from tests.lambdas.fake_firehose import FakeFirehose
from tests.lambdas.hostile import HOSTILE, MIB, WHOLE
from tests.lambdas.http_api import application

SEED = 17
ACCEPTED_IN_PART = [negative_data_rejection]  # a batch with a bad event is a 202, a pixel is always an image
KEY = {"X-Write-Key": "key-1"}
MUTATED_BODY_BYTES = 100_000  # a mutation needs no size, and 10,000 requests of a megabyte would take an hour


@pytest.fixture
def firehose(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeFirehose]:
    for name, value in SETTINGS.to_env().items():
        monkeypatch.setenv(name, value)
    forget()
    fake = FakeFirehose("events", "rejected")
    monkeypatch.setattr(lake, "_firehose", lambda: fake)
    monkeypatch.setattr(telemetry, "emit", lambda _: None)
    yield fake
    collect.settings.cache_clear()
    collect.server_secrets.cache_clear()


class Kept:
    """What the streams got of the requests so far, each held against its request."""

    def __init__(self, firehose: FakeFirehose) -> None:
        self._firehose = firehose
        self.requests = 0
        self.reasons: Counter[str] = Counter()
        self.accepted = 0

    def of(self, body: bytes, *, status: int, answer: dict[str, Any]) -> None:
        accepted, rejected = self._lines()
        if status == 202:
            sent = json.loads(_unpacked(body))["events"]
            assert len(accepted) + len(rejected) == len(sent)
            assert (len(accepted), len(rejected)) == (answer["accepted"], answer["rejected"])
            assert Counter(line["reason"] for line in rejected) == Counter(answer["reasons"])
            assert {line["scope"] for line in rejected} <= {"event"}
        else:
            assert 400 <= status < 500
            (line,) = rejected
            assert (accepted, line["scope"]) == ([], "body")
            assert line["raw"] == _readable(body[:MAX_RAW_BYTES])
            assert (line["length"], line["sha256"]) == (len(body), hashlib.sha256(body).hexdigest())

    def of_pixel(self) -> None:
        accepted, rejected = self._lines()
        assert len(accepted) + len(rejected) == 1

    def _lines(self) -> tuple[list[Any], list[Any]]:
        accepted, rejected = (
            [_loaded(line) for line in self._firehose.take(stream)] for stream in ("events", "rejected")
        )
        self.requests += 1
        self.accepted += len(accepted)
        self.reasons.update(line["reason"] for line in rejected)
        assert self.reasons.keys() <= REASONS.keys()
        return accepted, rejected


def _loaded(line: bytes) -> Any:
    """As a strict reader does it: UTF-8, no constants that are no JSON, no NUL."""

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} in the log")

    text = line.decode()
    value = json.loads(text, parse_constant=refuse)
    assert "\0" not in str(value.get("raw", "")) + json.dumps(value.get("event"), ensure_ascii=False)
    return value


def _readable(raw: bytes) -> str:
    return raw.decode(errors="backslashreplace").replace("\0", "\\x00")


def _unpacked(body: bytes) -> bytes:
    return gzip.decompress(body) if body.startswith(b"\x1f\x8b") else body


def test_the_corpus_is_large_enough() -> None:
    assert len(HOSTILE) >= 60


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_is_refused_and_kept_at_little_cost(name: str, firehose: FakeFirehose) -> None:
    encoding, body = HOSTILE[name]
    kept = Kept(firehose)
    headers = {"content-encoding": encoding} if encoding else {}
    post(WHOLE)
    firehose.take("events")  # what the first request loads is not this body's
    tracemalloc.start()

    answer = post(body, **headers)

    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    kept.of(body, status=answer["statusCode"], answer=json.loads(answer["body"]))
    assert (kept.accepted, kept.reasons.total()) == (0, 1)
    assert peak_bytes < 64 * MIB


def test_a_hostile_body_takes_no_time(firehose: FakeFirehose) -> None:
    for name, (encoding, body) in HOSTILE.items():
        started = time.thread_time()  # not what other threads do meanwhile

        post(body, **({"content-encoding": encoding} if encoding else {}))

        assert time.thread_time() - started < 5, name  # half a million empty lists take 0.5 s


@pytest.mark.parametrize(
    "requests", [1_000, pytest.param(10_000, marks=pytest.mark.prove)], ids=lambda count: f"{count:,}"
)
def test_accepted_and_refused_are_what_was_sent(requests: int, firehose: FakeFirehose) -> None:
    kept = Kept(firehose)
    fuzz_from_the_description(kept, requests // 33)  # four times; making up one takes 0.1 s
    before_bytes = _resident_bytes()

    fuzz_from_the_corpus(kept, requests - kept.requests)

    assert kept.requests == requests
    assert kept.accepted > requests // 10
    assert len(kept.reasons) > len(REASONS) // 2
    assert _resident_bytes() - before_bytes < 64 * MIB


def fuzz_from_the_description(kept: Kept, examples: int) -> None:
    """Requests as OpenAPI describes them, and as it forbids them; schemathesis checks each answer."""
    schema = schemathesis.openapi.from_wsgi("/openapi.json", application)
    post_events, get_pixel = schema["/events"]["POST"], schema["/pixel.gif"]["GET"]
    limits = settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )

    @limits
    @given(post_events.as_strategy(generation_mode=GenerationMode.POSITIVE).filter(_is_json))
    def as_described(case: Case) -> None:
        case.body = _with_integers(case.body)
        # what the schema leaves open, such as unknown fields, may be nested deeper than any body is read
        answer = case.call_and_validate(headers=KEY, excluded_checks=[positive_data_acceptance])
        kept.of(answer.request.body, status=answer.status_code, answer=answer.json())
        if answer.status_code == 202:  # NUL in a name is nothing that JSON Schema forbids
            assert answer.json()["reasons"].keys() <= {"bad_text"}

    @limits
    @given(post_events.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def as_forbidden(case: Case) -> None:
        answer = case.call_and_validate(headers=KEY, excluded_checks=ACCEPTED_IN_PART)
        kept.of(answer.request.body or b"", status=answer.status_code, answer=answer.json())

    @limits
    @given(get_pixel.as_strategy(generation_mode=GenerationMode.POSITIVE))
    def as_pixel(case: Case) -> None:
        case.call_and_validate(params={"write_key": "key-1"})
        kept.of_pixel()

    @limits
    @given(get_pixel.as_strategy(generation_mode=GenerationMode.NEGATIVE))
    def as_forbidden_pixel(case: Case) -> None:
        case.call_and_validate(params={"write_key": "key-1"}, excluded_checks=ACCEPTED_IN_PART)
        kept.of_pixel()

    for fuzz in (as_described, as_forbidden, as_pixel, as_forbidden_pixel):
        fuzz()


def _with_integers(value: Any) -> Any:
    """JSON Schema cannot tell 17.0 from an integer; the collector does."""
    if isinstance(value, dict):
        return {name: _with_integers(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_with_integers(child) for child in value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < 10**15
    return int(value) if is_whole else value


def _is_json(case: Case) -> bool:
    return case.media_type == "application/json"  # of a text, the description cannot say that JSON is in it


def fuzz_from_the_corpus(kept: Kept, requests: int) -> None:
    rng = Random(SEED)
    corpus = [(encoding, body) for encoding, body in HOSTILE.values() if len(body) < MUTATED_BODY_BYTES]
    for _ in range(requests):
        encoding, body = (None, WHOLE) if rng.random() < 0.5 else rng.choice(corpus)
        body = mutated(body, rng) if rng.random() < 0.7 else body
        if rng.random() < 0.2:
            encoding, body = "gzip", gzip.compress(body)
        key = rng.choice(["key-1"] * 8 + ["key-2", "server-key"])
        headers = {"x-write-key": key} | ({"content-encoding": encoding} if encoding else {})

        answer = post(body, **headers)

        kept.of(body, status=answer["statusCode"], answer=json.loads(answer["body"]))


def mutated(body: bytes, rng: Random) -> bytes:
    """A few bytes other than they were: flipped, left out, said twice, or put in that parsers trip over."""
    changed = bytearray(body)
    for _ in range(rng.choice([1, 1, 2, 5])):
        start = rng.randrange(len(changed) + 1)
        end = min(len(changed), start + rng.choice([1, 1, 4, 100]))
        match rng.randrange(4):
            case 0:
                changed[start:end] = bytes(byte ^ 1 << rng.randrange(8) for byte in changed[start:end])
            case 1:
                del changed[start:end]
            case 2:
                changed[start:start] = changed[start:end]
            case _:
                changed[start:start] = rng.choice(TRIPWIRES)
    return bytes(changed)


TRIPWIRES = [
    b"\0",
    b"\\u0000",
    b"\\ud83d",
    b"\xff",
    b"NaN",
    b"1e999",
    b'"',
    b"\\",
    b"[[[[",
    b"}",
    b',"name":1',
    b"\n",
]


def _resident_bytes() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096


def test_the_firehose_in_memory_does_what_motos_does(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = FakeFirehose("events")
    lines = ['{"a":1}', '{"b":"ü"}', '{"c":"\\r"}']
    lake._firehose.cache_clear()
    with mock_aws():
        make_stream("events")
        records = [{"Data": record} for record in lake.packed(lines)]
        answers = [
            client.put_record_batch(DeliveryStreamName="events", Records=records)
            for client in (boto3.client("firehose"), fake)
        ]
        for client in (boto3.client("firehose"), fake):
            with pytest.raises(ClientError, match="ResourceNotFoundException"):
                client.put_record_batch(DeliveryStreamName="other", Records=records)

        assert stored("events") == [json.loads(line) for line in fake.take("events")]

    real, ours = ({outcome.get("ErrorCode") for outcome in answer["RequestResponses"]} for answer in answers)
    assert real == ours == {None}
    assert answers[0]["FailedPutCount"] == answers[1]["FailedPutCount"] == 0
