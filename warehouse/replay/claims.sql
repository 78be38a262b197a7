-- Whose turn it is to build here, before anybody has asked. Grain: one row.
create table if not exists {{ rebuild }}.operations.replay (
    execution varchar comment 'The replay that builds, or built last',
    alive_at timestamp_ntz comment 'When it last called, UTC'
) comment = 'Whose turn it is to build here';

insert into {{ rebuild }}.operations.replay (alive_at)
select '1970-01-01'::timestamp_ntz as alive_at
where not exists (
    select 1 as found
    from {{ rebuild }}.operations.replay
);
