import json
from typing import Any

import pytest

from domain.batch import MAX_BODY_BYTES
from ops.send import MAX_ATTEMPTS, BatchRefused, Collector, CollectorUnavailable, Sent, in_batches
from tests.ops.collector import STORED, Server

BUSY = (503, {"Retry-After": "3"}, {"error": "not stored, send again"})
THROTTLED = (429, {}, {"message": "Too Many Requests"})
HANG_UP = b""
GARBAGE = b"this is not HTTP\r\n\r\n"


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def collector(server: Server, waits: list[float]) -> Collector:
    return Collector(server.url, "key-1", wait=waits.append)


def test_a_batch_is_posted_with_the_key_and_the_time_of_sending(server: Server, collector: Collector) -> None:
    sent = collector.send([{"name": "view_item"}])

    path, headers, body = server.requests[0]
    assert sent == Sent(accepted=1, rejected=1)
    assert (path, headers["X-Write-Key"]) == ("/stage/events", "key-1")
    assert json.loads(body)["events"] == [{"name": "view_item"}]
    assert json.loads(body)["sent_at"] > 1_700_000_000_000


def test_all_batches_go_over_one_connection_and_are_summed_up(server: Server, collector: Collector) -> None:
    progress: list[Sent] = []

    total = collector.send_all([[{}], [{}], [{}]], progress=progress.append)

    assert len(server.connections) == 1
    assert total == progress[-1] == Sent(accepted=3, rejected=3)
    assert len(progress) == 3


@pytest.mark.parametrize(
    "trouble", [BUSY, THROTTLED, HANG_UP, GARBAGE], ids=["503", "429", "hang up", "garbage"]
)
def test_after_trouble_the_same_bytes_are_sent_again(
    trouble: Any, server: Server, collector: Collector
) -> None:
    server.answers = [trouble, STORED]

    sent = collector.send([{"name": "view_item"}])

    assert sent == Sent(accepted=1, rejected=1)
    assert len({body for _, _, body in server.requests}) == 1
    assert len(server.requests) == 2


def test_waits_grow_and_are_never_shorter_than_the_server_asks(
    server: Server, collector: Collector, waits: list[float]
) -> None:
    server.answers = [BUSY, THROTTLED, THROTTLED, STORED]

    collector.send([{}])

    assert waits == [3.0, 0.4, 0.8]


def test_a_collector_that_stays_down_is_an_error(server: Server, collector: Collector) -> None:
    server.answers = [BUSY]

    with pytest.raises(CollectorUnavailable):
        collector.send([{}])

    assert len(server.requests) == MAX_ATTEMPTS


def test_a_refused_batch_is_not_sent_again(server: Server, collector: Collector) -> None:
    server.answers = [(401, {}, {"error": {"field": "write_key"}})]

    with pytest.raises(BatchRefused, match=r"401.*write_key"):
        collector.send([{}])

    assert len(server.requests) == 1


def test_events_are_cut_into_batches() -> None:
    events = [{"number": number} for number in range(5)]

    assert [len(batch) for batch in in_batches(events, size=2)] == [2, 2, 1]


def test_no_batch_is_larger_than_a_body_may_be() -> None:
    events = [{"text": "ü" * (number % 7) * 10_000} for number in range(60)]

    batches = list(in_batches(events))

    assert [event for batch in batches for event in batch] == events
    bodies = [json.dumps({"sent_at": 10**13, "events": batch}).encode() for batch in batches]
    assert all(len(body) <= MAX_BODY_BYTES for body in bodies)
    assert min(len(body) for body in bodies[:-1]) > MAX_BODY_BYTES * 0.6
