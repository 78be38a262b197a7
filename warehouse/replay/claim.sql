-- One replay at a time: claimed while its machine calls, which it does every minute. The answer is whose it is.
create table if not exists {{ rebuild }}.operations.replay (
    execution varchar,
    alive_at timestamp_ntz
);

insert into {{ rebuild }}.operations.replay (execution, alive_at)
select
    '{{ execution }}' as execution,
    sysdate() as alive_at
where not exists (
    select 1 as found
    from {{ rebuild }}.operations.replay
);

update {{ rebuild }}.operations.replay
set
    execution = '{{ execution }}',
    alive_at = sysdate()
where
    execution = '{{ execution }}'
    or alive_at < dateadd('minute', -5, sysdate());

select max(execution) as execution
from {{ rebuild }}.operations.replay;
