"""
An HTTP API's requests and answers, payload format 2.0.
"""

import json
from binascii import a2b_base64
from collections.abc import Mapping
from typing import Any


def body_of(event: Mapping[str, Any]) -> bytes:
    """The bytes that were sent: API Gateway hands on a text as it is, anything else in base64."""
    body = (event.get("body") or "").encode(errors="surrogatepass")
    return a2b_base64(body) if event.get("isBase64Encoded") else body


def reply(
    status: int, body: Mapping[str, Any] | str, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """
    Args:
        body: an object, or JSON.
    """
    return {
        "statusCode": status,
        "headers": {"Content-Type": "application/json", **(headers or {})},
        "body": body if isinstance(body, str) else json.dumps(body),
    }
