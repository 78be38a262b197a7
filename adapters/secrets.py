"""
Secrets Manager: what cannot be had without a secret keeps it there and nowhere else.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Any

import boto3


def read(name: str) -> dict[str, Any]:
    """The secret's JSON object; read anew each time, so that a rotated one is taken up."""
    return dict(json.loads(_client().get_secret_value(SecretId=name)["SecretString"]))


def create(name: str, value: Mapping[str, str]) -> None:
    """Make the secret if it is not there."""
    try:
        _client().create_secret(Name=name, SecretString=json.dumps(value))
    except _client().exceptions.ResourceExistsException:
        return


@cache
def _client() -> Any:
    return boto3.client("secretsmanager")
