"""`.skiff/cloud.json`: where the running cloud is, for every command that wants to talk to it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from local.processes import Process


@dataclass(frozen=True, kw_only=True)
class Cloud:
    endpoint: str
    snowflake_port: int
    processes: Mapping[str, Process]
    environment: Mapping[str, str]

    def dead(self) -> list[str]:
        return [name for name, process in self.processes.items() if not process.is_alive()]


def read(path: Path) -> Cloud | None:
    """The cloud that was written last, running or not; None if there is none."""
    try:
        found = json.loads(path.read_text())
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    return Cloud(
        endpoint=found["endpoint"],
        snowflake_port=found["snowflake_port"],
        processes={
            name: Process(pid=pid, started=found["started"][name]) for name, pid in found["pids"].items()
        },
        environment=found["environment"],
    )


def write(path: Path, cloud: Cloud) -> None:
    content = {
        "endpoint": cloud.endpoint,
        "snowflake_port": cloud.snowflake_port,
        "pids": {name: process.pid for name, process in cloud.processes.items()},
        "started": {name: process.started for name, process in cloud.processes.items()},
        "environment": dict(cloud.environment),
    }
    draft = path.with_suffix(".draft")
    draft.write_text(json.dumps(content, indent=2) + "\n")
    draft.replace(path)  # a reader sees the old file or the new one, never half of it
