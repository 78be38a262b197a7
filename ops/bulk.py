"""
History straight into the log, in files of its own format. Import and generate call it.

The same lines give the same files under the same names, so a second run finds what the first has written.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

from domain import consent, logline

FILE_LINES = 20_000
FILE_CHARACTERS = 16 * 1024 * 1024  # before packing; keeps memory low where an event is an order of 200 items
SOME_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)  # stands where each line has its own

Event = dict[str, Any]
Put = Callable[[str, list[str]], bool]  # of key and lines, as `lake.write`; False where the key is taken


class Files:
    """
    Lines of the log on their way into files; `finish` writes the last.

    Args:
        folder: of the lake, `events` or `rejected`.
        name: of these lines, for ever: the same name must mean the same lines.
    """

    def __init__(self, put: Put, *, folder: str, name: str) -> None:
        self._put = put
        self._folder = folder
        self._name = name
        self._part = 0
        self._lines: list[str] = []
        self._characters = 0
        self._first_at: datetime | None = None
        self._envelope: Envelope | None = None
        self.lines = 0
        self.written = 0
        self.already_there = 0

    @property
    def request_id(self) -> str:
        """Of the lines that are added next: what is in one file came, so to say, with one request."""
        return f"{self._name}-{self._part:05}"

    @property
    def position(self) -> int:
        """Of the next line in its file, from 0."""
        return len(self._lines)

    def add_event(self, event: Event, received_at: datetime, *, site: str) -> None:
        if self._envelope is None:
            self._envelope = Envelope(site=site, request_id=self.request_id)
        self.add(self._envelope.line(event, received_at), received_at)

    def add(self, line: str, received_at: datetime) -> None:
        self._first_at = self._first_at or received_at
        self._lines.append(line)
        self._characters += len(line)
        if len(self._lines) == FILE_LINES or self._characters >= FILE_CHARACTERS:
            self.finish()

    def finish(self) -> None:
        if self._first_at is None:
            return
        if self._put(f"{self._folder}/{self._first_at:%Y/%m/%d/%H}/{self.request_id}.gz", self._lines):
            self.written += 1
        else:
            self.already_there += 1
        self.lines += len(self._lines)
        self._part, self._lines, self._characters, self._first_at = self._part + 1, [], 0, None
        self._envelope = None


def write(events: Iterable[Event], files: Files, *, site: str) -> None:
    """Write *events* as if each had come in at the moment it happened."""
    for event in events:
        files.add_event(event, datetime.fromtimestamp(event["occurred_at"] / 1000, UTC), site=site)
    files.finish()


class Envelope:
    """What the lines of a file share around their events, made once: a line costs half as much (measured)."""

    def __init__(self, *, site: str, request_id: str) -> None:
        self.request_id = request_id
        self._site = site
        line = self._whole({}, SOME_MOMENT)
        self._head, self._middle = line.removesuffix("{}}").split(logline.iso(SOME_MOMENT))

    def line(self, event: Event, received_at: datetime) -> str:
        if consent.is_denied(event):  # then the envelope decides what is kept of the event
            return self._whole(event, received_at)
        return f"{self._head}{logline.iso(received_at)}{self._middle}{logline.to_json(event)}}}"

    def _whole(self, event: Event, received_at: datetime) -> str:
        line = logline.log_line(
            event=event,
            received_at=received_at,
            sent_at=None,
            site=self._site,
            request_id=self.request_id,
            ip=None,
            user_agent=None,
            source="import",
        )
        return logline.to_json(line)
