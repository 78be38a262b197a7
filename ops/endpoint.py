"""
Asking a model over HTTP, as a shop's server would.
"""

import json
import urllib.error
import urllib.request
from collections.abc import Iterable
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
    return _post(f"{url}/predict/{model}", write_key=write_key, request=request)


def predict_many(
    url: str, *, models: Iterable[str], write_key: str, request: dict[str, Any]
) -> dict[str, dict[str, Any]]:
    """
    POST /predict: an answer, or an error, by model.

    Raises:
        RequestRefused: with the field and what was expected there.
    """
    asked = {**request, "models": list(models)}
    answer = _post(f"{url}/predict", write_key=write_key, request=asked)
    return dict(answer["answers"])


def _post(address: str, *, write_key: str, request: dict[str, Any]) -> dict[str, Any]:
    call = urllib.request.Request(  # noqa: S310  # the address is the API's own
        address,
        data=json.dumps(request).encode(),
        headers={"Content-Type": "application/json", "X-Write-Key": write_key},
    )
    try:
        with urllib.request.urlopen(call, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
            return dict(json.loads(answer.read()))
    except urllib.error.HTTPError as error:
        raise RequestRefused(f"{error.code}: {error.read().decode(errors='replace')}") from error
