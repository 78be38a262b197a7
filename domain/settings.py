"""
What each function is told by its stack: the stack writes it, the function reads it, so they cannot disagree.

A variable is a field's name in capitals; a field that is not a string travels as JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


class MissingSetting(KeyError):
    """A function was started without a variable that its stack should have written."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    def to_env(self) -> dict[str, str]:
        values = {field.name.upper(): getattr(self, field.name) for field in fields(self)}
        return {
            name: value if isinstance(value, str) else json.dumps(value) for name, value in values.items()
        }

    @classmethod
    def from_env(cls, env: Mapping[str, str]) -> Self:
        missing = [field.name.upper() for field in fields(cls) if field.name.upper() not in env]
        if missing:
            raise MissingSetting(f"{cls.__name__} needs {', '.join(missing)}")
        return cls(**{field.name: _parse(field.type, env[field.name.upper()]) for field in fields(cls)})


def _parse(kind: Any, text: str) -> Any:
    return text if kind is str else json.loads(text)


@dataclass(frozen=True, kw_only=True)
class PredictSettings(Settings):
    write_keys: dict[str, str]  # write key → site
    model: str
    latency_objective_ms: float  # slower answers are counted as such
    artifacts_bucket: str  # holds the sites' item filters
    filter_seconds: int  # between two looks at them
    deadline_ms: int  # from a request's arrival; what the model has not said by then is said without it
    metrics_namespace: str
