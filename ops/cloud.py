"""
The offline cloud as the command line sees it: started by its own command, described by one file.
"""

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

STATE = Path(os.environ.get("SKIFF_HOME", ".skiff"))  # another one is another cloud beside the first


class CloudNotRunning(RuntimeError):
    """The offline cloud is not up, or went away."""


@dataclass(frozen=True, kw_only=True)
class Cloud:
    """Where the cloud listens."""

    endpoint: str
    snowflake_port: int

    def is_listening(self) -> bool:
        ports = (urlsplit(self.endpoint).port, self.snowflake_port)
        return all(_answers(port) for port in ports if port)


def start(*, fresh: bool = False) -> Cloud:
    """
    Find the running cloud or start one, and enter it; *fresh* ends a running one first.

    Raises:
        CloudNotRunning: it could not be started; its own message has been printed.
    """
    if fresh:
        stop()
    elif is_running():
        return enter()
    if _local("up"):
        raise CloudNotRunning("the offline cloud did not start; its logs are in .skiff/logs")
    return enter()


def stop() -> None:
    _local("down", quiet=True)


def is_running() -> bool:
    return not _local("status", quiet=True)


def enter() -> Cloud:
    """
    Lead every AWS client of this process, and of those it starts, to the running cloud.

    Raises:
        CloudNotRunning: there is none.
    """
    try:
        state = json.loads((STATE / "cloud.json").read_text())
    except FileNotFoundError:
        raise CloudNotRunning("the offline cloud is not up: `make up`") from None
    os.environ.update(state["environment"])
    return Cloud(endpoint=state["endpoint"], snowflake_port=state["snowflake_port"])


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _local(command: str, *, quiet: bool = False) -> int:
    return subprocess.run(
        [sys.executable, "-m", "local", command], check=False, capture_output=quiet
    ).returncode
