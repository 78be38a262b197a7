"""A function that asks the model and does nothing else: what of an answer is the model's own work."""

from typing import Any

from bench.served.answer import answered


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    return answered(event)
