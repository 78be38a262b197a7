"""
Asking a model over HTTP, as a shop's server would.
"""

import json
import urllib.request
from typing import Any

TIMEOUT_SECONDS = 10


def predict(url: str, *, model: str, write_key: str, request: dict[str, Any]) -> dict[str, Any]:
    """
    POST /predict/<model>.

    Raises:
        urllib.error.HTTPError: the request was refused; the body names the field.
    """
    call = urllib.request.Request(  # noqa: S310  # the address is the API's own
        f"{url}/predict/{model}",
        data=json.dumps(request).encode(),
        headers={"Content-Type": "application/json", "X-Write-Key": write_key},
    )
    with urllib.request.urlopen(call, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
        return dict(json.loads(answer.read()))
