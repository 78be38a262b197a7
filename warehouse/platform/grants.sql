-- Where snapshots go, and who may do what with tables and stages; pipes and what they load stand in raw/.
create stage if not exists marts.snapshots
    url = 's3://{{ lake_bucket }}/snapshots/'
    storage_integration = {{ database }}_lake;

-- A replay reads the log through its stages and puts lines back that raw has lost; it changes and deletes none.
grant select, insert on table raw.events to role {{ database }}_transform;
grant select, insert on table raw.rejects to role {{ database }}_transform;
grant usage on stage raw.lake_events to role {{ database }}_transform;
grant usage on stage raw.lake_rejected to role {{ database }}_transform;
grant usage on stage marts.snapshots to role {{ database }}_transform;

-- An external stage knows no reading without writing. What stands against a trainer that writes: a snapshot's manifest
-- has the digest of each file, a job checks it, and the bucket keeps every version.
grant usage on stage marts.snapshots to role {{ database }}_trainer;

-- "All" is what there is now, "future" what the transform role makes later. A table made by "create or replace" takes
-- the future grants too, unless it says "copy grants".
grant select on all tables in schema marts to role {{ database }}_trainer;
grant select on future tables in schema marts to role {{ database }}_trainer;

grant select on all tables in schema marts to role {{ database }}_reader;
grant select on future tables in schema marts to role {{ database }}_reader;
grant select on all views in schema live to role {{ database }}_reader;
grant select on future views in schema live to role {{ database }}_reader;
