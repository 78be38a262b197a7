-- What a person with ACCOUNTADMIN runs once per environment, before its first deploy; nothing else needs that role.
-- Fill in: database, warehouse, credit_quota, and the ARNs of the two AWS roles, whose names the stacks fix.
-- noqa: disable=LT02
use role accountadmin;

create resource monitor if not exists {{ database }}_budget with
    credit_quota = {{ credit_quota }}
    frequency = monthly
    start_timestamp = immediately
    triggers
    on 80 percent do notify
    on 100 percent do suspend;

create warehouse if not exists {{ warehouse }}
    warehouse_size = 'XSMALL'
    auto_suspend = 60
    auto_resume = true
    initially_suspended = true
    resource_monitor = {{ database }}_budget
    statement_timeout_in_seconds = 840; -- the function that waits lives 900

-- Deploys: owns the database, its schemas, the storage integration and the pipes.
create role if not exists {{ database }}_platform;
grant create database on account to role {{ database }}_platform;
grant create integration on account to role {{ database }}_platform;
grant usage on warehouse {{ warehouse }} to role {{ database }}_platform;

-- Transforms: reads what arrived, owns the tables made from it.
create role if not exists {{ database }}_transform;
grant usage on warehouse {{ warehouse }} to role {{ database }}_transform;

-- Both log in as the AWS role of their function: there is no password and no key to keep.
create user if not exists {{ database }}_platform
    type = service
    workload_identity = (type = aws arn = '{{ platform_role_arn }}')
    default_role = {{ database }}_platform
    default_warehouse = {{ warehouse }};
grant role {{ database }}_platform to user {{ database }}_platform;

create user if not exists {{ database }}_transform
    type = service
    workload_identity = (type = aws arn = '{{ transform_role_arn }}')
    default_role = {{ database }}_transform
    default_warehouse = {{ warehouse }};
grant role {{ database }}_transform to user {{ database }}_transform;

-- People with SYSADMIN see both.
grant role {{ database }}_platform to role sysadmin;
grant role {{ database }}_transform to role sysadmin;
