-- What Snowflake needs once AWS trusts it, beside the pipe in raw/events.sql: where snapshots go, who may do what, and
-- the queue that the lake has to notify.
create stage if not exists marts.snapshots
    url = 's3://{{ lake_bucket }}/snapshots/'
    storage_integration = {{ database }}_lake;

grant usage on database {{ database }} to role {{ database }}_transform;
grant usage on all schemas in database {{ database }} to role {{ database }}_transform;
grant select on all tables in schema raw to role {{ database }}_transform;
grant create table on schema staging to role {{ database }}_transform;
grant create table on schema intermediate to role {{ database }}_transform;
grant create table on schema marts to role {{ database }}_transform;
grant usage on stage marts.snapshots to role {{ database }}_transform;

-- What landed before the bucket tells the pipe: files of the last seven days, those that it has loaded excepted.
alter pipe raw.events_pipe refresh;

show pipes like 'EVENTS_PIPE' in schema raw;
