"""
Files of a stage as Arrow batches, one row per line: millions of lines in the memory of a few files.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.snowflake import stages

NEWLINE = ord("\n")
BATCH_BYTES = 16 * 1024**2  # of text: small files go together, since each batch is one query of the judge
IS_JSON = "select coalesce(json_valid(try(decode(line))), false) as is_json from batch"
FILE = pa.dictionary(pa.int32(), pa.string())
BYTES = pa.schema([("line", pa.binary()), ("file", FILE), ("row", pa.int64())])
# DuckDB takes such a column for JSON as it is; of plain text it would parse every line once more
JSON = {"ARROW:extension:name": "arrow.json", "ARROW:extension:metadata": ""}


@dataclass(frozen=True, kw_only=True)
class Lines:
    """
    The lines of *files* that are not blank, numbered from 1 in each file.

    Args:
        only_json: leave out the others; else they go on as they are, for the statement to fail.
        parsed, kept: how many lines each file had and gave, once all is read.
    """

    s3: Any
    bucket: str
    files: list[str]
    only_json: bool
    parsed: Counter[str] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)

    def reader(self) -> pa.RecordBatchReader:
        text = pa.field("line", pa.string(), metadata=JSON if self.only_json else None)
        schema = BYTES.set(0, text)
        return pa.RecordBatchReader.from_batches(schema, self._as_text(schema))

    def _as_text(self, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
        for table in _gathered(self._batches()):
            kept = _json_of(table) if self.only_json else table
            for batch in kept.to_batches():
                if batch.num_rows:  # each is of one file
                    self.kept[batch["file"][0].as_py()] += batch.num_rows
                    line = batch["line"].view(pa.string())
                    yield pa.RecordBatch.from_arrays([line, batch["file"], batch["row"]], schema=schema)

    def _batches(self) -> Iterator[pa.RecordBatch]:
        for file in self.files:
            batch = _batch(file, stages.text(self.s3, self.bucket, file))
            self.parsed[file] = batch.num_rows
            yield batch


def _batch(file: str, text: bytes) -> pa.RecordBatch:
    lines = split(text)
    of_one_file = pa.DictionaryArray.from_arrays(np.zeros(len(lines), np.int32), pa.array([file]))
    rows = pa.array(np.arange(1, len(lines) + 1))
    return pa.RecordBatch.from_arrays([lines, of_one_file, rows], schema=BYTES)


def split(text: bytes) -> "pa.Array[Any]":
    """The lines of *text* that are not blank, found without a Python object for each of them."""
    newlines = np.flatnonzero(np.frombuffer(text, np.uint8) == NEWLINE)
    lines = text.replace(b"\n", b"")
    # without the newlines, each line ends where the next one starts, and a blank one where it started
    ends = np.append(newlines - np.arange(len(newlines)), len(lines))
    offsets = np.append(0, ends[np.diff(ends, prepend=0) > 0]).astype(np.int32)
    buffers = [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(lines)]
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, buffers)


def _gathered(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    gathered: list[pa.RecordBatch] = []
    for batch in batches:
        gathered.append(batch)
        if sum(batch.nbytes for batch in gathered) >= BATCH_BYTES:
            yield pa.Table.from_batches(gathered)
            gathered = []
    if gathered:
        yield pa.Table.from_batches(gathered)


def _json_of(table: pa.Table) -> pa.Table:
    judge = _judge()
    judge.register("batch", table)
    found: pa.Table = judge.sql(IS_JSON).to_arrow_table()
    judge.unregister("batch")
    is_json = found["is_json"]
    return table if pc.all(is_json).as_py() else table.filter(is_json)  # a filter copies all lines


@cache
def _judge() -> duckdb.DuckDBPyConnection:
    """A DuckDB of its own: the one that loads is in the middle of its statement."""
    return duckdb.connect(config={"threads": 1})
