-- What went on in a shop, hour by hour. Grain: site, hour.
create or alter table marts.traffic_hourly (
    site varchar comment 'The shop',
    hour timestamp_ntz comment 'Start of the hour, UTC',
    event_count number(38, 0) comment 'Events of clients, also of those without consent',
    visitor_count number(38, 0) comment 'Different clients',
    session_count number(38, 0) comment 'Different sessions, each in every hour that it has events in',
    view_count number(38, 0) comment 'view_item events',
    add_to_cart_count number(38, 0) comment 'add_to_cart events',
    search_count number(38, 0) comment 'search events',
    order_count number(38, 0) comment 'Orders placed, each once',
    revenue number(38, 4) comment 'What these orders were worth, whatever their currency; refunds not taken off',
    prediction_count number(38, 0) comment 'Answers given'
) comment = 'What went on in a shop, hour by hour';

-- Also hours whose orders share a number with something new: which report of an order counts may have changed.
insert overwrite into operations.touched (site, changed_from)
with

changed_orders as (

    select
        site,
        transaction_id
    from staging.changes
    where
        loaded_at > $since::timestamp_ntz
        and transaction_id is not null

),

moments as (

    select
        site,
        occurred_at
    from staging.changes
    where loaded_at > $since::timestamp_ntz
    union all
    select
        events.site,
        events.occurred_at
    from staging.events
    inner join changed_orders
        on
            events.site = changed_orders.site
            and events.transaction_id = changed_orders.transaction_id

)

select distinct
    site,
    date_trunc('hour', occurred_at) as changed_from
from moments;

-- The earliest of them: rows from before are not even looked at.
set changed_from = (
    select coalesce(min(changed_from), '9999-12-31'::timestamp_ntz)
    from operations.touched
);

select count(*) as rows_read
from intermediate.session_events
inner join operations.touched
    on
        session_events.site = touched.site
        and date_trunc('hour', session_events.occurred_at) = touched.changed_from
        and session_events.occurred_at >= $changed_from::timestamp_ntz;

delete from marts.traffic_hourly
using operations.touched
where
    traffic_hourly.site = touched.site
    and traffic_hourly.hour = touched.changed_from;

insert into marts.traffic_hourly (
    site,
    hour,
    event_count,
    visitor_count,
    session_count,
    view_count,
    add_to_cart_count,
    search_count,
    order_count,
    revenue,
    prediction_count
)
with

visits as (

    select
        touched.site,
        touched.changed_from,
        count(*) as event_count,
        count(distinct session_events.client_id) as visitor_count,
        count(distinct session_events.session_key) as session_count,
        count_if(session_events.name = 'view_item') as view_count,
        count_if(session_events.name = 'add_to_cart') as add_to_cart_count,
        count_if(session_events.name = 'search') as search_count
    from intermediate.session_events
    inner join operations.touched
        on
            session_events.site = touched.site
            and date_trunc('hour', session_events.occurred_at) = touched.changed_from
            and session_events.occurred_at >= $changed_from::timestamp_ntz
    group by touched.site, touched.changed_from

),

placed_orders as (

    select
        touched.site,
        touched.changed_from,
        count(*) as order_count,
        sum(orders.value) as revenue
    from intermediate.orders
    inner join operations.touched
        on
            orders.site = touched.site
            and date_trunc('hour', orders.ordered_at) = touched.changed_from
            and orders.ordered_at >= $changed_from::timestamp_ntz
    group by touched.site, touched.changed_from

),

answers as (

    select
        touched.site,
        touched.changed_from,
        count(*) as prediction_count
    from staging.events
    inner join operations.touched
        on
            events.site = touched.site
            and date_trunc('hour', events.occurred_at) = touched.changed_from
            and events.occurred_at >= $changed_from::timestamp_ntz
    where events.name = 'prediction'
    group by touched.site, touched.changed_from

)

select
    touched.site,
    touched.changed_from as hour,
    coalesce(visits.event_count, 0) as event_count,
    coalesce(visits.visitor_count, 0) as visitor_count,
    coalesce(visits.session_count, 0) as session_count,
    coalesce(visits.view_count, 0) as view_count,
    coalesce(visits.add_to_cart_count, 0) as add_to_cart_count,
    coalesce(visits.search_count, 0) as search_count,
    coalesce(placed_orders.order_count, 0) as order_count,
    coalesce(placed_orders.revenue, 0) as revenue,
    coalesce(answers.prediction_count, 0) as prediction_count
from operations.touched
left join visits
    on
        touched.site = visits.site
        and touched.changed_from = visits.changed_from
left join placed_orders
    on
        touched.site = placed_orders.site
        and touched.changed_from = placed_orders.changed_from
left join answers
    on
        touched.site = answers.site
        and touched.changed_from = answers.changed_from
where
    visits.event_count > 0
    or answers.prediction_count > 0;
