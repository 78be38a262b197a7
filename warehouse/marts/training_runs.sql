-- What was trained, with what, and how good it was. Grain: site, run_id.
create or alter table marts.training_runs (
    site varchar comment 'The source that the run logs as',
    run_id varchar comment 'The training job',
    model varchar comment 'Which model',
    version varchar comment 'The version it became; null where it was not registered',
    status varchar comment 'How it ended, as the job says',
    owner varchar comment 'Who answers for the model',
    snapshot_id varchar comment 'What it learned from',
    code_version varchar comment 'Hash of the code that ran',
    started_at timestamp_ntz comment 'When it started, UTC',
    ended_at timestamp_ntz comment 'When it ended, UTC',
    cost_usd number(18, 4) comment 'What it cost, US dollars',
    parameters variant comment 'Its parameters, a JSON object',
    metrics variant comment 'Its metrics, a JSON object',
    reasons variant comment 'Why it failed or was refused, a JSON array of texts'
) comment = 'Training runs: parameters, metrics, snapshot, code and cost';

insert overwrite into operations.touched (site, key)
select distinct
    events.site,
    events.details:run_id::varchar as key
from staging.events
where
    events.loaded_at > $since::timestamp_ntz
    and events.name = 'training_run'
    and events.details:run_id::varchar is not null;

select count(*) as rows_read from operations.touched;

delete from marts.training_runs
using operations.touched
where
    training_runs.site = touched.site
    and training_runs.run_id = touched.key;

-- A run that reports more than once is what it said last.
insert into marts.training_runs (
    site,
    run_id,
    model,
    version,
    status,
    owner,
    snapshot_id,
    code_version,
    started_at,
    ended_at,
    cost_usd,
    parameters,
    metrics,
    reasons
)
with

reports as (

    select
        events.site,
        events.event_id,
        events.occurred_at,
        events.details:run_id::varchar as run_id,
        events.model,
        events.version,
        events.details:status::varchar as status,
        events.details:owner::varchar as owner,
        events.details:snapshot_id::varchar as snapshot_id,
        events.details:code_version::varchar as code_version,
        to_timestamp_ntz(events.details:started_at::number, 3) as started_at,
        to_timestamp_ntz(events.details:ended_at::number, 3) as ended_at,
        events.details:cost_usd::number(18, 4) as cost_usd,
        events.details:parameters as parameters,
        events.details:metrics as metrics,
        events.details:reasons as reasons
    from staging.events
    where events.name = 'training_run'

),

last_reports as (

    select reports.*
    from reports
    inner join operations.touched
        on
            reports.site = touched.site
            and reports.run_id = touched.key
    qualify
        row_number() over (
            partition by reports.site, reports.run_id
            order by reports.occurred_at desc, reports.event_id desc
        ) = 1

)

select
    site,
    run_id,
    model,
    version,
    status,
    owner,
    snapshot_id,
    code_version,
    started_at,
    ended_at,
    cost_usd,
    parameters,
    metrics,
    reasons
from last_reports;
