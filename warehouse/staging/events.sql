-- Events as typed columns, the client's clock corrected. Grain: site, event_id.
create or alter table staging.events (
    site varchar comment 'The shop whose write key came with the event',
    event_id varchar comment 'Made by the client, or from the content, so that an event sent twice is one',
    name varchar comment 'What happened, in GA4 names; prediction, training_run and release are the system''s own',
    source varchar comment 'How the line came into the log: collector, import, redrive, predict, training or release',
    occurred_at timestamp_ntz comment 'When it happened, UTC: the client''s clock, corrected by sent_at, never in the future',
    received_at timestamp_ntz comment 'When the collector had it, UTC',
    client_id varchar comment 'The browser or device; null where consent was denied',
    user_id varchar comment 'The shop''s own name for a customer who is logged in',
    session_id varchar comment 'The client''s own session, where it keeps one',
    url varchar comment 'The page',
    referrer varchar comment 'The page before',
    search_term varchar comment 'What was searched for, as typed',
    transaction_id varchar comment 'The order that a purchase or refund belongs to',
    currency varchar comment 'ISO 4217, of value, tax, shipping and prices',
    value number(18, 4) comment 'What the event is worth, in currency; of a purchase the order''s total',
    tax number(18, 4) comment 'The tax in value',
    shipping number(18, 4) comment 'The shipping in value',
    prediction_id varchar comment 'The answer that this event follows from, or that it is',
    model varchar comment 'The model that answered or was trained',
    version varchar comment 'Its version',
    tier varchar comment 'Who answered: model, cache or baseline',
    items variant comment 'The items as sent, a JSON array of objects',
    details variant comment 'Of the system''s own events, the event whole; null for clients',
    is_verified boolean comment 'Whether the sender proved itself by a signature',
    reject_id varchar comment 'The refusal that it was redriven from',
    request_id varchar comment 'The HTTP request that the event came with',
    user_agent varchar comment 'The program that sent it',
    src_file varchar comment 'The file of the log that holds the line',
    src_row number(38, 0) comment 'Its row there, from 1',
    loaded_at timestamp_ntz comment 'When the warehouse had it, UTC; refreshes go by it'
) comment = 'Events as typed columns, one row per event';

-- What the line that arrived later but was received earlier has replaced: whom it concerned has to be made anew.
-- Grain: site, event_id, loaded_at.
create or alter table staging.displaced_events (
    site varchar comment 'As in staging.events before it was replaced',
    event_id varchar comment 'As in staging.events',
    name varchar comment 'As in staging.events before it was replaced',
    occurred_at timestamp_ntz comment 'As in staging.events before it was replaced',
    client_id varchar comment 'As in staging.events before it was replaced',
    user_id varchar comment 'As in staging.events before it was replaced',
    transaction_id varchar comment 'As in staging.events before it was replaced',
    items variant comment 'As in staging.events before it was replaced',
    loaded_at timestamp_ntz comment 'When the line that replaced it was loaded, UTC'
) comment = 'Events that an earlier copy has replaced: bookkeeping of refreshes, empty after a replay';

-- Every line of the log as typed columns, copies included. Grain: src_file, src_row. Only here is the JSON opened.
create or replace view staging.arrivals as
with

typed_lines as (

    select
        v:site::varchar as site,
        v:event.event_id::varchar as event_id,
        v:event.name::varchar as name,
        v:source::varchar as source,
        v:received_at::timestamp_ntz as received_at,
        v:event.client_id::varchar as client_id,
        v:event.user_id::varchar as user_id,
        v:event.session_id::varchar as session_id,
        v:event.url::varchar as url,
        v:event.referrer::varchar as referrer,
        v:event.search_term::varchar as search_term,
        v:event.transaction_id::varchar as transaction_id,
        v:event.currency::varchar as currency,
        v:event.value::number(18, 4) as value,
        v:event.tax::number(18, 4) as tax,
        v:event.shipping::number(18, 4) as shipping,
        v:event.prediction_id::varchar as prediction_id,
        v:event.model::varchar as model,
        v:event.version::varchar as version,
        v:event.tier::varchar as tier,
        v:event.items as items,
        iff(v:event.name::varchar in ('prediction', 'training_run', 'release'), v:event, null) as details,
        coalesce(v:verified::boolean, false) as is_verified,
        v:reject_id::varchar as reject_id,
        v:request_id::varchar as request_id,
        v:user_agent::varchar as user_agent,
        to_timestamp_ntz(v:event.occurred_at::number, 3) as client_occurred_at,
        to_timestamp_ntz(v:sent_at::number, 3) as client_sent_at,
        src_file,
        src_row,
        loaded_at
    from raw.events

)

select
    site,
    event_id,
    name,
    source,
    -- A client's clock is behind ours by as much as it shows when the batch leaves. Whatever it says, nothing happened
    -- after it was received: one fast clock would keep a session out of every snapshot.
    least(
        coalesce(
            dateadd('millisecond', datediff('millisecond', client_sent_at, received_at), client_occurred_at),
            client_occurred_at
        ),
        received_at
    ) as occurred_at,
    received_at,
    client_id,
    user_id,
    session_id,
    url,
    referrer,
    search_term,
    transaction_id,
    currency,
    value,
    tax,
    shipping,
    prediction_id,
    model,
    version,
    tier,
    items,
    details,
    is_verified,
    reject_id,
    request_id,
    user_agent,
    src_file,
    src_row,
    loaded_at
