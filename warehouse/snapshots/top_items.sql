-- What a top_items batch learns from, as Parquet files in a folder of this attempt, written once.
-- A day of a customer with an item counts once for each thing that happened, so that a reload is no second look.
copy into @marts.snapshots/top_items/{{ snapshot_id }}/{{ attempt }}/
from (
    select
        site,
        customer_id,
        item_id,
        name,
        max(occurred_at) as occurred_at
    from intermediate.item_events
    where
        customer_id is not null
        and name in ('view_item', 'add_to_cart', 'purchase')
        and occurred_at <= '{{ as_of }}'::timestamp_ntz
    group by site, customer_id, item_id, name, occurred_at::date
    order by occurred_at, customer_id, item_id, name
)
file_format = (type = parquet)
header = true
overwrite = false
max_file_size = 268435456;

select
    count(*) as row_count,
    min(occurred_at) as started_from,
    max(occurred_at) as ended_at
from intermediate.item_events
where
    customer_id is not null
    and name in ('view_item', 'add_to_cart', 'purchase')
    and occurred_at <= '{{ as_of }}'::timestamp_ntz;
