"""
Rows of a file, one after the other, whatever the file is: CSV, JSON lines or Parquet, gzipped or not.

A row comes with its number. One that cannot be read comes as an `Unreadable`, and the rest still follows.
"""

import csv
import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from domain import json_strict
from domain.json_strict import InvalidJson

BATCH_ROWS = 10_000  # of Parquet, at a time
GZIP_MAGIC = b"\x1f\x8b"
PARQUET_MAGIC = b"PAR1"


class Unreadable(ValueError):
    """A row is not what its format promises; the message says what is wrong with it."""


class WrongFile(ValueError):
    """The file as a whole cannot be read, or is of another format."""


Row = tuple[int, Any]  # number, and the values by column or an Unreadable


class File:
    """
    One pass over a file.

    Raises:
        WrongFile: it is not there, or not even its first row can be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._raw: BinaryIO = path.open("rb")
            self._size_bytes = max(1, os.fstat(self._raw.fileno()).st_size)
            magic = self._raw.read(4)
            self._raw.seek(0)
            self._is_parquet = magic == PARQUET_MAGIC
            is_gzip = magic.startswith(GZIP_MAGIC)
            self._bytes = cast(BinaryIO, gzip.GzipFile(fileobj=self._raw)) if is_gzip else self._raw
            self.columns = self._columns()
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise WrongFile(f"{path}: {error}") from error

    def close(self) -> None:
        self._raw.close()

    def share(self) -> float:
        """How much of it has been read, 0 to 1."""
        return 1.0 if self._raw.closed else min(1.0, self._raw.tell() / self._size_bytes)

    def rows(self) -> Iterator[Row]:
        if self._is_parquet:
            return self._parquet()
        return self._json() if self._head.startswith(b"{") else self._csv()

    def _columns(self) -> set[str]:
        """The names of the first row, which tell the format."""
        if self._is_parquet:
            self._table = pq.ParquetFile(self._raw)
            return set(self._table.schema_arrow.names)
        self._head = self._bytes.readline()
        if self._head.startswith(b"{"):
            return set(json_strict.parse(self._head))
        text = self._head.decode("utf-8-sig").strip()
        self._separator = "\t" if "\t" in text else ","
        self._header = text.split(self._separator)
        return set(self._header)

    def _parquet(self) -> Iterator[Row]:
        number = 0
        try:
            for batch in self._table.iter_batches(batch_size=BATCH_ROWS):
                for row in batch.to_pylist():
                    number += 1
                    yield number, row
        except (OSError, pa.ArrowException) as error:
            yield number + 1, Unreadable(f"the file breaks off: {error}")

    def _json(self) -> Iterator[Row]:
        for number, line in enumerate(self._lines(self._head), start=1):
            if isinstance(line, Unreadable):
                yield number, line
                continue
            try:
                yield number, _object(json_strict.parse(line))
            except InvalidJson as error:
                yield number, Unreadable(str(error))

    def _csv(self) -> Iterator[Row]:
        """Numbered as an editor numbers lines: the header is line 1."""
        reader = csv.reader(self._texts(), delimiter=self._separator)
        while True:
            try:
                values = next(reader)
            except StopIteration:
                return
            except Unreadable as error:
                yield reader.line_num + 2, error
                return
            except csv.Error as error:
                yield reader.line_num + 1, Unreadable(str(error))
                continue
            yield reader.line_num + 1, self._named(values)

    def _named(self, values: list[str]) -> dict[str, str] | Unreadable:
        if len(values) != len(self._header):
            return Unreadable(f"{len(values)} columns, expected {len(self._header)}: the row is cut")
        return dict(zip(self._header, values, strict=True))

    def _texts(self) -> Iterator[str]:
        for line in self._lines():
            if isinstance(line, Unreadable):
                raise line
            yield line.decode(errors="surrogateescape")  # what is no UTF-8 is refused event by event

    def _lines(self, *first: bytes) -> Iterator[bytes | Unreadable]:
        yield from first
        try:
            yield from self._bytes
        except (OSError, EOFError, zlib.error) as error:
            yield Unreadable(f"the file breaks off: {error}")


def _object(value: Any) -> dict[str, Any] | Unreadable:
    return value if isinstance(value, dict) else Unreadable("the line is no JSON object")