from typed_lines;

-- Everything that a refresh has to look at: what came, and what it replaced.
-- Grain: site, event_id, and one row more for each time that it was replaced.
create or replace view staging.changes as
select
    site,
    event_id,
    name,
    occurred_at,
    client_id,
    user_id,
    transaction_id,
    items,
    loaded_at
from staging.events
union all
select
    site,
    event_id,
    name,
    occurred_at,
    client_id,
    user_id,
    transaction_id,
    items,
    loaded_at
from staging.displaced_events;

select count(*) as rows_read
from raw.events
where loaded_at > $since::timestamp_ntz;

-- Of the copies of an event the one that was received first counts, in whatever order they are loaded: so a replay,
-- which loads all at once, comes to the same.
insert overwrite into operations.later_copies (site, event_id, src_file, src_row, loaded_at, first_loaded_at)
with

arrived as (

    select
        v:site::varchar as site,
        v:event.event_id::varchar as event_id,
        v:received_at::timestamp_ntz as received_at,
        src_file,
        src_row,
        loaded_at
    from raw.events
    where loaded_at > $since::timestamp_ntz

),

arrived_events as (

    select distinct
        site,
        event_id
    from arrived

),

copies as (

    select * from arrived
    -- if incremental
    union all
    select
        events.site,
        events.event_id,
        events.received_at,
        events.src_file,
        events.src_row,
        events.loaded_at
    from staging.events
    inner join arrived_events
        on
            events.site = arrived_events.site
            and events.event_id = arrived_events.event_id
    where events.loaded_at <= $since::timestamp_ntz
    -- end if

),

copied as (

    select
        site,
        event_id
    from copies
    group by site, event_id
    having count(*) > 1

)

select
    copies.site,
    copies.event_id,
    copies.src_file,
    copies.src_row,
    copies.loaded_at,
    first_value(copies.loaded_at) over (
        partition by copies.site, copies.event_id
        order by copies.received_at, copies.src_file, copies.src_row, copies.loaded_at
    ) as first_loaded_at
from copies
inner join copied
    on
        copies.site = copied.site
        and copies.event_id = copied.event_id
qualify
    row_number() over (
        partition by copies.site, copies.event_id
        order by copies.received_at, copies.src_file, copies.src_row, copies.loaded_at
    ) > 1;

-- if incremental
insert into staging.displaced_events (
    site,
    event_id,
    name,
    occurred_at,
    client_id,
    user_id,
    transaction_id,
    items,
    loaded_at
)
select
    events.site,
    events.event_id,
    events.name,
    events.occurred_at,
    events.client_id,
    events.user_id,
    events.transaction_id,
    events.items,
    later_copies.first_loaded_at as loaded_at
from staging.events
inner join operations.later_copies
    on
        events.src_file = later_copies.src_file
        and events.src_row = later_copies.src_row
        and events.loaded_at = later_copies.loaded_at;

delete from staging.events
using operations.later_copies
where
    events.src_file = later_copies.src_file
    and events.src_row = later_copies.src_row
    and events.loaded_at = later_copies.loaded_at;
-- end if

insert into staging.events (
    site,
    event_id,
    name,
    source,
    occurred_at,
    received_at,
    client_id,
    user_id,
    session_id,
    url,
    referrer,
    search_term,
    transaction_id,
    currency,
    value,
    tax,
    shipping,
    prediction_id,
    model,
    version,
    tier,
    items,
    details,
    is_verified,
    reject_id,
    request_id,
    user_agent,
    src_file,
    src_row,
    loaded_at
)
select
    arrivals.site,
    arrivals.event_id,
    arrivals.name,
    arrivals.source,
    arrivals.occurred_at,
    arrivals.received_at,
    arrivals.client_id,
    arrivals.user_id,
    arrivals.session_id,
    arrivals.url,
    arrivals.referrer,
    arrivals.search_term,
    arrivals.transaction_id,
    arrivals.currency,
    arrivals.value,
    arrivals.tax,
    arrivals.shipping,
    arrivals.prediction_id,
    arrivals.model,
    arrivals.version,
    arrivals.tier,
    arrivals.items,
    arrivals.details,
    arrivals.is_verified,
    arrivals.reject_id,
    arrivals.request_id,
    arrivals.user_agent,
    arrivals.src_file,
    arrivals.src_row,
    arrivals.loaded_at
from staging.arrivals
where
    arrivals.loaded_at > $since::timestamp_ntz
    and arrivals.site is not null
    and arrivals.event_id is not null
    and not exists (
        select 1 as found
        from operations.later_copies
        where
            later_copies.src_file = arrivals.src_file
            and later_copies.src_row = arrivals.src_row
            and later_copies.loaded_at = arrivals.loaded_at
    )
    -- if incremental
    -- what an earlier refresh has taken already
    and not exists (
        select 1 as found
        from staging.events
        where
            events.loaded_at > $since::timestamp_ntz
            and events.src_file = arrivals.src_file
            and events.src_row = arrivals.src_row
    )
    -- end if
;
