create table intermediate_session_events as
with

numbered as (

    select
        *,
        sum(is_first) over (
            partition by site, client_id
            order by occurred_at, event_id
            rows unbounded preceding
        ) as session_number
    from (
        select
            * exclude (source, received_at, url, referrer, tax, shipping, model, version, tier, items, is_verified,
            reject_id, request_id, user_agent, filename),
            coalesce(
                occurred_at - lag(occurred_at) over (
                    partition by site, client_id
                    order by occurred_at, event_id
                ) > interval 30 minutes,
                true
            )::integer as is_first
        from staging_events
        where client_id is not null and name not in ('prediction', 'training_run', 'release')
    )

),

named as (

    select
        site,
        client_id,
        session_number,
        sha256(
            site || '|' || length(client_id) || '|' || client_id || '|' || max(event_id) filter (is_first = 1)
        ) as session_key,
        max(occurred_at) as session_ended_at
    from numbered
    group by site, client_id, session_number

)

select
    numbered.site,
    numbered.event_id,
    named.session_key,
    named.session_ended_at,
    numbered.client_id,
    numbered.user_id,
    numbered.session_id,
    numbered.occurred_at,
    numbered.name,
    numbered.search_term,
    numbered.transaction_id,
    numbered.currency,
    numbered.value,
    numbered.prediction_id
from numbered
inner join named using (site, client_id, session_number)
union all
select
    site,
    event_id,
    null,
    occurred_at,
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
from staging_events
where client_id is null and name not in ('prediction', 'training_run', 'release');

create table intermediate_sessions as
select
    session_key,
    site,
    client_id,
    max(user_id) as user_id,
    min(occurred_at) as started_at,
    max(occurred_at) as ended_at,
    count(*) as event_count,
    count_if(name = 'view_item') as view_count,
    bool_or(name = 'add_to_cart') as has_add_to_cart,
    bool_or(name = 'purchase') as has_purchase
from intermediate_session_events
where session_key is not null
group by session_key, site, client_id;

create table intermediate_item_events as
with

flattened as (

    select
        * exclude (items),
        unnest(items) as item,
        generate_subscripts(items, 1) - 1 as position
    from (
        select
            site,
            event_id,
            client_id,
            coalesce(user_id, client_id) as customer_id,
            session_id,
            occurred_at,
            name,
            currency,
            from_json(items, '[{
                "item_id": "varchar", "item_name": "varchar", "item_brand": "varchar", "item_category": "varchar",
                "price": "decimal(18, 4)", "quantity": "decimal(18, 4)"
            }]') as items
        from staging_events
        where name not in ('prediction', 'training_run', 'release')
    )

)

select
    site,
    event_id,
    position,
    client_id,
    customer_id,
    session_id,
    occurred_at,
    name,
    item.item_id,
    item.item_name,
    item.item_brand,
    item.item_category,
    item.price,
    item.quantity,
    currency
from flattened
where item.item_id is not null;

create table intermediate_orders as
with

reports as (

    select *
    from staging_events
    where name in ('purchase', 'refund') and transaction_id is not null

),

purchases as (

    select distinct on (site, transaction_id) *
    from reports
    where name = 'purchase'
    order by site, transaction_id, occurred_at, event_id

),

refunds as (

    select
        site,
        transaction_id,
        count(*) as refund_count,
        max(occurred_at) as refunded_at,
        sum(value) as refunded_value,
        bool_or(value is null) as is_whole
    from reports
    where name = 'refund'
    group by all

)

select
    site,
    transaction_id,
    purchases.event_id,
    purchases.client_id,
    coalesce(purchases.user_id, purchases.client_id) as customer_id,
    purchases.occurred_at as ordered_at,
    purchases.currency,
    purchases.value,
    purchases.tax,
    purchases.shipping,
    json_array_length(purchases.items) as item_count,
    coalesce(refunds.refund_count, 0) as refund_count,
    refunds.refunded_at,
    if(coalesce(refunds.is_whole, false), purchases.value, coalesce(refunds.refunded_value, 0)) as refunded_value
from purchases
full join refunds using (site, transaction_id);
