-- Lines of the log that tell again what another one told: a work table, written by each refresh of staging.events
-- before it writes. Grain: src_file, src_row, loaded_at.
create or alter table operations.later_copies (
    site varchar comment 'As in staging.events',
    event_id varchar comment 'As in staging.events',
    src_file varchar comment 'The file of the log that holds the line',
    src_row number(38, 0) comment 'Its row there, from 1',
    loaded_at timestamp_ntz comment 'When the warehouse had it, UTC: a file that was loaded twice is two copies',
    first_loaded_at timestamp_ntz comment 'When the warehouse had the copy that counts, UTC'
) comment = 'Lines of the log that tell again what another one told: a work table';
