-- What was bought, and what came back of it. Grain: site, transaction_id.
-- A shop may report an order more than once; the first purchase counts, all refunds do.
create or alter table intermediate.orders (
    site varchar comment 'The shop',
    transaction_id varchar comment 'The shop''s number of the order',
    event_id varchar comment 'The purchase event that counts; null where only a refund was seen',
    client_id varchar comment 'The browser or device that bought; null without consent',
    customer_id varchar comment 'user_id where logged in, else client_id; null without consent',
    ordered_at timestamp_ntz comment 'When it was bought, UTC; null where only a refund was seen',
    currency varchar comment 'ISO 4217',
    value number(18, 4) comment 'The total of the order, in currency',
    tax number(18, 4) comment 'The tax in value',
    shipping number(18, 4) comment 'The shipping in value',
    item_count number(38, 0) comment 'How many different lines it has',
    refund_count number(38, 0) comment 'How many refunds were reported',
    refunded_at timestamp_ntz comment 'When the last refund was reported, UTC',
    refunded_value number(18, 4) comment 'What was given back; a refund without a value gives back the whole order'
) comment = 'Orders, the first report of each, with what was refunded';

select count(*) as rows_read
from staging.changes
where
    loaded_at > $since::timestamp_ntz
    and transaction_id is not null;

-- if incremental
delete from intermediate.orders
using staging.changes
where
    orders.site = changes.site
    and orders.transaction_id = changes.transaction_id
    and changes.loaded_at > $since::timestamp_ntz;
-- end if

insert into intermediate.orders (
    site,
    transaction_id,
    event_id,
    client_id,
    customer_id,
    ordered_at,
    currency,
    value,
    tax,
    shipping,
    item_count,
    refund_count,
    refunded_at,
    refunded_value
)
with

changed_orders as (

    select distinct
        site,
        transaction_id
    from staging.changes
    where
        loaded_at > $since::timestamp_ntz
        and name in ('purchase', 'refund')
        and transaction_id is not null

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
    from staging.events
    inner join changed_orders
        on
            events.site = changed_orders.site
            and events.transaction_id = changed_orders.transaction_id
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
    changed_orders.site,
    changed_orders.transaction_id,
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
from changed_orders
left join first_purchases
    on
        changed_orders.site = first_purchases.site
        and changed_orders.transaction_id = first_purchases.transaction_id
left join refunds
    on
        changed_orders.site = refunds.site
        and changed_orders.transaction_id = refunds.transaction_id
where
    first_purchases.event_id is not null
    or refunds.refund_count > 0;
