-- The log, typed while it is read. A row's place among all rows says which of two copies comes first.
create table lines as
select *
from read_json(
    '{folder}/events/**/*.gz',
    format = 'newline_delimited',
    filename = true,
    ignore_errors = true,
    columns = {
        site: 'varchar',
        source: 'varchar',
        received_at: 'timestamp',
        sent_at: 'bigint',
        verified: 'boolean',
        reject_id: 'varchar',
        request_id: 'varchar',
        user_agent: 'varchar',
        event: 'struct(
            event_id varchar, name varchar, occurred_at bigint, client_id varchar, user_id varchar,
            session_id varchar, url varchar, referrer varchar, search_term varchar, transaction_id varchar,
            currency varchar, value decimal(18, 4), tax decimal(18, 4), shipping decimal(18, 4),
            prediction_id varchar, model varchar, version varchar, tier varchar, items json
        )'
    }
);
