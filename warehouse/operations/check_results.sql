-- What each check found, run by run. Grain: run_id, table_name, name.
create or alter table operations.check_results (
    run_id varchar comment 'The invocation that checked',
    table_name varchar comment 'Schema and name of the table that was checked',
    name varchar comment 'The sentence that must hold',
    severity varchar comment 'stop: the layer stays as it was and the pipeline ends; warn: somebody should look',
    offending_rows number(38, 0) comment 'How many rows break it',
    examples variant comment 'Some of these rows',
    as_of timestamp_ntz comment 'The moment that freshness and volume were judged at, UTC',
    checked_at timestamp_ntz comment 'When it was checked, UTC'
) comment = 'What each check found, run by run';
