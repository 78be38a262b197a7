-- Where everything lives: the warehouse, and a second one beside it in which a replay builds all tables from the log
-- before it clones them over. Run by each deploy that changes a file here, so every statement may run again.
-- Managed access: whoever makes a table cannot hand it on, the owner of the schema grants for all (platform/grants).
-- Not transient, though all of it can be made again: a clone of a transient table is transient too.
create database if not exists {{ database }}_rebuild;
create schema if not exists {{ database }}_rebuild.raw with managed access;
create schema if not exists {{ database }}_rebuild.staging with managed access;
create schema if not exists {{ database }}_rebuild.intermediate with managed access;
create schema if not exists {{ database }}_rebuild.marts with managed access;
create schema if not exists {{ database }}_rebuild.live with managed access;
create schema if not exists {{ database }}_rebuild.operations with managed access;

create database if not exists {{ database }};
create schema if not exists {{ database }}.raw with managed access;
create schema if not exists {{ database }}.staging with managed access;
create schema if not exists {{ database }}.intermediate with managed access;
create schema if not exists {{ database }}.marts with managed access;
create schema if not exists {{ database }}.live with managed access;
create schema if not exists {{ database }}.operations with managed access;

-- Making a database or a schema also enters it.
use database {{ database }};
