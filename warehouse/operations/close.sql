-- A refresh of {{ table }} is done: how far it came, and what it touched.
update operations.refreshes
set
    loaded_until = $until::timestamp_ntz,
    rows_read = {{ rows_read }},
    rows_deleted = {{ rows_deleted }},
    rows_written = {{ rows_written }},
    ended_at = sysdate()
where table_name = '{{ table }}';
