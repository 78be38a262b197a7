-- Events as typed columns, the client's clock corrected. Grain: site, event_id.
create table if not exists staging.events (
    site varchar,
    event_id varchar,
    name varchar,
    occurred_at timestamp_ntz,
    received_at timestamp_ntz,
    client_id varchar,
    user_id varchar,
    session_id varchar,
    url varchar,
    referrer varchar,
    search_term varchar,
    transaction_id varchar,
    currency varchar,
    value number(18, 4),
    tax number(18, 4),
    shipping number(18, 4),
    prediction_id varchar,
    model varchar,
    version varchar,
    tier varchar,
    item_ids array,
    items variant,
    request_id varchar,
    user_agent varchar,
    loaded_at timestamp_ntz
);

-- The window is on arrival, so an event that comes late is simply a new one. The hour of overlap covers loads that
-- commit out of order; the key makes reading them twice harmless.
set since = (
    select coalesce(dateadd('hour', -1, max(loaded_at)), '1970-01-01'::timestamp_ntz)
    from staging.events
);

-- The copy of an event that was loaded first stays.
merge into staging.events as target
using (
    with

    arrived_events as (

        select * from raw.events
        where loaded_at > $since::timestamp_ntz

    ),

    typed_events as (

        select
            v:site::varchar as site,
            v:event.event_id::varchar as event_id,
            v:event.name::varchar as name,
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
            v:request_id::varchar as request_id,
            v:user_agent::varchar as user_agent,
            v:received_at::timestamp_ntz as received_at,
            to_timestamp_ntz(v:event.occurred_at::number, 3) as client_occurred_at,
            to_timestamp_ntz(v:sent_at::number, 3) as client_sent_at,
            loaded_at,
            src_file,
            src_row
        from arrived_events

    ),

    first_copies as (

        select * from typed_events
        where site is not null and event_id is not null
        qualify
            row_number() over (
                partition by site, event_id
                order by loaded_at, received_at, src_file, src_row
            ) = 1

    ),

    corrected_events as (

        select
            *,
            -- A client's clock is behind ours by as much as it shows when the batch leaves. Whatever it says, nothing
            -- happened after it was received: one fast clock would keep a session out of every snapshot.
            least(
                coalesce(
                    dateadd('millisecond', datediff('millisecond', client_sent_at, received_at), client_occurred_at),
                    client_occurred_at
                ),
                received_at
            ) as occurred_at
        from first_copies

    ),

    item_lists as (

        select
            first_copies.site,
            first_copies.event_id,
            array_agg(item.value:item_id::varchar) within group (order by item.index) as item_ids
        from first_copies,
            lateral flatten(input => first_copies.items) as item
        where item.value:item_id::varchar is not null
        group by first_copies.site, first_copies.event_id

    )

    select
        corrected_events.*,
        item_lists.item_ids
    from corrected_events
    left join item_lists
        on
            corrected_events.site = item_lists.site
            and corrected_events.event_id = item_lists.event_id
) as source
    on target.site = source.site and target.event_id = source.event_id
when not matched then insert (
    site,
    event_id,
    name,
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
    item_ids,
    items,
    request_id,
    user_agent,
    loaded_at
) values (
    source.site,
    source.event_id,
    source.name,
    source.occurred_at,
    source.received_at,
    source.client_id,
    source.user_id,
    source.session_id,
    source.url,
    source.referrer,
    source.search_term,
    source.transaction_id,
    source.currency,
    source.value,
    source.tax,
    source.shipping,
    source.prediction_id,
    source.model,
    source.version,
    source.tier,
    source.item_ids,
    source.items,
    source.request_id,
    source.user_agent,
    source.loaded_at
);
