"""The same model and the same answers behind other servers: what they call per request."""

import importlib
import json
import os
from functools import cache
from pathlib import Path
from typing import Any


@cache
def model() -> Any:
    """Of SKIFF_MODEL, opened from the folder SKIFF_ARTIFACT."""
    code = importlib.import_module(f"training.{os.environ['SKIFF_MODEL']}.predict")
    return code.Model(Path(os.environ["SKIFF_ARTIFACT"]))


def answered(body: dict[str, Any]) -> dict[str, Any]:
    answer = model().predict(body["events"], k=body.get("k", 20), exclude=())
    return {"data": answer.data, "metadata": {"tier": answer.tier}}


def logged(body: dict[str, Any], answer: dict[str, Any]) -> None:
    """As lambdas/predict.py does: request and answer, one line."""
    print(json.dumps({"request": body, "answer": answer}), flush=True)  # noqa: T201  # the log
