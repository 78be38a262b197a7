"""
Processes that outlive the command that started them: told apart from a stranger with their id, ended whole.

Each leads a session of its own, so whatever it starts (functions, training jobs) can be found and ended too.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

END_SECONDS = 5.0  # between asking a process to end and ending it
POLL_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Process:
    pid: int
    started: str  # when, as the system tells it; a process that reuses the pid has another

    def is_alive(self) -> bool:
        return bool(self.started) and start_of(self.pid) == self.started

    def end(self) -> None:
        """End the process and everything in its session; does nothing to a stranger with its pid."""
        if start_of(self.pid) not in ("", self.started):
            return
        if self.is_alive():
            os.kill(self.pid, signal.SIGTERM)
            self._wait(END_SECONDS)
        for member in session_members(self.pid):
            _kill(member)
        self._wait(END_SECONDS)

    def _wait(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self.is_alive() and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)


def start(command: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path) -> Process:
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        child = subprocess.Popen(
            command,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # also keeps the terminal's Ctrl-C away from it
        )
    return Process(pid=child.pid, started=start_of(child.pid))


def start_of(pid: int) -> str:
    """When a process started, or nothing if there is none; one that has ended but is not reaped is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return "" if Path("/proc/self").exists() else _start_by_ps(pid)
    except ProcessLookupError:
        return ""
    state, start_ticks = fields[0], fields[19]
    return "" if state in "ZX" else start_ticks


def session_members(leader: int) -> list[int]:
    return [pid for pid in _all_pids() if pid != os.getpid() and _session_of(pid) == leader]


def _start_by_ps(pid: int) -> str:
    """Where there is no /proc, as on macOS."""
    found = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip()


def _all_pids() -> list[int]:
    if Path("/proc/self").exists():
        return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
    listed = subprocess.run(["ps", "-A", "-o", "pid="], capture_output=True, text=True, check=True)
    return [int(pid) for pid in listed.stdout.split()]


def _session_of(pid: int) -> int:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return 0


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):  # it may have ended since it was listed
        os.kill(pid, signal.SIGKILL)
