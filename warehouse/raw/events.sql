-- What arrived, one row per line of the log, appended by a pipe and never edited.
-- Grain: src_file, src_row. A pipe and a manual COPY remember their files separately, so count distinct.
create table if not exists raw.events (
    v variant comment 'The line: who it came from, when, and the event as it was sent',
    src_file varchar comment 'The file of the log that holds it',
    src_row number(38, 0) comment 'Its row there, from 1',
    loaded_at timestamp_ntz comment 'When the scan of the file began, UTC'
) comment = 'Lines of the log, as they arrived';

create stage if not exists raw.lake_events
    url = 's3://{{ lake_bucket }}/events/'
    storage_integration = {{ database }}_lake;

-- A pipe may do what its owner may: the loader's pipe adds lines, and nothing else. Made as the loader, because handing
-- it over later would pause it.
grant select, insert on table raw.events to role {{ database }}_loader;
grant usage on stage raw.lake_events to role {{ database }}_loader;
use role {{ database }}_loader;

-- Never "or replace": a new pipe has forgotten what it loaded. To change it, pause it, let it drain, then drop it.
-- The scan's start, because CURRENT_TIMESTAMP may be hours early in a pipe, and staging reads by arrival.
-- A line that is no JSON is left out and told in COPY_HISTORY. It is read as text for that: of a file of type json,
-- "continue" leaves out the bad line and all that follow it.
create pipe if not exists raw.events_pipe auto_ingest = true as
copy into raw.events (src_file, src_row, v, loaded_at)
from (
    select
        metadata$filename,
        metadata$file_row_number,
        parse_json($1), -- noqa: AL03
        convert_timezone('UTC', metadata$start_scan_time)::timestamp_ntz -- noqa: AL03
    from @raw.lake_events
)
file_format = (
    type = csv
    field_delimiter = none
    escape_unenclosed_field = none
    skip_blank_lines = true
)
on_error = continue;

use role {{ database }}_platform;
