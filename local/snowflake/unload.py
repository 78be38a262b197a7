"""
COPY INTO a stage: one Parquet file, as Snowflake names it, and never over another one.
"""

import io
import re

import pyarrow.parquet as pq
from fakesnow.cursor import FakeSnowflakeCursor
from snowflake.connector.errors import ProgrammingError

from local.snowflake import stages
from local.snowflake.account import Account

DATA = "data"  # what files in a folder are called; a path that is none begins their names
FILE = "_0_0_0.snappy.parquet"


def copy_into_stage(account: Account, cursor: FakeSnowflakeCursor, match: re.Match[str]) -> str:
    location = stages.locate(cursor, match["stage"])
    if "parquet" not in match["options"].lower():
        raise ProgrammingError(msg="Only Parquet is unloaded offline.", errno=1003, sqlstate="42000")
    if stages.keys(account.s3, location) and not re.search(r"overwrite\s*=\s*true", match["options"], re.I):
        raise ProgrammingError(
            msg=f"Files already existing at the unload destination: {match['stage']}. "
            "Use overwrite option to force unloading.",
            errno=100080,
            sqlstate="22000",
        )
    cursor.execute(match["query"])
    rows, file = cursor._arrow_table, io.BytesIO()
    pq.write_table(rows, file, compression="snappy")
    name = location.prefix + (DATA if location.prefix.endswith("/") else "") + FILE
    account.s3.put_object(Bucket=location.bucket, Key=name, Body=file.getvalue())
    size = file.tell()  # Snowflake's input_bytes are those before compression
    return f'select {rows.num_rows} as "rows_unloaded", {size} as "input_bytes", {size} as "output_bytes"'
