-- What landed before the bucket tells the pipes: files of the last seven days, those that they have loaded excepted.
alter pipe raw.events_pipe refresh;
alter pipe raw.rejects_pipe refresh;

-- The queues that the bucket has to notify; Snowflake has one per bucket, so it is usually the same twice.
show pipes in schema raw;
