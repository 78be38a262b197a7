-- stop: One row per session_key
select
    session_key,
    count(*) as copies
from marts.purchase_intent_sessions
-- if incremental
where (site, client_id) in (
    select
        site,
        key
    from operations.touched
)
-- end if
group by session_key
having count(*) > 1;

-- stop: Nothing from the purchase on is in it
select session_key
from marts.purchase_intent_sessions
where
    to_json(event_names) like '%"purchase"%'
    -- if incremental
    and (site, client_id) in (
        select
            site,
            key
        from operations.touched
    )
    -- end if
;

-- stop: Every event has a time, an item and a value
select session_key
from marts.purchase_intent_sessions
where
    (
        array_size(event_names) = 0
        or array_size(event_names) <> array_size(occurred_at_ms)
        or array_size(event_names) <> array_size(item_ids)
        or array_size(event_names) <> array_size(event_values)
    )
    -- if incremental
    and (site, client_id) in (
        select
            site,
            key
        from operations.touched
    )
    -- end if
;
