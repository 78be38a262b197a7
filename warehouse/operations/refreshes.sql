-- How far each table has come: the bookkeeping of every refresh, in the refresh's own transaction. Grain: table_name.
-- A table's own newest row would not do: a mart of searches, in a shop where nobody searches, would read everything
-- again with every run.
create or alter table operations.refreshes (
    table_name varchar comment 'Schema and name of the table',
    loaded_until timestamp_ntz comment 'Arrivals up to this load are in it; null before its first refresh',
    rows_read number(38, 0) comment 'Rows of its inputs that the last refresh was concerned with',
    rows_deleted number(38, 0) comment 'Rows that the last refresh took out, to make them anew',
    rows_written number(38, 0) comment 'Rows that the last refresh put in or changed',
    started_at timestamp_ntz comment 'When the last refresh began, UTC',
    ended_at timestamp_ntz comment 'When the last refresh was done, UTC'
) comment = 'How far each table has come, and what its last refresh touched';
