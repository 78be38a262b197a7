-- This replay has ended: the next one may begin.
update {{ rebuild }}.operations.replay
set alive_at = '1970-01-01'::timestamp_ntz
where execution = '{{ execution }}';
