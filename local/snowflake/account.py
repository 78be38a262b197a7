"""
What a Snowflake account knows beside its tables: its integrations, its pipes, and which files were loaded.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

import boto3


@dataclass(frozen=True, kw_only=True)
class Pipe:
    database: str
    schema: str
    name: str
    copy: str
    queue_url: str
    queue_arn: str

    @property
    def full_name(self) -> str:
        return f"{self.database}.{self.schema}.{self.name}"


@dataclass
class Account:
    is_listening: bool = False  # whether pipes load by themselves, each in a thread
    statements: list[str] = field(default_factory=list)  # what made, changed and granted things, in order
    integrations: dict[str, dict[str, str]] = field(default_factory=dict)  # name → property → value
    pipes: dict[str, Pipe] = field(default_factory=dict)  # full name → pipe
    loaded: set[tuple[str, str]] = field(default_factory=set)  # a table or a pipe, and a file
    # one statement at a time: fakesnow's own records clash when two connections make a table
    lock: threading.RLock = field(default_factory=threading.RLock)
    s3: Any = field(default_factory=lambda: boto3.client("s3"))
    sqs: Any = field(default_factory=lambda: boto3.client("sqs"))
