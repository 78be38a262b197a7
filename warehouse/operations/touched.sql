-- What the refresh under way concerns: a work table, written by each refresh before it reads.
-- Grain: site, key, changed_from.
create or alter table operations.touched (
    site varchar comment 'The shop',
    key varchar comment 'Client, customer, item or order; null where hours are made anew',
    changed_from timestamp_ntz comment 'Of a visitor: sessions that ended before stay; of an hour or a day: its start',
    rebuilt_from timestamp_ntz comment 'Of a visitor: where the first session that is made anew began'
) comment = 'What the refresh under way concerns: a work table';
