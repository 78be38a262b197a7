-- One row per session_key
select session_key
from marts.next_item_sessions
group by session_key
having count(*) > 1;

-- A session ends after it starts
select session_key
from marts.next_item_sessions
where ended_at < started_at;

-- Every session has an item, and a time for each item
select session_key
from marts.next_item_sessions
where array_size(item_ids) = 0 or array_size(item_ids) <> array_size(occurred_at_ms);
