"""
The item filters of a process that predicts: its release's at first, then those in S3. Predicting calls it.

They are fetched in a thread, after an answer and never before one; what that needs is imported there.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from domain import item_filter
from domain.item_filter import NO_FILTER, ItemFilter
from domain.refusal import Refused

TIMEOUT_SECONDS = 2.0
TRIES = 2  # a frozen process comes back to connections that are gone

Count = Callable[..., None]  # metric name, and what else to say in the line


class NotRead(RuntimeError):
    """S3 answered, and not with a filter."""


class ItemFilters:
    def __init__(
        self,
        folder: Path,
        *,
        sites: Iterable[str],
        bucket: str,
        seconds: float,
        env: Mapping[str, str],
        count: Count,
    ) -> None:
        """
        Args:
            folder: of the layer, which holds the filters as they were when it was baked.
            seconds: between two looks at S3.
            env: the process's.
        """
        self._bucket = bucket
        self._seconds = seconds
        self._env = env
        self._count = count
        self._due = 0.0
        self._tags: dict[str, str] = {}
        self._found = {site: self._released(folder / f"{site}.json", site) for site in sites}

    def of(self, site: str) -> ItemFilter:
        return self._found.get(site, NO_FILTER)

    def refresh(self) -> None:
        """Look for newer ones, beside whatever comes next; at most every so many seconds."""
        now = time.monotonic()
        if now < self._due:
            return
        self._due = now + self._seconds
        from threading import Thread

        try:
            Thread(target=self.fetch, daemon=True).start()
        except RuntimeError as error:  # no thread to be had: the answer must not be lost to that
            self._count("ItemFilterFailed", error=str(error))

    def fetch(self) -> None:
        """What cannot be had is counted; the filter before it stays."""
        for site in self._found:
            try:
                self._fetch(site)
            except Exception as error:  # whatever it is, answers go on
                self._count("ItemFilterFailed", site=site, error=f"{type(error).__name__}: {error}")

    def _fetch(self, site: str) -> None:
        from adapters.signed_http import Client

        client = Client("s3", env=self._env, timeout_seconds=TIMEOUT_SECONDS)
        seen = {"if-none-match": self._tags[site]} if site in self._tags else {}
        try:
            for left in reversed(range(TRIES)):
                try:
                    answer = client.send("GET", f"/{self._bucket}/{item_filter.key(site)}", headers=seen)
                    break
                except TimeoutError:
                    if not left:
                        raise
        finally:
            client.close()
        match answer.status:
            case 200:
                self._found[site] = ItemFilter.parse(answer.body)
                self._tags[site] = answer.headers["etag"]
            case 404 if b"NoSuchKey" in answer.body:
                self._found[site] = NO_FILTER
                self._tags.pop(site, None)
            case status if status != 304:
                raise NotRead(f"{status}: {answer.body[:200].decode(errors='replace')}")

    def _released(self, file: Path, site: str) -> ItemFilter:
        try:
            return ItemFilter.parse(file.read_bytes())
        except FileNotFoundError:
            return NO_FILTER
        except (OSError, Refused) as error:
            self._count("ItemFilterFailed", site=site, error=str(error))
            return NO_FILTER
