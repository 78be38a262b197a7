-- Lines of the log that {{ table }} never had or has lost, as if they had come long ago: the tables have them already.
insert into {{ live }}.{{ table }} (v, src_file, src_row, loaded_at)
select
    read_again.v,
    read_again.src_file,
    read_again.src_row,
    read_again.loaded_at
from {{ rebuild }}.{{ table }} as read_again
left join {{ live }}.{{ table }} as there
    on
        read_again.src_file = there.src_file
        and read_again.src_row = there.src_row
where there.src_file is null;
