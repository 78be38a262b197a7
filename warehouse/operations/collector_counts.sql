-- What the collector says it took, from its metrics: the other end of the reconciliation. Grain: hour.
create or alter table operations.collector_counts (
    hour timestamp_ntz comment 'Start of the hour of receipt, UTC',
    accepted number(38, 0) comment 'Events that were answered with 202',
    rejected number(38, 0) comment 'Events and bodies that were refused and kept',
    unconfirmed number(38, 0) comment 'Lines of requests that ended in a 503: some of them may have been stored'
) comment = 'Events per hour as the collector counted them';
