"""
Settings of all functions but predict, apart from its own: each class costs its cold start half a millisecond.
"""

from dataclasses import dataclass

from domain.settings import Settings


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
class PredictManySettings(Settings):
    predict_functions: dict[str, str]  # model → function name
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
