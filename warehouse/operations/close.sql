-- A refresh of {{ table }} is done: this far it came.
update operations.refreshes
set
    loaded_until = $until::timestamp_ntz,
    ended_at = sysdate()
where table_name = '{{ table }}';
