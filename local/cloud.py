"""
The offline cloud's life: `up` starts its servers and returns, `down` ends them, other commands find them.

Two processes: AWS (local/aws) and the warehouse beside it (local/snowflake).
"""

import fcntl
import os
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from local import environment, processes, state
from local.aws.settings import endpoint
from local.processes import Process
from local.state import Cloud

PROJECT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("SKIFF_HOME", PROJECT / ".skiff")).resolve()  # a cloud each
SERVERS = {"aws": 4566, "snowflake": 4580}  # a server is the module local.<name>
# held from finding a free port until a server listens there; else two clouds could find the same one
PORTS = Path(tempfile.gettempdir()) / f"skiff-ports-{os.getuid()}.lock"
READY_SECONDS = 60.0
POLL_SECONDS = 0.05
TAIL_LINES = 30


class ServerDied(RuntimeError):
    """A server ended, or did not listen in time; the message holds the end of its log."""


def up(home: Path = HOME, servers: Mapping[str, int] = SERVERS) -> Cloud:
    """
    Start the cloud, or find the one that runs.

    Args:
        servers: name → usual port.

    Raises:
        ServerDied: one of the servers did not come up; none is left running.
    """
    with _alone(home):
        running = _find(home)
        return running or _start(home, servers)


def down(home: Path = HOME) -> bool:
    """End the cloud; whether there was one."""
    with _alone(home):
        cloud = state.read(_state_file(home))
        if cloud is None:
            return False
        _end(cloud.processes)
        _state_file(home).unlink()
        shutil.rmtree(home / "tmp", ignore_errors=True)
        return True


def find(home: Path = HOME) -> Cloud | None:
    """The running cloud; None if there is none or part of it has ended."""
    cloud = state.read(_state_file(home))
    return cloud if cloud and not cloud.dead() else None


def log_files(home: Path = HOME) -> dict[str, Path]:
    """Every server's log by its name, and every training job's as training/<job>."""
    folder = home / "logs"
    return {
        file.relative_to(folder).with_suffix("").as_posix(): file for file in sorted(folder.rglob("*.log"))
    }


def tail(file: Path, *, lines: int) -> str:
    return "\n".join(file.read_text(errors="replace").splitlines()[-lines:])


def _find(home: Path) -> Cloud | None:
    """The running cloud; what is left of one that was killed is cleared away."""
    cloud = state.read(_state_file(home))
    if cloud is None or not cloud.dead():
        return cloud
    print(f"The last cloud ended without `down` ({', '.join(cloud.dead())} is gone): clearing it away.")
    _end(cloud.processes)
    _state_file(home).unlink()
    return None


def _start(home: Path, servers: Mapping[str, int]) -> Cloud:
    for folder in ("tmp", "cdk", "logs", "imports"):  # what was true of the cloud before
        shutil.rmtree(home / folder, ignore_errors=True)
        (home / folder).mkdir(parents=True)
    with _only_one(PORTS):
        return _listening(home, servers)


def _listening(home: Path, servers: Mapping[str, int]) -> Cloud:
    ports = {name: free_port(usual) for name, usual in servers.items()}
    clients = environment.for_clients(port=ports["aws"], home=home)
    environment.write_profile(clients)
    cloud = Cloud(
        endpoint=endpoint(port=ports["aws"]),
        snowflake_port=ports.get("snowflake", 0),
        processes=_launch(home, ports, env=environment.for_servers(clients, home=home)),
        environment=clients,
    )
    state.write(_state_file(home), cloud)
    return cloud


def _launch(home: Path, ports: Mapping[str, int], *, env: Mapping[str, str]) -> dict[str, Process]:
    """Start every server, then wait for each to listen."""
    started: dict[str, Process] = {}
    try:
        for name, port in ports.items():
            command = [sys.executable, "-m", f"local.{name}", str(port)]
            started[name] = processes.start(command, env=env, cwd=PROJECT, log=_log(home, name))
        for name, port in ports.items():
            _wait_until_ready(name, started[name], port=port, log=_log(home, name))
    except BaseException:  # Ctrl-C too: either all of it runs or nothing
        _end(started)
        raise
    return started


def _end(running: Mapping[str, Process]) -> None:
    for process in reversed(list(running.values())):  # the warehouse reads from AWS, so it goes first
        process.end()


def _wait_until_ready(name: str, process: Process, *, port: int, log: Path) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not _is_listening(port):
        if not process.is_alive():
            raise ServerDied(_with_tail(f"{name} ended while it started", log))
        if time.monotonic() > deadline:
            raise ServerDied(_with_tail(f"{name} does not listen after {READY_SECONDS:.0f} s", log))
        time.sleep(POLL_SECONDS)


def _with_tail(problem: str, log: Path) -> str:
    return f"{problem}. The end of {log}:\n{tail(log, lines=TAIL_LINES)}"


def free_port(usual: int) -> int:
    """The usual port, or any free one where something else has it."""
    for port in (usual, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise OSError("no free port on 127.0.0.1")


def _is_listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """One `up` or `down` at a time; a second waits for the first."""
    home.mkdir(parents=True, exist_ok=True)
    with _only_one(home / "lock"):
        yield


@contextmanager
def _only_one(file: Path) -> Iterator[None]:
    """Until the first is through, a second that asks for the same file waits."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _state_file(home: Path) -> Path:
    return home / "cloud.json"


def _log(home: Path, name: str) -> Path:
    return home / "logs" / f"{name}.log"
