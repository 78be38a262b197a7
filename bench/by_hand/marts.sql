create table marts_next_item_sessions as
with

looks as (

    select
        looks.site,
        looks.client_id,
        looks.session_id,
        own_sessions.session_key as own_session,
        looks.event_id,
        looks.occurred_at,
        looks.position,
        looks.item_id
    from intermediate_item_events as looks
    left join (
        select site, event_id, session_key
        from intermediate_session_events
        where session_id is null and name = 'view_item'
    ) as own_sessions
        on looks.site = own_sessions.site and looks.event_id = own_sessions.event_id
    where looks.name = 'view_item' and looks.client_id is not null

),

ordered as (

    select
        site,
        client_id,
        session_id,
        own_session,
        list({item_id: item_id, moment: occurred_at} order by occurred_at, event_id, position)[-1000:] as looks
    from looks
    group by site, client_id, session_id, own_session

)

select
    coalesce(
        own_session,
        sha256(site || '|' || length(client_id) || '|' || client_id || '|' || session_id)
    ) as session_key,
    site,
    client_id,
    looks[1].moment as started_at,
    looks[-1].moment as ended_at,
    list_transform(looks, lambda look: look.item_id) as item_ids,
    list_transform(looks, lambda look: epoch_ms(look.moment)) as occurred_at_ms
from ordered;

create table marts_purchase_intent_sessions as
with

purchases as (

    select
        session_key,
        min(occurred_at) as purchased_at
    from intermediate_session_events
    where name = 'purchase' and session_key is not null
    group by session_key

),

events_before as (

    select
        events.session_key,
        list(
            {
                name: events.name,
                ms: epoch_ms(events.occurred_at),
                item_id: coalesce(first_items.item_id, ''),
                value: coalesce(events.value, 0)
            }
            order by events.occurred_at, events.event_id
        )[-1000:] as events,
        any_value(purchases.purchased_at) is not null as has_purchase
    from intermediate_session_events as events
    left join purchases using (session_key)
    left join (select site, event_id, item_id from intermediate_item_events where position = 0) as first_items
        on events.site = first_items.site and events.event_id = first_items.event_id
    where
        events.session_key is not null
        and (purchases.purchased_at is null or events.occurred_at < purchases.purchased_at)
    group by events.session_key

)

select
    session_key,
    sessions.site,
    sessions.client_id,
    sessions.started_at,
    sessions.ended_at,
    list_transform(events_before.events, lambda event: event.name) as event_names,
    list_transform(events_before.events, lambda event: event.ms) as occurred_at_ms,
    list_transform(events_before.events, lambda event: event.item_id) as item_ids,
    list_transform(events_before.events, lambda event: event.value) as event_values,
    events_before.has_purchase
from events_before
inner join intermediate_sessions as sessions using (session_key);

create table marts_customer_items as
select
    items.site,
    items.customer_id,
    items.item_id,
    count_if(items.name = 'view_item') as view_count,
    count_if(items.name = 'add_to_cart') as add_to_cart_count,
    count(distinct orders.transaction_id) as order_count,
    sum(if(orders.transaction_id is null, 0, coalesce(items.quantity, 1))) as quantity,
    min(items.occurred_at) as first_at,
    max(items.occurred_at) as last_at
from intermediate_item_events as items
left join intermediate_orders as orders
    on items.name = 'purchase' and items.site = orders.site and items.event_id = orders.event_id
where items.customer_id is not null and items.name in ('view_item', 'add_to_cart', 'purchase')
group by items.site, items.customer_id, items.item_id;

create table marts_catalogue as
with

dated as (

    select
        *,
        (occurred_at, event_id, position) as age
    from intermediate_item_events

)

select
    site,
    item_id,
    arg_max(item_name, age) filter (item_name is not null) as item_name,
    arg_max(item_brand, age) filter (item_brand is not null) as item_brand,
    arg_max(item_category, age) filter (item_category is not null) as item_category,
    arg_max(price, age) filter (price is not null) as price,
    arg_max(currency, age) filter (price is not null) as currency,
    min(occurred_at) as first_seen_at,
    max(occurred_at) as last_seen_at
from dated
group by site, item_id;

create table marts_searches as
with

numbered as (

    select
        *,
        count_if(name = 'search') over (
            partition by session_key
            order by occurred_at, event_id
            rows unbounded preceding
        ) as search_number
    from intermediate_session_events
    where session_key in (select session_key from intermediate_session_events where name = 'search')

),

outcomes as (

    select
        numbered.session_key,
        numbered.search_number,
        count_if(numbered.name = 'view_item') as view_count,
        arg_min(first_items.item_id, (numbered.occurred_at, numbered.event_id))
            filter (first_items.item_id is not null) as first_item_id,
        bool_or(numbered.name = 'add_to_cart') as has_add_to_cart,
        bool_or(numbered.name = 'purchase') as has_purchase
    from numbered
    left join (
        select site, event_id, item_id
        from intermediate_item_events
        where position = 0 and name = 'view_item'
    ) as first_items
        on numbered.site = first_items.site and numbered.event_id = first_items.event_id
    where numbered.search_number > 0
    group by numbered.session_key, numbered.search_number

)

select
    numbered.site,
    numbered.event_id,
    numbered.session_key,
    numbered.client_id,
    numbered.occurred_at as searched_at,
    numbered.session_ended_at,
    lower(trim(numbered.search_term)) as search_term,
    outcomes.* exclude (session_key, search_number)
from numbered
inner join outcomes using (session_key, search_number)
where numbered.name = 'search';

create table marts_traffic_hourly as
with

visits as (

    select
        site,
        date_trunc('hour', occurred_at) as hour,
        count(*) as event_count,
        count(distinct client_id) as visitor_count,
        count(distinct session_key) as session_count,
        count_if(name = 'view_item') as view_count,
        count_if(name = 'add_to_cart') as add_to_cart_count,
        count_if(name = 'search') as search_count
    from intermediate_session_events
    group by all

),

placed_orders as (

    select
        site,
        date_trunc('hour', ordered_at) as hour,
        count(*) as order_count,
        sum(value) as revenue
    from intermediate_orders
    where ordered_at is not null
    group by all

)

select
    visits.*,
    coalesce(placed_orders.order_count, 0) as order_count,
    coalesce(placed_orders.revenue, 0) as revenue,
    0 as prediction_count -- made-up shops are asked nothing
from visits
left join placed_orders using (site, hour);

create table marts_traffic_daily as
with

visits as (

    select
        site,
        occurred_at::date as day,
        count(*) as event_count,
        count(distinct client_id) as visitor_count,
        count(distinct session_key) as session_count,
        count_if(name = 'view_item') as view_count,
        count_if(name = 'add_to_cart') as add_to_cart_count,
        count_if(name = 'search') as search_count
    from intermediate_session_events
    group by all

),

placed_orders as (

    select
        site,
        ordered_at::date as day,
        count(*) as order_count,
        sum(value) as revenue
    from intermediate_orders
    where ordered_at is not null
    group by all

)

select
    visits.*,
    coalesce(placed_orders.order_count, 0) as order_count,
    coalesce(placed_orders.revenue, 0) as revenue,
    0 as prediction_count
from visits
left join placed_orders using (site, day);
