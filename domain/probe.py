"""
Does a published version answer as the model did when it was made? Golden requests, and what must come back.
"""

import json
from collections.abc import Mapping
from typing import Any

from domain.layer import Release

TOLERANCE = 1e-6


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


def check(answer: Mapping[str, Any], *, expected: Mapping[str, Any], release: Release) -> None:
    """
    Compare one HTTP answer with the golden one: the same items in the same order, scores within TOLERANCE.

    Raises:
        WrongAnswer: names the first difference.
    """
    if answer.get("statusCode") != 200:
        raise WrongAnswer(f"status {answer.get('statusCode')}, expected 200: {answer.get('body')}")
    body = json.loads(answer["body"])
    check_version(body, release=release)
    items, wanted = body["data"]["items"], expected["items"]
    if [item["item_id"] for item in items] != [item["item_id"] for item in wanted]:
        raise WrongAnswer(f"items {items[:3]}…, expected {wanted[:3]}…")
    for item, want in zip(items, wanted, strict=True):
        if abs(item["score"] - want["score"]) > TOLERANCE:
            raise WrongAnswer(f"{item['item_id']} scores {item['score']}, expected {want['score']}")


def check_version(body: Mapping[str, Any], *, release: Release) -> None:
    metadata = body["metadata"]
    if metadata["version"] != release.version:
        raise WrongAnswer(f"version {metadata['version']} answered, expected {release.version}")
