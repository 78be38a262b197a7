-- Orders as they will be after the next refresh. Grain: site, transaction_id.
create or replace view live.orders as
with

all_orders as (

    select distinct
        site,
        transaction_id
    from live.events
    where
        transaction_id is not null
        and name in ('purchase', 'refund')

),

reports as (

    select
        events.site,
        events.transaction_id,
        events.event_id,
        events.name,
        events.client_id,
        coalesce(events.user_id, events.client_id) as customer_id,
        events.occurred_at,
        events.currency,
        events.value,
        events.tax,
        events.shipping,
        array_size(events.items) as item_count
    from live.events
    inner join all_orders
        on
            events.site = all_orders.site
            and events.transaction_id = all_orders.transaction_id
    where events.name in ('purchase', 'refund')

),

first_purchases as (

    select * from reports
    where name = 'purchase'
    qualify
        row_number() over (
            partition by site, transaction_id
            order by occurred_at, event_id
        ) = 1

),

refunds as (

    select
        site,
        transaction_id,
        count(*) as refund_count,
        max(occurred_at) as refunded_at,
        sum(value) as refunded_value,
        count_if(value is null) as whole_refunds
    from reports
    where name = 'refund'
    group by site, transaction_id

)

select
    all_orders.site,
    all_orders.transaction_id,
    first_purchases.event_id,
    first_purchases.client_id,
    first_purchases.customer_id,
    first_purchases.occurred_at as ordered_at,
    first_purchases.currency,
    first_purchases.value,
    first_purchases.tax,
    first_purchases.shipping,
    first_purchases.item_count,
    coalesce(refunds.refund_count, 0) as refund_count,
    refunds.refunded_at,
    iff(
        refunds.whole_refunds > 0,
        first_purchases.value,
        coalesce(refunds.refunded_value, 0)
    ) as refunded_value
from all_orders
left join first_purchases
    on
        all_orders.site = first_purchases.site
        and all_orders.transaction_id = first_purchases.transaction_id
left join refunds
    on
        all_orders.site = refunds.site
        and all_orders.transaction_id = refunds.transaction_id
where
    first_purchases.event_id is not null
    or refunds.refund_count > 0;
