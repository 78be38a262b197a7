"""
Secrets Manager: what cannot be had without a secret keeps it there and nowhere else.
"""

import json
from functools import cache
from typing import Any

import boto3


def read(name: str) -> dict[str, Any]:
    """The secret's JSON object; read anew each time, so that a rotated one is taken up."""
    return dict(json.loads(_client().get_secret_value(SecretId=name)["SecretString"]))


@cache
def _client() -> Any:
    return boto3.client("secretsmanager")
