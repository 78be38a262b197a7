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
class CollectSettings(Settings):
    write_keys: dict[str, str]  # write key → site
    server_secrets: dict[str, str]  # write key → the secret that its requests are signed with
    events_stream: str
    rejected_stream: str
    metrics_namespace: str


@dataclass(frozen=True, kw_only=True)
class WarehouseSettings(Settings):
    """How to reach Snowflake. `host` is empty where the account's name is enough."""

    snowflake_account: str
    snowflake_host: str
    snowflake_port: int
    snowflake_protocol: str
    snowflake_secret: str  # in Secrets Manager; empty: the function's own role logs in
    snowflake_user: str
    snowflake_role: str
    snowflake_warehouse: str
    snowflake_database: str


@dataclass(frozen=True, kw_only=True)
class TransformSettings(WarehouseSettings):
    lake_bucket: str
    code_version: str  # hash of the deployed code; recorded in every snapshot's manifest
    metrics_namespace: str


@dataclass(frozen=True, kw_only=True)
class PlatformSettings(WarehouseSettings):
    lake_bucket: str
    external_id: str  # what Snowflake must present when it assumes the storage role
    storage_role_arn: str


@dataclass(frozen=True, kw_only=True)
class RegisterSettings(Settings):
    approval: str  # auto: a model that passes its gates is approved; manual: a person approves it
    events_stream: str  # the log, which runs are written to
    metrics_namespace: str


@dataclass(frozen=True, kw_only=True)
class PredictSettings(Settings):
    write_keys: dict[str, str]  # write key → site
    model: str
    latency_objective_ms: float  # slower answers are counted as such
    deadline_ms: int  # from a request's arrival; what the model has not said by then is said without it
    metrics_namespace: str


@dataclass(frozen=True, kw_only=True)
class WatchSettings(Settings):
    artifacts_bucket: str
    predict_functions: dict[str, str]  # model → function name
    transform_function: str  # counts, in the warehouse
    pipeline_arn: str  # trains anew
    metrics_namespace: str


@dataclass(frozen=True, kw_only=True)
class ReleaseSettings(Settings):
    artifacts_bucket: str
    predict_functions: dict[str, str]  # model → function name
    layers: dict[str, str]  # model → layer name
    transform_function: str  # knows the requests that were logged
    probe_key: str  # the write key of the site that a release's own requests are sent as
    canary_share: float  # of the requests, to a new version while it is watched
    watch_seconds: int  # how long at least
    patience_seconds: int  # how long at most, where requests are few
    minimum_answers: int
    unproven: str  # promote or undo: what becomes of a version that had too few requests to be judged
    health_alarm: str  # the composite alarm that ends a roll-out; empty: none
    kept_releases: int  # versions that can be gone back to
    events_stream: str  # the log, which releases are written to
    metrics_namespace: str
