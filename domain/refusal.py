"""
Why something a client sent is not taken: raised by the checks, stored beside the bytes, told to the client.
"""

import json
from collections.abc import Mapping
from typing import Literal

MAX_SHOWN_CHARACTERS = 80

Reason = Literal[
    "unknown_encoding",
    "invalid_gzip",
    "too_compressed",
    "too_large",
    "invalid_json",
    "invalid_batch",
    "too_many",
    "unknown_write_key",
    "missing_signature",
    "expired_signature",
    "wrong_signature",
    "not_an_object",
    "bad_text",
    "reserved_name",
    "unknown_name",
    "missing_field",
    "wrong_value",
]

# In the order in which they are looked for: of what is wrong with a request, the first is told.
REASONS: Mapping[Reason, str] = {
    "unknown_encoding": "The body is packed in a way that is not read here; gzip is, and no packing at all.",
    "invalid_gzip": "The body is called gzip and is none, is cut, or has something behind it.",
    "too_compressed": "The body unpacks to many times its size, as no honest batch does.",
    "too_large": "A body or an event is larger than agreed; of such a body only the beginning is kept.",
    "invalid_json": "The body is no JSON in UTF-8, or JSON that two readers would understand differently.",
    "invalid_batch": "The body is JSON but no batch: no object, no events, or a field of a wrong kind.",
    "too_many": "The batch has more events than agreed; in smaller batches they are taken.",
    "unknown_write_key": "No site has this write key.",
    "missing_signature": "The write key is a server's, which signs what it sends, and this came unsigned.",
    "expired_signature": "The signature was made too long ago, or by a clock that is wrong.",
    "wrong_signature": "The signature does not fit the body: another secret, or bytes changed on the way.",
    "not_an_object": "The event is a list, a text or a number.",
    "bad_text": "A text or a name holds what a warehouse cannot load: half an emoji, or NUL.",
    "reserved_name": "The event has a name that only the system itself writes.",
    "unknown_name": "The event has a name that is not agreed.",
    "missing_field": "A field that this event needs is missing or empty.",
    "wrong_value": "A field has a value of another kind, size or range than agreed.",
}


class Refused(ValueError):
    """`reason` is one word to count by; `detail` names the field, what it must be and what came."""

    def __init__(self, reason: Reason, *, field: str, expected: str, got: object) -> None:
        super().__init__(f"{field} must be {expected}")
        self.reason = reason
        # As JSON, in ASCII and short: what was sent may be hostile or huge.
        self.detail = {"field": field, "expected": expected, "got": json.dumps(got)[:MAX_SHOWN_CHARACTERS]}
