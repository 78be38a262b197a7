"""
CloudWatch Logs filter patterns, the part that stacks use: everything, terms, and equality in JSON.

Source: "Filter pattern syntax for metric filters, subscription filters, ...", CloudWatch Logs user guide
(read 2026-11-22).
"""

import json
import re
from collections.abc import Callable
from typing import Any

Matcher = Callable[[str], bool]

_TERM = re.compile(r'([-?]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))')
_EQUALITY = re.compile(r"^\{\s*\(?\s*\$\.([\w.]+)\s*(!?=)\s*(.+?)\s*\)?\s*\}$")


class UnknownPattern(ValueError):
    """A pattern of a kind that is not emulated: better refused than matched wrongly."""


def matcher(pattern: str) -> Matcher:
    """
    A test for log messages.

    Raises:
        UnknownPattern: the pattern is JSON and not `{ $.field = value }` or `{ $.field != value }`.
    """
    pattern = (pattern or "").strip()
    return _json_matcher(pattern) if pattern.startswith("{") else _term_matcher(pattern)


def _term_matcher(pattern: str) -> Matcher:
    """Every plain term must be there, none with a minus may; of those with a question mark, one must."""
    terms = [(sign, quoted or plain) for sign, quoted, plain in _TERM.findall(pattern)]
    wanted = [term for sign, term in terms if not sign]
    unwanted = [term for sign, term in terms if sign == "-"]
    optional = [term for sign, term in terms if sign == "?"]

    def matches(message: str) -> bool:
        return (
            all(term in message for term in wanted)
            and not any(term in message for term in unwanted)
            and (not optional or any(term in message for term in optional))
        )

    return matches


def _json_matcher(pattern: str) -> Matcher:
    found = _EQUALITY.match(pattern)
    if not found or "&&" in pattern or "||" in pattern:
        raise UnknownPattern(f"{pattern} is not {{ $.field = value }} or {{ $.field != value }}")
    path, operator, literal = found.groups()
    expected = _literal(literal)

    def matches(message: str) -> bool:
        actual = _at(message, path.split("."))
        return actual is not None and (_is_equal(actual, expected) == (operator == "="))

    return matches


def _literal(text: str) -> Any:
    if text.startswith('"'):
        return json.loads(text)
    try:
        return float(text)
    except ValueError:
        return {"true": True, "TRUE": True, "false": False, "FALSE": False}.get(text, text)


def _at(message: str, path: list[str]) -> Any:
    if not message.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(message)
    except json.JSONDecodeError:
        return None
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _is_equal(actual: Any, expected: Any) -> bool:
    if isinstance(actual, bool) or isinstance(expected, bool):
        return actual is expected
    return bool(actual == expected)
