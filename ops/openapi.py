"""
The API's contract as OpenAPI, made of the declarations that it checks by: `python -m ops openapi`.
"""

import json
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any

from domain.batch import MAX_EVENTS
from domain.consent import ANSWERS, PURPOSES
from domain.events import EPOCH_MS, FIELDS, ITEM_FIELDS, REQUIRED_BY_NAME, TEXT, Kind
from domain.intake import STATUS
from domain.layer import CHALLENGER, CHAMPION
from domain.pixel import PARAMETERS
from domain.predict_request import MAX_BODY_BYTES, REQUEST_FIELDS
from domain.refusal import REASONS
from domain.signature import FORM
from training import contracts

Schema = dict[str, Any]
COUNT: Schema = {"type": "integer", "minimum": 0}
DENIED: Schema = {
    "required": ["consent"],
    "properties": {
        "consent": {
            "type": "object",
            "required": ["analytics_storage"],
            "properties": {"analytics_storage": {"const": "denied"}},
        }
    },
}


def main() -> int:
    print(json.dumps(description(), indent=2))
    return 0


def description() -> Schema:
    return {
        "openapi": "3.1.0",
        "info": {"title": "Skiff: events in, predictions out", "version": "1"},
        "paths": {
            "/events": {"post": _post_events()},
            "/pixel.gif": {"get": _get_pixel()},
            "/predict": {"post": _post_predict_many()},
            **{f"/predict/{model}": {"post": _post_predict(model)} for model in contracts.models()},
        },
        "components": {
            "schemas": {
                "Batch": _batch(),
                "Event": _event(),
                "Item": _object(ITEM_FIELDS, required=["item_id"]),
                "Ask": _ask(),
                "AskEvent": _object(FIELDS, required=["name"]),
                "AskMany": _ask_many(),
                "Said": _said(),
                "SaidMany": _said_many(),
                "Taken": _answer(accepted=COUNT, rejected=COUNT, reasons=_counts()),
                "Refused": _answer(error=_answer(field=TEXT.schema, expected=TEXT.schema, got=TEXT.schema)),
                "Unavailable": _answer(error=TEXT.schema),
            }
        },
    }


def _post_events() -> Schema:
    return {
        "summary": "Take a batch of events, as it is or packed with gzip.",
        "parameters": [
            _parameter("X-Write-Key", where="header", schema=TEXT.schema, text="Here or in the body."),
            _parameter(
                "X-Signature", where="header", schema=TEXT.schema, text=f"By servers: {FORM}, HMAC-SHA256."
            ),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": _ref("Batch")},
                "text/plain": {"schema": {"type": "string", "contentMediaType": "application/json"}},
                "application/octet-stream": {"schema": {"type": "string", "contentEncoding": "gzip"}},
            },
        },
        "responses": {
            "202": _response("Every event is kept: in the log, or refused, with its reason.", "Taken"),
            **{str(status): _response(text, "Refused") for status, text in _refusals().items()},
            "503": _response("Nothing is sure to be kept; send it again.", "Unavailable"),
        },
    }


def _post_predict(model: str) -> Schema:
    text = "An answer, of whichever tier had one in time."
    return _predict(contracts.of(model).question, asked="Ask", said="Said", text=text)


def _post_predict_many() -> Schema:
    text = "An answer for each model; an error in the place of one that has none."
    many = _predict("One request, several models.", asked="AskMany", said="SaidMany", text=text)
    return many | {
        "responses": {**many["responses"], "503": _response("None of them can be reached.", "Unavailable")}
    }


def _predict(summary: str, *, asked: str, said: str, text: str) -> Schema:
    return {
        "summary": summary,
        "parameters": [
            _parameter("X-Write-Key", where="header", schema=TEXT.schema, text="Here or in the body.")
        ],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _ref(asked)}}},
        "responses": {
            "200": _response(text, said),
            "400": _response("Not as described; the field is named.", "Refused"),
            "401": _response("No site has this key.", "Refused"),
            "413": _response(f"More than {MAX_BODY_BYTES:,} bytes.", "Refused"),
        },
    }


def _ask() -> Schema:
    asked = _object(REQUEST_FIELDS, required=["client_id", "events"])
    asked["properties"]["events"] = {**asked["properties"]["events"], "items": _ref("AskEvent")}
    asked["properties"]["write_key"] = _or_null(TEXT.schema)
    return asked


