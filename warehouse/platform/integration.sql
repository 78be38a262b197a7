-- What Snowflake needs before AWS can trust it, and what it then shows there.
-- The external id is ours, not generated: an integration that is made anew keeps the storage role's trust.
-- The property is newer than sqlfluff's grammar.
-- noqa: disable=LT02
create storage integration if not exists {{ database }}_lake
    type = external_stage
    storage_provider = 'S3'
    enabled = true
    storage_aws_role_arn = '{{ storage_role_arn }}'
    storage_aws_external_id = '{{ external_id }}' -- noqa: PRS
    storage_allowed_locations = (
        's3://{{ lake_bucket }}/events/', 's3://{{ lake_bucket }}/rejected/', 's3://{{ lake_bucket }}/snapshots/'
    );

-- "If not exists" leaves an old one as it was, and "or replace" would cut the stages off.
alter storage integration {{ database }}_lake set
    storage_aws_role_arn = '{{ storage_role_arn }}'
    storage_allowed_locations = (
        's3://{{ lake_bucket }}/events/', 's3://{{ lake_bucket }}/rejected/', 's3://{{ lake_bucket }}/snapshots/'
    );

desc storage integration {{ database }}_lake;
