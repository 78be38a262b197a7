create table staging_events as
with

first_copies as (

    select arg_min(rowid, (received_at, rowid)) as line
    from lines
    where site is not null and event.event_id is not null
    group by site, event.event_id

)

select
    lines.site,
    event.event_id,
    event.name,
    lines.source,
    make_timestamp(
        1000 * least(
            event.occurred_at + coalesce(epoch_ms(lines.received_at) - lines.sent_at, 0),
            epoch_ms(lines.received_at)
        )
    ) as occurred_at,
    lines.received_at,
    event.client_id,
    event.user_id,
    event.session_id,
    event.url,
    event.referrer,
    event.search_term,
    event.transaction_id,
    event.currency,
    event.value,
    event.tax,
    event.shipping,
    event.prediction_id,
    event.model,
    event.version,
    event.tier,
    event.items,
    coalesce(lines.verified, false) as is_verified,
    lines.reject_id,
    lines.request_id,
    lines.user_agent,
    lines.filename
from lines
semi join first_copies on lines.rowid = first_copies.line;

drop table lines;
