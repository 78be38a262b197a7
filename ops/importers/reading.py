"""
One pass over a file: its events, each as the collector takes it, and a count of whatever else was met.
"""

import math
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from domain.events import checked
from domain.refusal import Refused
from ops.importers.files import File, Row, Unreadable, WrongFile

SHOWN = 10  # unreadable rows that are shown, not only counted
RECENT = (
    100_000  # events among which a second copy is recognised; one farther apart gets the same id all the same
)

Event = dict[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Format:
    """
    A public format of events.

    Args:
        columns: by which a file of it is known.
        events: what its rows become; it reads them through `Reading.events`, which counts.
    """

    name: str
    columns: frozenset[str]
    events: "Callable[[Reading], Iterator[Event]]"


class Skipped(ValueError):
    """The row is fine, and nothing that Skiff collects; the message says of which kind it is."""


class Reading:
    """
    The events of a file, in its order: iterate once, the counts grow along.

    Args:
        site: whose events they are; an event's id is made of the site and its content.

    Raises:
        WrongFile: the file is not of *format*.
    """

    def __init__(self, path: Path, format: Format, *, site: str) -> None:
        self._file = File(path)
        if missing := sorted(format.columns - self._file.columns):
            raise WrongFile(f"{path} is no {format.name} file: it has no {', '.join(missing)}")
        self._format = format
        self._site = site
        self._recent: OrderedDict[str, None] = OrderedDict()
        self.rows = 0
        self.made = 0
        self.duplicates = 0
        self.skipped: Counter[str] = Counter()
        self.notes: Counter[str] = Counter()  # what a format had to decide about
        self.unreadable = 0
        self.shown: list[tuple[int, str]] = []  # the first unreadable rows: number, reason

    def __iter__(self) -> Iterator[Event]:
        with closing(self._file):
            for event in self._format.events(self):
                self.made += 1
                self._count_duplicate(event["event_id"])
                yield event

    @property
    def saw_every_duplicate(self) -> bool:
        """Whether the file was short enough to notice each copy."""
        return self.made <= RECENT

    def share(self) -> float:
        """How much of the file has been read, 0 to 1."""
        return self._file.share()

    def summary(self) -> Iterator[tuple[str, str]]:
        """What was met, in words and numbers, for people."""
        yield "rows read", f"{self.rows:,}"
        yield "events made", f"{self.made:,}"
        yield "exact duplicates among them", f"{self.duplicates:,} (same event id: staged once)"
        for name, count in self.notes.items():
            yield name, f"{count:,}"
        for name, count in self.skipped.most_common():
            yield f"skipped: {name}", f"{count:,}"
        yield "rows that could not be read", f"{self.unreadable:,}"
        for number, reason in self.shown:
            yield f"row {number}", reason

    def events(self, convert: Callable[[Any], list[Event]]) -> Iterator[Event]:
        """For formats in which a row tells of whole events."""
        return self.each(self._file.rows(), lambda row: self.checked(convert(row)))

    def each(self, rows: Iterable[Row], convert: Callable[[Any], list[T]]) -> Iterator[T]:
        """What *convert* makes of each row; a row that it cannot read is counted, and the rest goes on."""
        for number, values in rows:
            self.rows += 1
            yield from self.attempt(number, values, convert)

    def attempt(self, number: int, values: Any, convert: Callable[[Any], list[T]]) -> list[T]:
        try:
            if isinstance(values, Unreadable):
                raise values
            return convert(values)
        except Skipped as kind:
            self.skipped[str(kind)] += 1
        except (Unreadable, Refused) as error:
            self.unreadable += 1
            if len(self.shown) < SHOWN:
                self.shown.append((number, str(error)))
        return []

    def file_rows(self) -> Iterator[Row]:
        return self._file.rows()

    def checked(self, events: list[Event]) -> list[Event]:
        """The events as the collector would log them; raises Refused at the first that it would not."""
        return [checked(event, site=self._site) for event in events]

    def _count_duplicate(self, event_id: str) -> None:
        self.duplicates += event_id in self._recent
        self._recent[event_id] = None
        if len(self._recent) > RECENT:
            self._recent.popitem(last=False)


def given(**fields: Any) -> dict[str, Any]:
    """The fields that have a value: files spell "unknown" as nothing."""
    return {name: value for name, value in fields.items() if value not in (None, "")}


def number(row: dict[str, Any], field: str) -> float:
    """
    Raises:
        Unreadable: the field is no number.
    """
    try:
        value = float(row[field])
    except (KeyError, TypeError, ValueError):
        value = math.nan
    if not math.isfinite(value):
        raise Unreadable(f"{field} must be a number, not {row.get(field)!r:.80}")
    return value


def whole(row: dict[str, Any], field: str) -> int:
    """
    Raises:
        Unreadable: the field is no whole number, as a number or as its digits.
    """
    value = row.get(field)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    try:
        return int(str(value))
    except ValueError:
        raise Unreadable(f"{field} must be a whole number, not {value!r:.80}") from None
