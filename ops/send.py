"""
Sending events to a collector as a shop's server would: over one connection, and again until they are stored.
"""

import http.client
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from domain.batch import MAX_BODY_BYTES, MAX_EVENTS

MAX_ATTEMPTS = 6
FIRST_WAIT_SECONDS = 0.2
TIMEOUT_SECONDS = 30
MAX_BATCH_BYTES = MAX_BODY_BYTES - 1024  # leaves room for the envelope

Event = dict[str, Any]


class CollectorUnavailable(ConnectionError):
    """The collector could not be reached, or did not store the batch, after all attempts."""


class BatchRefused(ValueError):
    """The collector refused the batch as a whole; sending it again would not help."""


@dataclass(frozen=True, kw_only=True)
class Sent:
    accepted: int = 0
    rejected: int = 0

    def __add__(self, other: "Sent") -> "Sent":
        return Sent(accepted=self.accepted + other.accepted, rejected=self.rejected + other.rejected)


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    retry_after_seconds: float
    body: bytes


class Collector:
    """
    A shop's end of POST /events.

    Args:
        url: the API's address; `/events` is added to it.
        wait: how to let seconds pass between two attempts.
    """

    def __init__(self, url: str, write_key: str, *, wait: Callable[[float], None] = time.sleep) -> None:
        address = urlsplit(url)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self._connection = kind(address.netloc, timeout=TIMEOUT_SECONDS)
        self._path = address.path.rstrip("/") + "/events"
        self._headers = {"Content-Type": "application/json", "X-Write-Key": write_key}
        self._wait = wait

    def send_all(
        self, batches: Iterable[list[Event]], *, progress: Callable[[Sent], None] = lambda _: None
    ) -> Sent:
        """
        Send every batch in order.

        Args:
            progress: told the sum so far after each batch.
        """
        total = Sent()
        for batch in batches:
            total += self.send(batch)
            progress(total)
        return total

    def send(self, events: list[Event]) -> Sent:
        """
        Send one batch until it is stored. Every attempt sends the same bytes, so one that was stored without
        our hearing of it does not count twice.

        Raises:
            CollectorUnavailable, BatchRefused
        """
        body = json.dumps({"sent_at": int(time.time() * 1000), "events": events}).encode()
        for attempt in range(MAX_ATTEMPTS):
            answer = self._post(body)
            if answer.status == http.HTTPStatus.ACCEPTED:
                counts = json.loads(answer.body)
                return Sent(accepted=counts["accepted"], rejected=counts["rejected"])
            if not _is_worth_another_try(answer.status):
                raise BatchRefused(f"{answer.status}: {answer.body.decode(errors='replace')}")
            self._wait(max(answer.retry_after_seconds, FIRST_WAIT_SECONDS * 2**attempt))
        raise CollectorUnavailable(f"{self._path} did not take a batch in {MAX_ATTEMPTS} attempts")

    def _post(self, body: bytes) -> Answer:
        """A connection that breaks is answered like a server that is busy."""
        try:
            self._connection.request("POST", self._path, body, self._headers)
            response = self._connection.getresponse()
            return Answer(
                status=response.status,
                retry_after_seconds=_seconds(response.headers.get("Retry-After")),
                body=response.read(),
            )
        except (OSError, http.client.HTTPException) as error:
            self._connection.close()  # the next request opens a new one
            return Answer(status=503, retry_after_seconds=0, body=str(error).encode())


def in_batches(
    events: Iterable[Event], *, size: int = MAX_EVENTS, size_bytes: int = MAX_BATCH_BYTES
) -> Iterator[list[Event]]:
    """Events in order, as many to a batch as the collector takes."""
    batch: list[Event] = []
    filled_bytes = 0
    for event in events:
        event_bytes = len(json.dumps(event)) + 2  # the comma and the blank behind it
        if batch and (len(batch) == size or filled_bytes + event_bytes > size_bytes):
            yield batch
            batch, filled_bytes = [], 0
        batch.append(event)
        filled_bytes += event_bytes
    if batch:
        yield batch


def _is_worth_another_try(status: int) -> bool:
    return status == http.HTTPStatus.TOO_MANY_REQUESTS or status >= 500


def _seconds(retry_after: str | None) -> float:
    """Retry-After may also be a date; a collector of ours sends seconds."""
    return float(retry_after) if retry_after and retry_after.isdigit() else 0.0
