"""
Does a published version answer as the model did when it was made? Golden requests, and what must come back.
"""

import json
from collections.abc import Mapping
from typing import Any

TOLERANCE = 1e-6
LONGEST = 100  # characters of a wrong answer that are told


class WrongAnswer(ValueError):
    """A version's answer is not the one that its artifact promises."""


def http_request(body: Mapping[str, Any], *, model: str, write_key: str) -> dict[str, Any]:
    """The event that the HTTP API hands to the function for `POST /predict/<model>` (payload format 2.0)."""
    return {
        "version": "2.0",
        "routeKey": f"POST /predict/{model}",
        "rawPath": f"/predict/{model}",
        "headers": {
            "content-type": "application/json",
            "x-write-key": write_key,
            "user-agent": "skiff-probe",
        },
        "requestContext": {
            "requestId": "probe",
            "http": {"method": "POST", "path": f"/predict/{model}", "sourceIp": "0.0.0.0"},  # noqa: S104  # nobody's address
        },
        "isBase64Encoded": False,
        "body": json.dumps(body),
    }


def check(answer: Mapping[str, Any], *, expected: Mapping[str, Any], version: str) -> None:
    """
    Compare one HTTP answer with the golden one: the same data in the same order, numbers within TOLERANCE.

    Raises:
        WrongAnswer: names the first difference.
    """
    if answer.get("statusCode") != 200:
        raise WrongAnswer(f"status {answer.get('statusCode')}, expected 200: {answer.get('body')}")
    body = json.loads(answer["body"])
    check_version(body, version=version)
    _compare(body["data"], expected, at="data")


def check_version(body: Mapping[str, Any], *, version: str) -> None:
    found = body["metadata"]["version"]
    if found != version:
        raise WrongAnswer(f"version {found} answered, expected {version}")


def _compare(found: Any, expected: Any, *, at: str) -> None:
    """Walk both side by side; *at* says where."""
    if isinstance(found, Mapping) and isinstance(expected, Mapping) and found.keys() == expected.keys():
        for name in expected:
            _compare(found[name], expected[name], at=f"{at}.{name}")
    elif isinstance(found, list) and isinstance(expected, list) and len(found) == len(expected):
        for number, (one, other) in enumerate(zip(found, expected, strict=True)):
            _compare(one, other, at=f"{at}[{number}]")
    elif not _is_close(found, expected):
        raise WrongAnswer(f"{at} is {_short(found)}, expected {_short(expected)}")


def _is_close(found: Any, expected: Any) -> bool:
    if isinstance(found, float) and isinstance(expected, float):
        return abs(found - expected) <= TOLERANCE
    return bool(found == expected)


def _short(value: Any) -> str:
    return str(value)[:LONGEST]
