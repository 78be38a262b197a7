"""
fakesnow's macros that cost too much, written anew: the same answers for millions of rows.
"""

from string import Template

# Without a window over all elements DuckDB needs no join to put them beside their row.
FLATTEN = Template(
    """
CREATE OR REPLACE MACRO ${catalog}._fs_flatten(input) AS TABLE
    SELECT
        hash(TO_JSON(input))::UBIGINT AS SEQ,
        element.k AS KEY,
        COALESCE(element.k, '[' || element.i || ']') AS PATH,
        element.i AS INDEX,
        element.v AS VALUE,
        TO_JSON(input) AS THIS
    FROM (
        SELECT UNNEST(
            CASE WHEN json_type(TO_JSON(input)) = 'OBJECT'
                 THEN list_transform(
                    json_keys(TO_JSON(input)),
                    lambda x: struct_pack(k := x, i := NULL::BIGINT, v := CAST(TO_JSON(input) -> x AS JSON))
                 )
                 ELSE list_transform(
                    CAST(TO_JSON(input) AS JSON[]),
                    lambda x, i: struct_pack(k := NULL::VARCHAR, i := i - 1, v := x)
                 )
            END
        ) AS element
    )
    """
)

# A moment written out is no number: trying that first, and failing, cost more than all else.
TO_TIMESTAMP = Template(
    """
CREATE OR REPLACE MACRO ${catalog}._fs_to_timestamp(val, scale) AS (
    CASE
        WHEN typeof(val) IN ('VARCHAR', 'JSON') AND val::VARCHAR LIKE '____-%' THEN CAST(val AS TIMESTAMP)
        WHEN try_cast(val AS BIGINT) IS NOT NULL
            THEN
                CASE
                    WHEN scale = 0 THEN make_timestamp(val::BIGINT * 1000000)
                    WHEN scale = 3 THEN make_timestamp(val::BIGINT * 1000)
                    WHEN scale = 6 THEN make_timestamp(val::BIGINT)
                    WHEN scale = 9 THEN make_timestamp(val::BIGINT // 1000)
                    ELSE NULL
                END
        ELSE CAST(val AS TIMESTAMP)
    END
);
"""
)
