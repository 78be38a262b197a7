-- The hours that are not read again come from the live table; a second run of this step adds nothing.
insert into {{ table }} (v, src_file, src_row, loaded_at)
select
    v,
    src_file,
    src_row,
    loaded_at
from {{ live }}.{{ table }}
where
    $since::timestamp_ntz = '1970-01-01'::timestamp_ntz
    and (src_file < '{{ first }}' or src_file >= '{{ end }}');
