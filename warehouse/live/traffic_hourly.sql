-- What goes on in a shop, hour by hour, up to what has been loaded. Grain: site, hour.
create or replace view live.traffic_hourly as
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
    from live.session_events
    group by 1, 2

),

placed_orders as (

    select
        site,
        date_trunc('hour', ordered_at) as hour,
        count(*) as order_count,
        sum(value) as revenue
    from live.orders
    where ordered_at is not null
    group by 1, 2

),

answers as (

    select
        site,
        date_trunc('hour', occurred_at) as hour,
        count(*) as prediction_count
    from live.events
    where name = 'prediction'
    group by 1, 2

),

hours as (

    select
        site,
        hour
    from visits
    union distinct
    select
        site,
        hour
    from answers

)

select
    hours.site,
    hours.hour,
    coalesce(visits.event_count, 0) as event_count,
    coalesce(visits.visitor_count, 0) as visitor_count,
    coalesce(visits.session_count, 0) as session_count,
    coalesce(visits.view_count, 0) as view_count,
    coalesce(visits.add_to_cart_count, 0) as add_to_cart_count,
    coalesce(visits.search_count, 0) as search_count,
    coalesce(placed_orders.order_count, 0) as order_count,
    coalesce(placed_orders.revenue, 0) as revenue,
    coalesce(answers.prediction_count, 0) as prediction_count
from hours
left join visits
    on
        hours.site = visits.site
        and hours.hour = visits.hour
left join placed_orders
    on
        hours.site = placed_orders.site
        and hours.hour = placed_orders.hour
left join answers
    on
        hours.site = answers.site
        and hours.hour = answers.hour;
