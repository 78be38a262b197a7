-- What the collector refused, as typed columns. Grain: reject_id.
create or alter table staging.rejects (
    reject_id varchar comment 'The HTTP request and the position in its batch',
    site varchar comment 'The shop whose write key came with it; null if none did',
    scope varchar comment 'event: one of a batch; body: the whole request',
    reason varchar comment 'Why, in one word; domain/refusal.py lists them',
    field varchar comment 'What was wrong',
    expected varchar comment 'What it had to be',
    got varchar comment 'The start of what came, as JSON',
    received_at timestamp_ntz comment 'When the collector had it, UTC',
    request_id varchar comment 'The HTTP request that it came with',
    user_agent varchar comment 'The program that sent it',
    raw varchar comment 'Its first 64 KB',
    sha256 varchar comment 'Of all its bytes, in hex',
    length number(38, 0) comment 'How many bytes it had',
    src_file varchar comment 'The file of the log that holds the line',
    src_row number(38, 0) comment 'Its row there, from 1',
    loaded_at timestamp_ntz comment 'When the warehouse had it, UTC; refreshes go by it'
) comment = 'What the collector refused, and why';

select count(*) as rows_read
from raw.rejects
where loaded_at > $since::timestamp_ntz;

merge into staging.rejects as target
using (
    with

    typed_lines as (

        select
            v:reject_id::varchar as reject_id,
            v:site::varchar as site,
            v:scope::varchar as scope,
            v:reason::varchar as reason,
            v:detail.field::varchar as field,
            v:detail.expected::varchar as expected,
            v:detail.got::varchar as got,
            v:received_at::timestamp_ntz as received_at,
            v:request_id::varchar as request_id,
            v:user_agent::varchar as user_agent,
            v:raw::varchar as raw,
            v:sha256::varchar as sha256,
            v:length::number as length,
            src_file,
            src_row,
            loaded_at
        from raw.rejects
        where loaded_at > $since::timestamp_ntz

    )

    select * from typed_lines
    where reject_id is not null
    qualify
        row_number() over (
            partition by reject_id
            order by received_at, src_file, src_row
        ) = 1
) as source
    on target.reject_id = source.reject_id
-- two copies of one line: only where they lie differs
when matched and (
    source.src_file < target.src_file
    or (source.src_file = target.src_file and source.src_row < target.src_row)
) then
    update set
        src_file = source.src_file,
        src_row = source.src_row,
        loaded_at = source.loaded_at
when not matched then insert (
    reject_id,
    site,
    scope,
    reason,
    field,
    expected,
    got,
    received_at,
    request_id,
    user_agent,
    raw,
    sha256,
    length,
    src_file,
    src_row,
    loaded_at
) values (
    source.reject_id,
    source.site,
    source.scope,
    source.reason,
    source.field,
    source.expected,
    source.got,
    source.received_at,
    source.request_id,
    source.user_agent,
    source.raw,
    source.sha256,
    source.length,
    source.src_file,
    source.src_row,
    source.loaded_at
);
