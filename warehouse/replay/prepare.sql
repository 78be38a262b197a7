-- How far the tables have come that stay as they are; read before they are cloned, so that none is said to be further
-- than it is.
insert into operations.refreshes (table_name, loaded_until)
select
    table_name,
    loaded_until
from {{ live }}.operations.refreshes;

create or replace table operations.hourly_counts clone {{ live }}.operations.hourly_counts;

create or replace table operations.checksums (
    table_name varchar comment 'Schema and name of the live table',
    is_new boolean comment 'Whether it was taken of what the replay made, or of what was there before',
    n number(38, 0) comment 'Rows',
    total varchar comment 'Sum of their hashes, in digits',
    taken_at timestamp_ntz comment 'When, UTC'
) comment = 'What the live tables held before and after the replay';
