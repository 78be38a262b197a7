-- {{ table }} is made from the beginning.
delete from operations.refreshes
where table_name = '{{ table }}';
