-- Run once per environment, by a person with ACCOUNTADMIN, before its first deploy; nothing else needs that role.
-- With the environment's name in stacks/environments.py and its AWS account, from the root of the repository:
--   sed 's/{{ environment }}/dev/g; s/{{ account }}/111111111111/g' warehouse/bootstrap.sql | snow sql --stdin
-- or without the last part, pasted into a worksheet. stacks/warehouse.py expects these very names.
-- noqa: disable=LT02
use role accountadmin;

create resource monitor if not exists skiff_{{ environment }}_budget with
    credit_quota = 20 -- a month; an XSMALL warehouse burns one in an hour of work
    frequency = monthly
    start_timestamp = immediately
    triggers
    on 80 percent do notify
    on 100 percent do suspend;

create warehouse if not exists skiff_{{ environment }}
    warehouse_size = 'XSMALL'
    auto_suspend = 60
    auto_resume = true
    initially_suspended = true
    resource_monitor = skiff_{{ environment }}_budget
    statement_timeout_in_seconds = 840; -- the function that waits lives 900

-- Deploys: owns the database, its schemas, the storage integration and the pipes.
create role if not exists skiff_{{ environment }}_platform;
grant create database on account to role skiff_{{ environment }}_platform;
grant create integration on account to role skiff_{{ environment }}_platform;
grant usage on warehouse skiff_{{ environment }} to role skiff_{{ environment }}_platform;

-- Transforms: reads what arrived, owns the tables made from it.
create role if not exists skiff_{{ environment }}_transform;
grant usage on warehouse skiff_{{ environment }} to role skiff_{{ environment }}_transform;

-- Both log in as the AWS role of their function: there is no password and no key to keep.
create user if not exists skiff_{{ environment }}_platform
    type = service
    workload_identity = (type = aws arn = 'arn:aws:iam::{{ account }}:role/skiff-{{ environment }}-platform')
    default_role = skiff_{{ environment }}_platform
    default_warehouse = skiff_{{ environment }};
grant role skiff_{{ environment }}_platform to user skiff_{{ environment }}_platform;

create user if not exists skiff_{{ environment }}_transform
    type = service
    workload_identity = (type = aws arn = 'arn:aws:iam::{{ account }}:role/skiff-{{ environment }}-transform')
    default_role = skiff_{{ environment }}_transform
    default_warehouse = skiff_{{ environment }};
grant role skiff_{{ environment }}_transform to user skiff_{{ environment }}_transform;

-- People with SYSADMIN see both.
grant role skiff_{{ environment }}_platform to role sysadmin;
grant role skiff_{{ environment }}_transform to role sysadmin;
