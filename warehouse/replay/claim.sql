-- One replay at a time: claimed while its machine calls, which it does every minute. The answer is whose it is.
update {{ rebuild }}.operations.replay
set
    execution = '{{ execution }}',
    alive_at = sysdate()
where
    execution = '{{ execution }}'
    or alive_at < dateadd('minute', -5, sysdate());

select max(execution) as execution
from {{ rebuild }}.operations.replay;
