-- What the collector refused, one row per line, appended by a pipe and never edited.
-- Grain: src_file, src_row.
create table if not exists raw.rejects (
    v variant comment 'The line: what was refused, why, and its first 64 KB',
    src_file varchar comment 'The file of the log that holds it',
    src_row number(38, 0) comment 'Its row there, from 1',
    loaded_at timestamp_ntz comment 'When the scan of the file began, UTC'
) comment = 'Lines of the log of refusals, as they arrived';

create stage if not exists raw.lake_rejected
    url = 's3://{{ lake_bucket }}/rejected/'
    storage_integration = {{ database }}_lake;

grant select, insert on table raw.rejects to role {{ database }}_loader;
grant usage on stage raw.lake_rejected to role {{ database }}_loader;
use role {{ database }}_loader;

-- As raw/events.sql: never "or replace", and a line that is no JSON is left out and told in COPY_HISTORY.
create pipe if not exists raw.rejects_pipe auto_ingest = true as
copy into raw.rejects (src_file, src_row, v, loaded_at)
from (
    select
        metadata$filename,
        metadata$file_row_number,
        parse_json($1), -- noqa: AL03
        convert_timezone('UTC', metadata$start_scan_time)::timestamp_ntz -- noqa: AL03
    from @raw.lake_rejected
)
file_format = (
    type = csv
    field_delimiter = none
    escape_unenclosed_field = none
    skip_blank_lines = true
)
on_error = continue;

use role {{ database }}_platform;
