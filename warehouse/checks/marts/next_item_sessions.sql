-- stop: One row per session_key
select
    session_key,
    count(*) as copies
from marts.next_item_sessions
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

-- stop: A session ends after it starts
select
    session_key,
    started_at,
    ended_at
from marts.next_item_sessions
where ended_at < started_at;

-- stop: Every session has an item, and a time for each item
select session_key
from marts.next_item_sessions
where
    (array_size(item_ids) = 0 or array_size(item_ids) <> array_size(occurred_at_ms))
    -- if incremental
    and (site, client_id) in (
        select
            site,
            key
        from operations.touched
    )
    -- end if
;
