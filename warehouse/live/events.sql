-- Events as they will be after the next refresh: staging, and what has been loaded since. Grain: site, event_id.
create or replace view live.events as
with

new_lines as (

    select *
    from staging.arrivals
    where
        loaded_at > (
            select coalesce(dateadd('hour', -1, max(loaded_until)), '1970-01-01'::timestamp_ntz)
            from operations.refreshes
            where table_name = 'staging.events'
        )
        and site is not null
        and event_id is not null

),

new_events as (

    select distinct
        site,
        event_id
    from new_lines

),

settled as (

    select events.*
    from staging.events
    left join new_events
        on
            events.site = new_events.site
            and events.event_id = new_events.event_id
    where new_events.event_id is null

),

copies as (

    select
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
    from new_lines
    union all
    select
        events.site,
        events.event_id,
        events.name,
        events.source,
        events.occurred_at,
        events.received_at,
        events.client_id,
        events.user_id,
        events.session_id,
        events.url,
        events.referrer,
        events.search_term,
        events.transaction_id,
        events.currency,
        events.value,
        events.tax,
        events.shipping,
        events.prediction_id,
        events.model,
        events.version,
        events.tier,
        events.items,
        events.details,
        events.is_verified,
        events.reject_id,
        events.request_id,
        events.user_agent,
        events.src_file,
        events.src_row,
        events.loaded_at
    from staging.events
    inner join new_events
        on
            events.site = new_events.site
            and events.event_id = new_events.event_id

),

first_copies as (

    select * from copies
    qualify
        row_number() over (
            partition by site, event_id
            order by received_at, src_file, src_row
        ) = 1

)

select
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
from settled
union all
select
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
from first_copies;
