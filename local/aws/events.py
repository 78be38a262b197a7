"""Events that AWS services put on the default bus by themselves."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ministack.services import eventbridge


def publish(*, source: str, detail_type: str, detail: Mapping[str, Any], resources: Sequence[str]) -> None:
    entry = {
        "Source": source,
        "DetailType": detail_type,
        "Detail": json.dumps(detail),
        "Resources": list(resources),
    }
    eventbridge._put_events({"Entries": [entry]}, allow_aws_source=True)
