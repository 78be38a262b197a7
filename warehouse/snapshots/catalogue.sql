-- What the items are called and cost, beside a snapshot of any model: people read it, no model learns from it.
copy into @marts.snapshots/{{ model }}/{{ snapshot_id }}/{{ attempt }}/catalogue
from (
    select
        site,
        item_id,
        item_name,
        price
    from marts.catalogue
    order by site, item_id
)
file_format = (type = parquet)
header = true
overwrite = false
max_file_size = 268435456;
