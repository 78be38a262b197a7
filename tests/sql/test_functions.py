"""
Which functions the SQL calls: those that Snowflake and the offline engine were seen to answer alike.

A new one is first called in both with null, nothing, ties and other types; then it gets its place here.
"""

import re

from ops.docs import statements
from tests.sql import rules
from tests.sql.reading import READING, REPLAY

ALIKE = {
    "aggregates": {"array_agg", "avg", "count", "count_if", "max", "max_by", "min", "min_by", "sum"},
    "windows": {"first_value", "lag", "last_value", "lead", "row_number"},
    "time": {
        "convert_timezone",
        "date_part",
        "date_trunc",
        "dateadd",
        "datediff",
        "sysdate",
        "to_timestamp_ntz",
    },
    "text": {"length", "lower", "lpad", "sha2", "trim"},
    "null and choice": {"coalesce", "equal_null", "greatest", "iff", "least", "nullif"},
    "json and arrays": {"array_construct", "array_size", "flatten", "parse_json", "to_json"},
}
TYPES = {"number"}  # number(18, 4) looks like a call
CALL = re.compile(r"(?<![\w.])([a-z_]\w*)\(", re.IGNORECASE)


def called(text: str) -> set[str]:
    """The style puts a blank before every other bracket; sqlfluff sees to that."""
    return {name.lower() for name in CALL.findall(rules.STRING.sub("''", text))} - TYPES


def test_only_functions_that_both_engines_answer_alike_are_called():
    found = {
        name
        for file in [*READING, *REPLAY]
        for statement in statements.of(file)
        for name in called(statements.body(statement.text))
    }

    assert found == set.union(*ALIKE.values())


def test_a_call_is_told_from_a_type_a_text_and_a_column_list():
    text = "insert into a.b (c) select Hash(x), 'md5(y)', z::number(18, 4) where u in (1) and f (2) = 1"

    assert called(text) == {"hash"}
