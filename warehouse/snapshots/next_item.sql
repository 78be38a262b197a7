-- What a next_item model learns from, as Parquet files in a folder of this attempt, written once.
-- A session that went on after as_of is left out whole: it would give away what came next.
copy into @marts.snapshots/next_item/{{ snapshot_id }}/{{ attempt }}/
from (
    select
        session_key,
        site,
        client_id,
        started_at,
        ended_at,
        to_json(item_ids) as item_ids,
        to_json(occurred_at_ms) as occurred_at_ms
    from marts.next_item_sessions
    where ended_at <= '{{ as_of }}'::timestamp_ntz
    order by started_at, session_key
)
file_format = (type = parquet)
header = true
overwrite = false
max_file_size = 268435456;

select
    count(*) as row_count,
    min(started_at) as started_from,
    max(ended_at) as ended_at
from marts.next_item_sessions
where ended_at <= '{{ as_of }}'::timestamp_ntz;