def _ask_many() -> Schema:
    models = {
        "type": "array",
        "minItems": 1,
        "items": {"enum": list(contracts.models())},
        "description": "Which models to ask.",
    }
    asked = _ask()
    return {
        **asked,
        "required": [*asked["required"], "models"],
        "properties": {**asked["properties"], "models": models},
    }


def _said_many() -> Schema:
    said = {"anyOf": [_ref("Said"), _ref("Refused"), _ref("Unavailable")]}
    return _answer(answers={"type": "object", "additionalProperties": said})


def _said() -> Schema:
    """What `data` holds is the model's: items with scores, or a probability."""
    text = TEXT.schema
    metadata = _answer(
        prediction_id=text,
        model=text,
        version=text,
        arm={"enum": [CHAMPION, CHALLENGER]},
        tier={"enum": ["model", "cache", "baseline"]},
        served_at=text,
        took_ms={"type": "number", "minimum": 0},
    )
    return _answer(data={"type": "object"}, metadata=metadata)


def _get_pixel() -> Schema:
    own = {"write_key": TEXT.schema, **{purpose: {"enum": list(ANSWERS)} for purpose in PURPOSES}}
    kinds = {name: kind.schema for name, kind in PARAMETERS.items()}
    image = {"image/gif": {"schema": {"type": "string", "contentMediaType": "image/gif"}}}
    return {
        "summary": "Take one event, for mails and pages without scripts.",
        "parameters": [
            _parameter(name, where="query", schema=schema, text=None)
            for name, schema in (own | kinds).items()
        ],
        "responses": {
            "200": {"description": "One transparent pixel, also where it was refused.", "content": image},
            "503": _response("It is not sure to be kept.", "Unavailable"),
        },
    }


def _batch() -> Schema:
    events = {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": _ref("Event")}
    return {
        "type": "object",
        "required": ["events"],
        "properties": {
            "events": events,
            "sent_at": _or_null(EPOCH_MS.schema),
            "write_key": _or_null(TEXT.schema),
        },
    }


def _event() -> Schema:
    """What every event needs stands in its properties, what one of a name needs in a rule of its own."""
    event = _object(FIELDS, required=["name", "occurred_at"])
    rules = [
        {"if": {"properties": {"name": {"const": name}}}, "then": _needs(fields)}
        for name, fields in REQUIRED_BY_NAME.items()
    ]
    return {**event, "allOf": [{"if": DENIED, "else": _needs(["client_id"])}, *rules]}


def _object(kinds: Mapping[str, Kind], *, required: list[str]) -> Schema:
    properties = {
        name: _schema(kind) if name in required else _or_null(_schema(kind)) for name, kind in kinds.items()
    }
    return {"type": "object", "required": required, "properties": properties}


def _needs(fields: Iterable[str]) -> Schema:
    """These fields, and something in them."""
    filled = {field: {**_schema(FIELDS[field]), "minLength": 1, "minItems": 1} for field in fields}
    return {"required": list(fields), "properties": filled}


def _schema(kind: Kind) -> Schema:
    items = {"items": _ref("Item")} if kind is FIELDS["items"] else {}
    return {**(kind.schema or {}), **items, "description": kind.expected}


def _or_null(schema: Mapping[str, Any] | None) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def _refusals() -> dict[int, str]:
    """What each status of a refused body may mean."""
    by_status: dict[int, list[str]] = {}
    for reason, text in REASONS.items():
        by_status.setdefault(STATUS.get(reason, HTTPStatus.BAD_REQUEST.value), []).append(f"{reason}: {text}")
    return {status: "\n".join(texts) for status, texts in by_status.items()}


def _counts() -> Schema:
    return {
        "type": "object",
        "properties": dict.fromkeys(REASONS, COUNT),
        "additionalProperties": False,
    }


def _answer(**properties: Any) -> Schema:
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }


def _parameter(name: str, *, where: str, schema: Any, text: str | None) -> Schema:
    described = {"description": text} if text else {}
    return {"name": name, "in": where, "schema": schema, **described}


def _response(text: str, schema: str) -> Schema:
    return {"description": text, "content": {"application/json": {"schema": _ref(schema)}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}
