"""
Secrets Manager: what cannot be had without a secret keeps it there and nowhere else.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"
PAUSE_SECONDS = (
    10  # between two readings anew, so that wrong signatures cannot run up calls that are paid for
)


class SecretUnavailable(ConnectionError):
    """Secrets Manager does not answer; what the secret is needed for has to be asked for again."""


class Rotating:
    """
    A secret that may be changed while a function runs: kept, and read again when what was kept does not fit.

    The one before it stays good, so that its users can change to the new one in their own time; a secret that
    leaked is therefore changed twice.

    Args:
        name: of a secret whose JSON object has the key `secret`.
    """

    def __init__(self, name: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._name, self._clock = name, clock
        self._values: list[str] = []
        self._read_at = float("-inf")

    def __call__(self, *, fresh: bool) -> Sequence[str]:
        """
        Raises:
            SecretUnavailable: it has to be read and cannot be.
        """
        is_due = fresh and self._clock() - self._read_at >= PAUSE_SECONDS
        if is_due or not self._values:
            self._values = self._read()
            self._read_at = self._clock()
        return self._values

    def _read(self) -> list[str]:
        try:
            versions = [read(self._name), *_previous(self._name)]
        except (BotoCoreError, ClientError) as error:
            raise SecretUnavailable(f"{self._name}: {error}") from error
        return [version["secret"] for version in versions]


def read(name: str, *, stage: str = CURRENT) -> dict[str, Any]:
    """The secret's JSON object; read anew each time, so that a rotated one is taken up."""
    answer = _client().get_secret_value(SecretId=name, VersionStage=stage)
    return dict(json.loads(answer["SecretString"]))


def _previous(name: str) -> list[dict[str, Any]]:
    try:
        return [read(name, stage=PREVIOUS)]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ResourceNotFoundException":  # it was never changed
            return []
        raise


@cache
def _client() -> Any:
    # quick to give up: a request waits for it
    config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 3})
    return boto3.client("secretsmanager", config=config)
