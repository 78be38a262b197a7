"""
Alarms, evaluated every second over sliding periods: dimensions, percentiles, missing data, metric math.

ministack evaluates an alarm when a metric is put, over every metric of that name. Composite alarms and
what an alarm does when it fires are ministack's.
"""

import itertools
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ministack.services import cloudwatch

from local.aws import events, metric_math, ticker
from local.aws.alarm_states import Rule

TICK_SECONDS = 1.0
LATEST_SECONDS = 60.0  # a data point that arrives with an older timestamp may be overlooked

logger = logging.getLogger("local.aws")

Alarm = dict[str, Any]


def install() -> None:
    cloudwatch._evaluate_alarm = lambda _alarm: None
    # on every request it replaces the lists that functions append to meanwhile, which loses data points
    cloudwatch._evict_old_metrics = lambda: None
    _announce_changes()
    ticker.every(TICK_SECONDS, evaluate_all)


def refuse_unknown_expressions(queries: Sequence[Mapping[str, Any]]) -> None:
    """
    Say so when an alarm is made, not by never firing.

    Raises:
        UnknownExpression: an expression uses what is not emulated.
    """
    ones = {query["Id"]: 1.0 for query in queries}
    for query in queries:
        if "Expression" in query:
            metric_math.evaluate(query["Expression"], ones)


def evaluate_all() -> None:
    for alarm in list(cloudwatch._alarms.values()):
        try:
            _evaluate(alarm, now=time.time())
        except Exception:  # an alarm that cannot be evaluated must not keep the others from firing
            logger.exception("alarm %s cannot be evaluated", alarm["AlarmName"])


def _evaluate(alarm: Alarm, *, now: float) -> None:
    rule = Rule.from_alarm(alarm)
    values = [_value(alarm, end=now - number * _period(alarm)) for number in range(rule.periods)]
    old, new = alarm["StateValue"], rule.state(values, current=alarm["StateValue"])
    if new == old:
        return
    reason = f"{rule.comparison} {rule.threshold} over the last periods' {values}, missing: {rule.missing}"
    alarm.update(StateValue=new, StateReason=reason, StateUpdatedTimestamp=int(now))
    cloudwatch._record_history(alarm["AlarmName"], old, new, reason)
    cloudwatch._dispatch_alarm_actions(alarm, old, new, reason)
    cloudwatch._evaluate_parent_alarms(alarm)


def _period(alarm: Alarm) -> int:
    if not alarm.get("Metrics"):
        return int(alarm["Period"])
    return max(int((query.get("MetricStat") or query).get("Period", 0)) for query in alarm["Metrics"])


def _value(alarm: Alarm, *, end: float) -> float | None:
    """The alarm's statistic or expression over the period that ends at *end*."""
    if not alarm.get("Metrics"):
        statistic = alarm.get("ExtendedStatistic") or alarm["Statistic"]
        return _statistic(alarm, statistic, start=end - _period(alarm), end=end, unit=alarm.get("Unit"))
    queries = {query["Id"]: query for query in alarm["Metrics"]}
    returned = [query for query in alarm["Metrics"] if str(query.get("ReturnData", True)).lower() == "true"]
    return _query_value(returned[0], queries, end=end)


def _query_value(query: Mapping[str, Any], queries: Mapping[str, Any], *, end: float) -> float | None:
    if "Expression" not in query:
        stat = query["MetricStat"]
        start = end - int(stat["Period"])
        return _statistic(stat["Metric"], stat["Stat"], start=start, end=end, unit=stat.get("Unit"))
    used = metric_math.names(query["Expression"]) & queries.keys()
    values = {name: _query_value(queries[name], queries, end=end) for name in used}
    return metric_math.evaluate(query["Expression"], values)


def _statistic(
    metric: Mapping[str, Any], statistic: str, *, start: float, end: float, unit: str | None
) -> float | None:
    dimensions = {each["Name"]: each["Value"] for each in metric.get("Dimensions") or ()}
    key = (metric["Namespace"], metric["MetricName"], cloudwatch._dims_key(dimensions))
    points = [
        point
        for point in _recent(cloudwatch._metrics.get(key) or (), since=start)
        if start < point["Timestamp"] <= end and unit in (None, point["Unit"])
    ]
    value: float | None = (
        cloudwatch._stat_value(cloudwatch._calc_stats(points), statistic, points) if points else None
    )
    return value


def _recent(points: Sequence[Mapping[str, Any]], *, since: float) -> Iterator[Mapping[str, Any]]:
    """The newest points, without walking through a day of them every second."""
    return itertools.takewhile(lambda point: point["Timestamp"] > since - LATEST_SECONDS, reversed(points))


def _announce_changes() -> None:
    """Put every change on the default bus too, where rules that react to alarms listen."""
    act = cloudwatch._dispatch_alarm_actions

    def dispatch(alarm: Alarm, old: str, new: str, reason: str) -> None:
        act(alarm, old, new, reason)
        events.publish(
            source="aws.cloudwatch",
            detail_type="CloudWatch Alarm State Change",
            detail={
                "alarmName": alarm["AlarmName"],
                "state": {"value": new, "reason": reason},
                "previousState": {"value": old},
                "configuration": {"description": alarm.get("AlarmDescription", "")},
            },
            resources=[alarm["AlarmArn"]],
        )

    cloudwatch._dispatch_alarm_actions = dispatch
