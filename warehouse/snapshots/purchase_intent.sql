-- What a purchase_intent model learns from, as Parquet files in a folder of this attempt, written once.
-- A session that went on after as_of is left out whole: whether it bought was not known then.
copy into @marts.snapshots/purchase_intent/{{ snapshot_id }}/{{ attempt }}/
from (
    select
        session_key,
        site,
        client_id,
        started_at,
        ended_at,
        to_json(event_names) as event_names,
        to_json(occurred_at_ms) as occurred_at_ms,
        to_json(item_ids) as item_ids,
        to_json(event_values) as event_values,
        has_purchase
    from marts.purchase_intent_sessions
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
from marts.purchase_intent_sessions
where ended_at <= '{{ as_of }}'::timestamp_ntz;
