"""
Why something a client sent is not taken: raised by the checks, stored beside the bytes, told to the client.
"""

import json

MAX_SHOWN_CHARACTERS = 80


class Refused(ValueError):
    """`reason` is one word to count by; `detail` names the field, what it must be and what came."""

    def __init__(self, reason: str, *, field: str, expected: str, got: object) -> None:
        super().__init__(f"{field} must be {expected}")
        self.reason = reason
        # As JSON, in ASCII and short: what was sent may be hostile or huge.
        self.detail = {"field": field, "expected": expected, "got": json.dumps(got)[:MAX_SHOWN_CHARACTERS]}
