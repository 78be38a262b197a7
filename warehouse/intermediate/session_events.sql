-- What visitors did, each event in its session. Grain: site, event_id.
-- Without consent there is no visitor: such an event is kept, in no session.
create or alter table intermediate.session_events (
    site varchar comment 'The shop',
    event_id varchar comment 'As in staging.events',
    session_key varchar comment 'The session, named by its first event; null without consent',
    session_ended_at timestamp_ntz comment 'When the last event of the session happened, UTC; without consent, this one',
    client_id varchar comment 'The browser or device; null without consent',
    user_id varchar comment 'The customer, where logged in',
    session_id varchar comment 'The client''s own session, where it keeps one',
    occurred_at timestamp_ntz comment 'When it happened, UTC',
    name varchar comment 'What happened, in GA4 names',
    search_term varchar comment 'What was searched for, as typed',
    transaction_id varchar comment 'The order',
    currency varchar comment 'ISO 4217, of value',
    value number(18, 4) comment 'What the event is worth, in currency',
    prediction_id varchar comment 'The answer that it follows from'
) comment = 'What visitors did, each event in its session';

-- if incremental
-- A late event can split or join sessions, but only from half an hour before it on. What had ended by then stays; what
-- came after is made anew, from the start of the first session of it.
insert overwrite into operations.touched (site, key, changed_from, rebuilt_from)
with

changed_visitors as (

    select
        site,
        client_id,
        min(occurred_at) as changed_at
    from staging.changes
    where
        loaded_at > $since::timestamp_ntz
        and client_id is not null
        and name not in ('prediction', 'training_run', 'release')
    group by site, client_id

),

first_starts as (

    select
        changed_visitors.site,
        changed_visitors.client_id,
        min(session_events.occurred_at) as started_at
    from changed_visitors
    inner join intermediate.session_events
        on
            changed_visitors.site = session_events.site
            and changed_visitors.client_id = session_events.client_id
            and dateadd('second', -1800, changed_visitors.changed_at) <= session_events.session_ended_at
    group by changed_visitors.site, changed_visitors.client_id

)

select
    changed_visitors.site,
    changed_visitors.client_id as key,
    dateadd('second', -1800, changed_visitors.changed_at) as changed_from,
    least(changed_visitors.changed_at, coalesce(first_starts.started_at, changed_visitors.changed_at)) as rebuilt_from
from changed_visitors
left join first_starts
    on
        changed_visitors.site = first_starts.site
        and changed_visitors.client_id = first_starts.client_id;

-- The earliest of them: rows from before are not even looked at.
set changed_from = (
    select coalesce(min(changed_from), '9999-12-31'::timestamp_ntz)
    from operations.touched
);

set rebuilt_from = (
    select coalesce(min(rebuilt_from), '9999-12-31'::timestamp_ntz)
    from operations.touched
);
-- end if

select count(*) as rows_read
from staging.events
-- if incremental
inner join operations.touched
    on
        events.site = touched.site
        and events.client_id = touched.key
        and events.occurred_at >= touched.rebuilt_from
        and events.occurred_at >= $rebuilt_from::timestamp_ntz
-- end if
where events.client_id is not null;

-- if incremental
delete from intermediate.session_events
using operations.touched
where
    session_events.site = touched.site
    and session_events.client_id = touched.key
    and session_events.session_ended_at >= touched.changed_from
    and session_events.session_ended_at >= $changed_from::timestamp_ntz;
-- end if

-- if incremental
-- A copy that was replaced keeps its own moment, so nothing from before the earliest of them is concerned.
set arrived_from = (
    select coalesce(min(occurred_at), '9999-12-31'::timestamp_ntz)
    from staging.changes
    where loaded_at > $since::timestamp_ntz
);

delete from intermediate.session_events
using staging.changes
where
    session_events.client_id is null
    and session_events.site = changes.site
    and session_events.event_id = changes.event_id
    and session_events.occurred_at >= $arrived_from::timestamp_ntz
    and changes.client_id is null
    and changes.loaded_at > $since::timestamp_ntz;
-- end if

insert into intermediate.session_events (
    site,
    event_id,
    session_key,
    session_ended_at,
    client_id,
    user_id,
    session_id,
    occurred_at,
    name,
    search_term,
    transaction_id,
    currency,
    value,
    prediction_id
)
with

touched_events as (

    select
        events.site,
        events.event_id,
        events.client_id,
        events.user_id,
        events.session_id,
        events.occurred_at,
        events.name,
        events.search_term,
        events.transaction_id,
        events.currency,
        events.value,
        events.prediction_id
    from staging.events
    -- if incremental
    inner join operations.touched
        on
            events.site = touched.site
            and events.client_id = touched.key
            and events.occurred_at >= touched.rebuilt_from
            and events.occurred_at >= $rebuilt_from::timestamp_ntz
    -- end if
    where
        events.client_id is not null
        and events.name not in ('prediction', 'training_run', 'release')

),

between_events as (

    select
        *,
        datediff(
            'millisecond',
            lag(occurred_at) over (
                partition by site, client_id
                order by occurred_at, event_id
            ),
            occurred_at
        ) as silence_before_ms,
        datediff(
            'millisecond',
            occurred_at,
            lead(occurred_at) over (
                partition by site, client_id
                order by occurred_at, event_id
            )
        ) as silence_after_ms
    from touched_events

),

with_session as (

    select
        site,
        event_id,
        -- the first event's id, so that a session keeps its key when another one is split or grows;
        -- the length, because a client chooses its ids: "a|b" and "c" must not read as "a" and "b|c"
        sha2(
            site || '|' || length(client_id) || '|' || client_id || '|'
            || last_value(iff(coalesce(silence_before_ms > 1800 * 1000, true), event_id, null)) ignore nulls over (
                partition by site, client_id
                order by occurred_at, event_id
                rows between unbounded preceding and current row
            ),
            256
        ) as session_key,
        min(iff(coalesce(silence_after_ms > 1800 * 1000, true), occurred_at, null)) over (
            partition by site, client_id
            order by occurred_at, event_id
            rows between current row and unbounded following
        ) as session_ended_at,
        client_id,
        user_id,
        session_id,
        occurred_at,
        name,
        search_term,
        transaction_id,
        currency,
        value,
        prediction_id
    from between_events

),

without_consent as (

    select
        site,
        event_id,
        null as session_key,
        occurred_at as session_ended_at,
        client_id,
        user_id,
        session_id,
        occurred_at,
        name,
        search_term,
        transaction_id,
        currency,
        value,
        prediction_id
    from staging.events
    where
        client_id is null
        and name not in ('prediction', 'training_run', 'release')
        and loaded_at > $since::timestamp_ntz

)

select * from with_session
union all
select * from without_consent
-- By time, for a first refresh too: later ones are bounded by time, and skip what holds only older rows.
order by session_ended_at;
