-- Run once per environment, by a person with ACCOUNTADMIN, before its first deploy; nothing else needs that role.
-- With the environment's name in stacks/environments.py and its AWS account, from the root of the repository:
--   sed 's/{{ environment }}/dev/g; s/{{ account }}/111111111111/g' warehouse/bootstrap.sql | snow sql --stdin
-- or without the last part, pasted into a worksheet. stacks/warehouse.py expects these very names.
-- A person decides here who may log in and what a month may cost; what each role may do, deploys decide
-- (warehouse/platform/).
-- noqa: disable=LT02
use role accountadmin;

create resource monitor if not exists skiff_{{ environment }}_budget with
    credit_quota = 20 -- a month; an XSMALL warehouse burns one in an hour of work
    frequency = monthly
    start_timestamp = immediately
    triggers
    on 80 percent do notify
    on 100 percent do suspend;

-- Only ACCOUNTADMIN may put a warehouse under a monitor, so it is made here: there is none without its budget.
-- Size, suspension and timeout are set by each deploy.
create warehouse if not exists skiff_{{ environment }}
    warehouse_size = 'XSMALL'
    auto_suspend = 60
    auto_resume = true
    initially_suspended = true
    resource_monitor = skiff_{{ environment }}_budget;

-- Deploys: owns databases, schemas, stages, the storage integration and the other roles, and hands out their grants.
-- It does not get, because it can do without:
--   create warehouse: a second one would burn credits beside the budget; "modify" leaves the monitor alone;
--   create user: it could let anybody in, and what it may do would outlive it;
--   manage grants: that reaches every object of the account, owning a schema with managed access reaches that schema.
create role if not exists skiff_{{ environment }}_platform;
grant create database, create integration, create role on account to role skiff_{{ environment }}_platform;
grant modify on warehouse skiff_{{ environment }} to role skiff_{{ environment }}_platform;
grant usage on warehouse skiff_{{ environment }} to role skiff_{{ environment }}_platform with grant option;

-- Both log in as the AWS role of their function: there is no password and no key to keep. Functions have no addresses
-- of their own that a network policy could name. No secondary roles: a user is what its one role says.
create user if not exists skiff_{{ environment }}_platform
    type = service
    workload_identity = (type = aws arn = 'arn:aws:iam::{{ account }}:role/skiff-{{ environment }}-platform')
    default_role = skiff_{{ environment }}_platform
    default_secondary_roles = ()
    default_warehouse = skiff_{{ environment }};
grant role skiff_{{ environment }}_platform to user skiff_{{ environment }}_platform;

-- Its role is made and granted by the first deploy.
create user if not exists skiff_{{ environment }}_transform
    type = service
    workload_identity = (type = aws arn = 'arn:aws:iam::{{ account }}:role/skiff-{{ environment }}-transform')
    default_role = skiff_{{ environment }}_transform
    default_secondary_roles = ()
    default_warehouse = skiff_{{ environment }};

-- People with SYSADMIN may do what a deploy may: grant a colleague the reader's role, look at a pipe.
grant role skiff_{{ environment }}_platform to role sysadmin;
