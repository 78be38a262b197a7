"""
fakesnow's macros that cost too much, written anew: the same answers for millions of rows.
"""

from string import Template

# Without a window over all elements they keep their places, and need no join with the row they come from.
FLATTEN = Template(
    """
CREATE OR REPLACE MACRO ${catalog}._fs_flatten(input) AS TABLE
    SELECT
        hash(TO_JSON(input))::UBIGINT AS SEQ,
        k AS KEY,
        COALESCE(k, '[' || (i - 1) || ']') AS PATH,
        CASE WHEN k IS NULL THEN i - 1 END AS INDEX,
        v AS VALUE,
        TO_JSON(input) AS THIS
    FROM (
        SELECT UNNEST(elements) AS v, UNNEST(keys) AS k, generate_subscripts(elements, 1) AS i
        FROM (
            SELECT
                COALESCE(from_json(json, '["JSON"]'), json_extract(json, '$$.*')) AS elements,
                json_keys(json) AS keys
            FROM (SELECT TO_JSON(input) AS json)
        )
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
