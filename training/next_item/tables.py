"""
The fitted tables, mapped into memory, in the standard library alone. `fit` writes them, `predict` asks.

Items and sessions are numbers here: items by popularity, sessions newest first.
"""

import json
import mmap
from bisect import bisect_left
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The parameters that were chosen; `contract.py` says among which."""

    repeats_last_item: bool  # may the item just looked at be suggested?
    recency: float  # an item looked at n items ago counts 1 / (1 + n) ** recency
    nearness: float  # an item n places from a shared one gets 1 / (1 + n) ** nearness of a vote
    neighbours: int  # sessions that vote
    seen_again: float  # factor on the score of what the session has looked at already


class Tables:
    def __init__(self, folder: Path) -> None:
        self._session_offsets = _integers(folder / "session_offsets.u32")
        self._session_items = _integers(folder / "session_items.u32")
        self._posting_offsets = _integers(folder / "posting_offsets.u32")
        self._postings = _integers(folder / "postings.u32")
        self._ids = _mapped(folder / "item_ids.utf8")
        self._id_offsets = _integers(folder / "item_id_offsets.u32")
        self._items_by_id = _integers(folder / "items_by_id.u32")
        self.rarity = _mapped(folder / "item_rarity.f64").cast("d")  # of an item, by its number
        told = json.loads((folder / "settings.json").read_text())
        self.settings_of = {site: Settings(**values) for site, values in told.pop("site").items()}
        self.settings = Settings(**told)  # of every other site

    def __len__(self) -> int:
        """How many items there are."""
        return len(self.rarity)

    def sessions_with(self, item: int) -> list[int]:
        """The newest sessions that hold *item*."""
        return self._postings[self._posting_offsets[item] : self._posting_offsets[item + 1]].tolist()

    def items_of(self, session: int) -> list[int]:
        """Oldest first."""
        return self._session_items[
            self._session_offsets[session] : self._session_offsets[session + 1]
        ].tolist()

    def item_id(self, item: int) -> str:
        return self._id_bytes(item).decode(errors="surrogatepass")

    def number(self, item_id: str) -> int | None:
        text = item_id.encode(errors="surrogatepass")  # a client may send half a character: unknown, no error
        place = bisect_left(self._items_by_id, text, key=self._id_bytes)
        if place == len(self) or self._id_bytes(self._items_by_id[place]) != text:
            return None
        return self._items_by_id[place]

    def _id_bytes(self, item: int) -> bytes:
        return bytes(self._ids[self._id_offsets[item] : self._id_offsets[item + 1]])


def _integers(path: Path) -> "memoryview[int]":
    return _mapped(path).cast("I")


def _mapped(path: Path) -> "memoryview[int]":
    """A file as bytes that are read when they are used."""
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
