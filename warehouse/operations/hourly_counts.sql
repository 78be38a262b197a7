-- What the functions say they took and gave, from their metrics: the other end of the reconciliation. Grain: hour.
create or alter table operations.hourly_counts (
    hour timestamp_ntz comment 'Start of the hour of receipt, UTC',
    accepted number(38, 0) comment 'Events that the collector answered with 202',
    rejected number(38, 0) comment 'Events and bodies that it refused and kept',
    unconfirmed number(38, 0) comment 'Lines of requests that ended in a 503: some of them may have been stored',
    answers number(38, 0) comment 'Predictions that were given, without those to a release''s own requests',
    shadow_answers number(38, 0) comment 'Predictions of shadows, which nobody was shown'
) comment = 'Events and predictions per hour as the functions counted them';
