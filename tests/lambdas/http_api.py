"""The HTTP API in front of the functions, as a WSGI application: what API Gateway does, and no more."""

import base64
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from lambdas import collect, predict, predict_many
from ops import openapi

Start = Callable[[str, list[tuple[str, str]]], object]
ROUTES = {
    "POST /events": collect.handler,
    "GET /pixel.gif": collect.handler,
    "POST /predict": predict_many.handler,
    "POST /predict/next_item": predict.handler,
}


def application(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    route = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
    if route == "GET /openapi.json":
        return _answer(start, 200, {"Content-Type": "application/json"}, json.dumps(openapi.description()))
    if route not in ROUTES:
        return _answer(start, 404, {"Content-Type": "application/json"}, '{"message": "Not Found"}')
    answer = ROUTES[route](_event(environ, route), None)
    body = base64.b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"]
    return _answer(start, answer["statusCode"], answer["headers"], body)


def _event(environ: dict[str, Any], route: str) -> dict[str, Any]:
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    is_text = environ.get("CONTENT_TYPE", "").startswith(("application/json", "text/")) and _is_utf8(body)
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    return {
        "version": "2.0",
        "routeKey": route,
        "rawQueryString": environ.get("QUERY_STRING", ""),
        "headers": headers,
        "requestContext": {"requestId": "request-1", "http": {"sourceIp": "203.0.113.77"}},
        "body": body.decode() if is_text else base64.b64encode(body).decode(),
        "isBase64Encoded": not is_text,
    }


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode()
    except UnicodeDecodeError:
        return False
    return True


def _answer(start: Start, status: int, headers: dict[str, str], body: str | bytes) -> Iterable[bytes]:
    start(f"{status} {HTTPStatus(status).phrase}", list(headers.items()))
    return [body.encode() if isinstance(body, str) else body]
