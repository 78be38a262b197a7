"""
SageMaker's records, of jobs and of the model registry: moto's backend, answering in the emulator's process.

Policies are not enforced on these calls: ministack has no table of SageMaker's actions.
"""

import asyncio
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from ministack import app
from ministack.core.responses import get_account_id, get_region
from moto.core.request import Request
from moto.sagemaker.models import sagemaker_backends
from moto.sagemaker.responses import SageMakerResponse


class Answer(NamedTuple):
    """What a ministack service hands to the server."""

    status: int
    headers: dict[str, str]
    body: bytes


AnswerOfMoto = Callable[[], Answer]

OPERATIONS: dict[str, Callable[[dict[str, Any], AnswerOfMoto], Answer]] = {}  # done differently from moto


class SageMakerRefused(ValueError):
    """SageMaker answered a call of the emulator's own with an error."""

    def __init__(self, *, operation: str, code: str, message: str) -> None:
        super().__init__(f"{operation}: {message}")
        self.code = code


def install() -> None:
    app.SERVICE_HANDLERS["sagemaker"] = _handle
    reset = app._reset_all_state

    def reset_all() -> None:
        reset()
        backend().reset()

    app._reset_all_state = reset_all


def call(operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
    """One operation from inside the emulator, where a request over HTTP would wait for itself."""
    headers = {"x-amz-target": f"SageMaker.{operation}", "content-type": "application/x-amz-json-1.1"}
    answered = _dispatch("POST", "/", headers, json.dumps(parameters).encode())
    content: dict[str, Any] = json.loads(answered.body or b"{}")
    if answered.status >= 400:
        code = content.get("__type", "AmazonSageMaker")
        message = content.get("message") or content.get("Message") or str(content)
        raise SageMakerRefused(operation=operation, code=code, message=message)
    return content


def answer(status: int, content: dict[str, Any]) -> Answer:
    return Answer(status, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(content).encode())


def backend() -> Any:
    return sagemaker_backends[get_account_id()][get_region()]


async def _handle(method: str, path: str, headers: dict[str, str], body: bytes, _query: object) -> Answer:
    return await asyncio.to_thread(_dispatch, method, path, headers, body)


def _dispatch(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    def answer_of_moto() -> Answer:
        return _answer_of_moto(method, path, headers, body)

    operation = OPERATIONS.get(headers.get("x-amz-target", "").rpartition(".")[2])
    return operation(json.loads(body), answer_of_moto) if operation else answer_of_moto()


def _answer_of_moto(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
    # moto takes the region from the credential's scope, and the account from its key: "test" is the only one
    scope = f"Credential=test/20260101/{get_region()}/sagemaker/aws4_request"
    signed = {**headers, "authorization": f"AWS4-HMAC-SHA256 {scope}"}
    url = f"https://sagemaker.{get_region()}.amazonaws.com{path}"
    status, answered, content = SageMakerResponse.dispatch(Request.from_primitives(method, url, signed, body))
    return Answer(status, dict(answered), content if isinstance(content, bytes) else content.encode())
