-- How far the events have come: one number per step of their way.
select
    (
        select count(*)
        from (
            select distinct
                src_file,
                src_row
            from raw.events
        ) as loaded_lines
    ) as raw,
    (
        select count(*)
        from (
            select distinct
                src_file,
                src_row
            from raw.rejects
        ) as loaded_lines
    ) as refused,
    (select count(*) from staging.events) as staged,
    (select count(*) from staging.rejects) as rejects,
    (select count(*) from intermediate.sessions) as sessions,
    (select count(*) from intermediate.orders) as orders,
    (select count(*) from marts.next_item_sessions) as next_item_sessions,
    (
        select count(*) from staging.events
        where name = 'prediction'
    ) as predictions;
