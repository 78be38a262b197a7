-- What was searched for, and what came of it before the session searched again or ended. Grain: site, event_id.
create or alter table marts.searches (
    site varchar comment 'The shop',
    event_id varchar comment 'The search, as in staging.events',
    session_key varchar comment 'As in intermediate.sessions',
    client_id varchar comment 'The browser or device',
    searched_at timestamp_ntz comment 'When, UTC',
    session_ended_at timestamp_ntz comment 'When the session ended, UTC',
    search_term varchar comment 'What was searched for: in lower case, without blanks around it',
    view_count number(38, 0) comment 'How many items were looked at afterwards',
    first_item_id varchar comment 'The first item looked at afterwards',
    has_add_to_cart boolean comment 'Whether something was put into the cart afterwards',
    has_purchase boolean comment 'Whether something was bought afterwards'
) comment = 'What was searched for, and what came of it';

-- if incremental
-- The earliest event of these sessions: items of events from before are not even looked at.
set started_from = (
    select coalesce(min(sessions.started_at), '9999-12-31'::timestamp_ntz)
    from intermediate.sessions
    inner join operations.touched
        on
            sessions.site = touched.site
            and sessions.client_id = touched.key
            and sessions.ended_at >= touched.changed_from
            and sessions.ended_at >= $changed_from::timestamp_ntz
);

delete from marts.searches
using operations.touched
where
    searches.site = touched.site
    and searches.client_id = touched.key
    and searches.session_ended_at >= touched.changed_from
    and searches.session_ended_at >= $changed_from::timestamp_ntz;
-- end if

insert into marts.searches (
    site,
    event_id,
    session_key,
    client_id,
    searched_at,
    session_ended_at,
    search_term,
    view_count,
    first_item_id,
    has_add_to_cart,
    has_purchase
)
with

touched_events as (

    select
        session_events.site,
        session_events.event_id,
        session_events.session_key,
        session_events.client_id,
        session_events.occurred_at,
        session_events.session_ended_at,
        session_events.name,
        session_events.search_term
    from intermediate.session_events
    -- if incremental
    inner join operations.touched
        on
            session_events.site = touched.site
            and session_events.client_id = touched.key
            and session_events.session_ended_at >= touched.changed_from
            and session_events.session_ended_at >= $changed_from::timestamp_ntz
    -- end if
    where session_events.session_key is not null

),

searching_sessions as (

    select distinct session_key
    from touched_events
    where name = 'search'

),

numbered_by_search as (

    select
        touched_events.*,
        sum(iff(touched_events.name = 'search', 1, 0)) over (
            partition by touched_events.session_key
            order by touched_events.occurred_at, touched_events.event_id
            rows between unbounded preceding and current row
        ) as search_number
    from touched_events
    inner join searching_sessions
        on touched_events.session_key = searching_sessions.session_key

),

first_items as (

    select
        item_events.site,
        item_events.event_id,
        item_events.item_id
    from intermediate.item_events
    where
        item_events.position = 0
        and item_events.name = 'view_item'
        -- if incremental
        and item_events.occurred_at >= $started_from::timestamp_ntz
        -- end if

),

outcomes as (

    select
        numbered_by_search.session_key,
        numbered_by_search.search_number,
        count_if(numbered_by_search.name = 'view_item') as view_count,
        min_by(
            first_items.item_id,
            iff(
                first_items.item_id is null,
                null,
                lpad(date_part(epoch_millisecond, numbered_by_search.occurred_at)::varchar, 15, '0')
                || numbered_by_search.event_id
            )
        ) as first_item_id,
        count_if(numbered_by_search.name = 'add_to_cart') > 0 as has_add_to_cart,
        count_if(numbered_by_search.name = 'purchase') > 0 as has_purchase
    from numbered_by_search
    left join first_items
        on
            numbered_by_search.site = first_items.site
            and numbered_by_search.event_id = first_items.event_id
    where numbered_by_search.search_number > 0
    group by numbered_by_search.session_key, numbered_by_search.search_number

)

select
    numbered_by_search.site,
    numbered_by_search.event_id,
    numbered_by_search.session_key,
    numbered_by_search.client_id,
    numbered_by_search.occurred_at as searched_at,
    numbered_by_search.session_ended_at,
    lower(trim(numbered_by_search.search_term)) as search_term,
    outcomes.view_count,
    outcomes.first_item_id,
    outcomes.has_add_to_cart,
    outcomes.has_purchase
from numbered_by_search
inner join outcomes
    on
        numbered_by_search.session_key = outcomes.session_key
        and numbered_by_search.search_number = outcomes.search_number
where numbered_by_search.name = 'search';
