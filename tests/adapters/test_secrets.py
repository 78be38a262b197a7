import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters import secrets
from adapters.secrets import PAUSE_SECONDS, Rotating, SecretUnavailable


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def manager() -> Iterator[Any]:
    secrets._client.cache_clear()
    with mock_aws():
        client = boto3.client("secretsmanager")
        client.create_secret(Name="server", SecretString=json.dumps({"secret": "first"}))
        yield client
    secrets._client.cache_clear()


def change(manager: Any, secret: str) -> None:
    manager.put_secret_value(SecretId="server", SecretString=json.dumps({"secret": secret}))


def test_a_secret_is_kept_until_somebody_asks_anew(manager: Any) -> None:
    secret = Rotating("server")
    secret(fresh=False)
    change(manager, "second")

    assert secret(fresh=False) == ["first"]


def test_after_a_change_the_one_before_stays_good(manager: Any) -> None:
    clock = Clock()
    secret = Rotating("server", clock=clock)
    secret(fresh=False)
    change(manager, "second")
    clock.now = PAUSE_SECONDS

    assert secret(fresh=True) == ["second", "first"]


def test_wrong_signatures_do_not_run_up_calls(manager: Any) -> None:
    clock = Clock()
    secret = Rotating("server", clock=clock)
    secret(fresh=False)
    change(manager, "second")
    clock.now = PAUSE_SECONDS - 1

    assert secret(fresh=True) == ["first"]


def test_a_secret_that_is_not_there_is_unavailable(manager: Any) -> None:
    with pytest.raises(SecretUnavailable, match="nowhere"):
        Rotating("nowhere")(fresh=False)
