"""
Asking a model over HTTP, as a shop's server would.
"""

import json
import urllib.error
import urllib.request
from typing import Any

TIMEOUT_SECONDS = 10


class RequestRefused(ValueError):
    """The endpoint did not answer the question."""


def predict(url: str, *, model: str, write_key: str, request: dict[str, Any]) -> dict[str, Any]:
    """
    POST /predict/<model>.

    Raises:
        RequestRefused: with the field and what was expected there.
    """
    call = urllib.request.Request(  # noqa: S310  # the address is the API's own
        f"{url}/predict/{model}",
        data=json.dumps(request).encode(),
        headers={"Content-Type": "application/json", "X-Write-Key": write_key},
    )
    try:
        with urllib.request.urlopen(call, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return dict(json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        raise RequestRefused(f"{error.code}: {error.read().decode(errors='replace')}") from error
