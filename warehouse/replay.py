"""
What a replay reads again and makes anew, and in which order: the plan that ops shows and the machine follows.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from domain.tables import TABLES, Table
from warehouse import run

PUBLISH = "publish"  # the last step: what was built and checked takes the place of the live tables
READ = re.compile(r"\b(?:from|join)\s+(\w+\.\w+)")
VIEW = re.compile(r"^create or replace view (\S+)", re.M)


class WrongScope(ValueError):
    """A replay was asked for something that there is not."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """
    Args:
        table: it and what is made from it; None is every table.
        since, until: the hours of the log that are read again, whole and in UTC, without `until` itself; both
            None is the whole log. Lines of other hours come from the live warehouse.
    """

    table: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def __post_init__(self) -> None:
        names = [table.full_name for table in TABLES]
        if self.table is not None and self.table not in names:
            raise WrongScope(f"table: {self.table!r} is not one of {', '.join(names)}")
        if (self.since is None) != (self.until is None):
            raise WrongScope("from and to: give both hours, or none for the whole log")
        if self.since and self.until and not self.since < self.until:
            raise WrongScope(f"to: {self.until:%Y-%m-%dT%H} is not after from, {self.since:%Y-%m-%dT%H}")
        if self.since and not self.raw:
            raise WrongScope(
                f"from and to: {self.table} is made from other tables, the log is not read again"
            )

    @classmethod
    def of(cls, request: Mapping[str, str | None]) -> Self:
        """The scope in a request's `table`, `from` and `to`, each of which may be missing or null."""
        since, until = (_hour(name, request.get(name)) for name in ("from", "to"))
        return cls(table=request.get("table"), since=since, until=until)

    @property
    def built(self) -> tuple[Table, ...]:
        """The tables that are made anew, in the order they are made."""
        found: set[str] = set()
        for table in TABLES:
            if self.table in (None, table.full_name) or made_from(table) & found:
                found.add(table.full_name)
        return tuple(table for table in TABLES if table.full_name in found)

    @property
    def raw(self) -> tuple[str, ...]:
        """The raw tables that are read again from the log."""
        upstream = (table.upstream for table in self.built)
        return tuple(dict.fromkeys(name for name in upstream if name.startswith("raw.")))

    @property
    def steps(self) -> tuple[str, ...]:
        return (*self.raw, *(table.full_name for table in self.built), PUBLISH)

    @property
    def folders(self) -> tuple[str, ...]:
        """What to read below a prefix of the lake: as few folders as hold these hours and no other."""
        if self.since is None or self.until is None:
            return ("",)
        return tuple(_folders(self.since, self.until))


def made_from(table: Table) -> set[str]:
    """The tables that *table* is made from, as its SQL says."""
    files = [table.file, *(["operations/touched_visitors"] if table.by_visitor else [])]
    read = {name for file in files for name in READ.findall(_sql(file))}
    owners = {view: owner.full_name for owner in TABLES for view in VIEW.findall(_sql(owner.file))}
    names = {owners.get(name, name) for name in read} - {table.full_name}
    return names & {other.full_name for other in TABLES}


def _sql(file: str) -> str:
    """A file without its comments."""
    return run.COMMENT.sub("", "\n".join(run.statements(file)))


def folder(hour: datetime) -> str:
    return f"{hour:%Y/%m/%d/%H}/"


def _hour(field: str, text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H").replace(tzinfo=UTC)
    except ValueError:
        raise WrongScope(f"{field}: {text!r} is not an hour like 2026-11-01T00") from None


def _folders(since: datetime, until: datetime) -> Iterator[str]:
    while since < until:
        name, since = next((name, end) for name, end in _starting(since) if end <= until)
        yield name


def _starting(hour: datetime) -> Iterator[tuple[str, datetime]]:
    """The folders whose first hour this is, the largest first, and where each ends."""
    if hour.hour == 0 and hour.day == 1:
        if hour.month == 1:
            yield f"{hour:%Y}/", hour.replace(year=hour.year + 1)
        yield f"{hour:%Y/%m}/", (hour + timedelta(days=31)).replace(day=1)
    if hour.hour == 0:
        yield f"{hour:%Y/%m/%d}/", hour + timedelta(days=1)
    yield folder(hour), hour + timedelta(hours=1)
