"""What happens to a stored log line: it may hold metrics, and subscriptions pass it on to Firehose."""

import gzip
import json
import uuid
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import cloudwatch, cloudwatch_logs

from local.aws import filter_patterns, firehose
from local.aws.embedded_metrics import data_in

Event = Mapping[str, Any]


def install() -> None:
    pass_on = cloudwatch_logs._fanout_to_subscription_filters

    def fanout(group: str, stream: str, events: Sequence[Event]) -> None:
        _record_metrics(events)
        _feed_firehoses(group, stream, events)
        pass_on(group, stream, events)  # ministack itself serves Lambda destinations

    cloudwatch_logs._fanout_to_subscription_filters = fanout
    cloudwatch_logs._subscription_pattern_matches = _matches
    cloudwatch_logs._compile_filter_pattern = _matcher
    _refuse_unknown_patterns()


def _refuse_unknown_patterns() -> None:
    """Say so when a subscription is made, not by losing its lines later."""
    put = cloudwatch_logs._put_subscription_filter

    def put_subscription_filter(request: dict[str, Any]) -> Any:
        try:
            _matcher(request.get("filterPattern"))
        except filter_patterns.UnknownPattern as error:
            return error_response_json("InvalidParameterException", str(error), 400)
        return put(request)

    cloudwatch_logs._put_subscription_filter = put_subscription_filter


def _record_metrics(events: Sequence[Event]) -> None:
    for datum in (datum for event in events for datum in data_in(event["message"])):
        cloudwatch._store_datum(
            datum.namespace,
            datum.name,
            dict(datum.dimensions),
            datum.timestamp,
            datum.unit,
            None,
            list(datum.values),
            None,
            None,
        )


def _feed_firehoses(group: str, stream: str, events: Sequence[Event]) -> None:
    filters = (cloudwatch_logs._log_groups.get(group) or {}).get("subscriptionFilters") or {}
    for subscription in filters.values():
        destination = subscription["destinationArn"]
        if ":deliverystream/" not in destination:
            continue
        matched = [event for event in events if _matches(subscription["filterPattern"], event["message"])]
        if matched:
            firehose.put(
                destination.rpartition("/")[2], _payload(group, stream, subscription["filterName"], matched)
            )


def _payload(group: str, stream: str, name: str, events: Sequence[Event]) -> bytes:
    """What CloudWatch Logs sends to a subscriber; Firehose unpacks it if it is told to."""
    message = {
        "messageType": "DATA_MESSAGE",
        "owner": get_account_id(),
        "logGroup": group,
        "logStream": stream,
        "subscriptionFilters": [name],
        "logEvents": [
            {"id": uuid.uuid4().hex, "timestamp": event["timestamp"], "message": event["message"]}
            for event in events
        ],
    }
    return gzip.compress(json.dumps(message, ensure_ascii=False).encode(), compresslevel=1)


def _matches(pattern: str, message: str) -> bool:
    return _matcher(pattern)(message or "")


@cache
def _matcher(pattern: str | None) -> filter_patterns.Matcher:
    return filter_patterns.matcher(pattern or "")
