"""
MERGE from a query: fakesnow writes its source out in another dialect, which loses FLATTEN and WITHIN GROUP.
"""

import sqlglot
from fakesnow.cursor import FakeSnowflakeCursor
from sqlglot import exp

SOURCE = "temp.main.skiff_merge_source"


def with_named_source(cursor: FakeSnowflakeCursor, command: str) -> str:
    """Make the query under USING a view of this session, and return the MERGE from that view."""
    # fakesnow makes a table of its own while it merges, and wants a schema; in Snowflake there is PUBLIC
    cursor._conn._schema = cursor._conn._schema or "PUBLIC"
    merge = sqlglot.parse_one(command, read="snowflake")
    source = merge.args["using"]
    if not isinstance(source, exp.Subquery):
        return command
    cursor.execute(f"create or replace temporary view {SOURCE} as {source.this.sql('snowflake')}")
    source.replace(exp.to_table(SOURCE, alias=source.alias))
    return merge.sql("snowflake")
