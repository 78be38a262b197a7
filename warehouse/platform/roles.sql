-- Who does what, and which databases and schemas they may enter. What they may do with tables and stages stands where
-- these are made: platform/grants and raw/.
-- The warehouse with its budget and the users come from bootstrap.sql.
create role if not exists {{ database }}_loader; -- owns the pipes: a pipe may do what its owner may
create role if not exists {{ database }}_transform; -- the transform function: reads raw, owns all that it makes
create role if not exists {{ database }}_trainer; -- a person or a notebook that trains: marts and snapshots
create role if not exists {{ database }}_reader; -- dashboards: marts and live views

-- The platform may act as each of them, so that it can make the loader's pipes and drop what the others own.
grant role {{ database }}_loader to role {{ database }}_platform;
grant role {{ database }}_transform to role {{ database }}_platform;
grant role {{ database }}_trainer to role {{ database }}_platform;
grant role {{ database }}_reader to role {{ database }}_platform;
grant role {{ database }}_transform to user {{ database }}_transform;

alter warehouse {{ database }} set warehouse_size = 'XSMALL' auto_suspend = 60 auto_resume = true;
-- The longest statement is a backfill that nobody waits for; whoever waits sets a shorter time for the session, and
-- the shorter one counts.
alter warehouse {{ database }} set statement_timeout_in_seconds = 21600;

-- Not the loader: pipes run without a warehouse.
grant usage on warehouse {{ database }} to role {{ database }}_transform;
grant usage on warehouse {{ database }} to role {{ database }}_trainer;
grant usage on warehouse {{ database }} to role {{ database }}_reader;

grant usage on database {{ database }} to role {{ database }}_loader;
grant usage, create pipe on schema raw to role {{ database }}_loader;

-- No table of its own in raw: what arrived is never edited.
grant usage on database {{ database }} to role {{ database }}_transform;
grant usage on schema raw to role {{ database }}_transform;
grant usage, create table, create view on schema staging to role {{ database }}_transform;
grant usage, create table, create view on schema intermediate to role {{ database }}_transform;
grant usage, create table, create view on schema marts to role {{ database }}_transform;
grant usage, create table, create view on schema live to role {{ database }}_transform;
grant usage, create table, create view on schema operations to role {{ database }}_transform;

grant usage on database {{ database }}_rebuild to role {{ database }}_transform;
grant usage, create table, create view on schema {{ database }}_rebuild.raw to role {{ database }}_transform;
grant usage, create table, create view on schema {{ database }}_rebuild.staging to role {{ database }}_transform;
grant usage, create table, create view on schema {{ database }}_rebuild.intermediate to role {{ database }}_transform;
grant usage, create table, create view on schema {{ database }}_rebuild.marts to role {{ database }}_transform;
grant usage, create table, create view on schema {{ database }}_rebuild.live to role {{ database }}_transform;
grant usage, create table, create view on schema {{ database }}_rebuild.operations to role {{ database }}_transform;

grant usage on database {{ database }} to role {{ database }}_trainer;
grant usage on schema marts to role {{ database }}_trainer;

grant usage on database {{ database }} to role {{ database }}_reader;
grant usage on schema marts to role {{ database }}_reader;
grant usage on schema live to role {{ database }}_reader;
