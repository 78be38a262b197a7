"""
Servers that keep a model open, started in an environment of their own and asked over HTTP on the loopback.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.runtime_api import WARM_UP, Seen, cpu_seconds, memory

START_SECONDS = 90.0
Body = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Server:
    name: str
    command: tuple[str, ...]  # with {port} and {folder}, an empty one; the program is of the environment
    path: str = "/predict"
    ready: str = "/docs.json"
    files: Callable[[int], Mapping[str, Any]] = lambda _port: {}  # name → JSON, what lies in the folder
    asked: Callable[[Body], Body] = lambda body: body
    told: Callable[[Any], Any] = lambda answer: answer

    def measured(self, python: Path, requests: Sequence[Body], *, env: Mapping[str, str]) -> Seen:
        """
        Raises:
            RuntimeError: it does not start, or answers otherwise than with 200.
        """
        port = _free_port()
        with tempfile.TemporaryDirectory() as folder:
            for name, content in self.files(port).items():
                (Path(folder) / name).write_text(json.dumps(content))
            program, *options = (part.format(port=port, folder=folder) for part in self.command)
            process = subprocess.Popen(  # noqa: S603  # our own commands
                [str(python.parent / program), *options],
                env={**os.environ, **env},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                _wait(port, self.ready, process)
                return self._seen(process.pid, port, requests)
            finally:
                _kill(process)

    def _seen(self, pid: int, port: int, requests: Sequence[Body]) -> Seen:
        seen = Seen(init_cpu=_cpu(pid))
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for request in requests:
            body = json.dumps(self.asked(request)).encode()
            before, started = _cpu(pid), time.perf_counter()
            answer = _ask(connection, self.path, body)
            seen.latency.append(time.perf_counter() - started)
            seen.request_cpu.append(_cpu(pid) - before)
            seen.answers.append(self.told(answer)["data"])
        seen.first_cpu = seen.request_cpu[0]
        seen.request_cpu, seen.latency = seen.request_cpu[WARM_UP:], seen.latency[WARM_UP:]
        sizes = [memory(each) for each in _tree(pid)]
        seen.peak_bytes, seen.private_bytes = (sum(part) for part in zip(*sizes, strict=True))
        return seen


def _inference(body: Body) -> Body:
    text = {"name": "request", "shape": [1], "datatype": "BYTES", "data": [json.dumps(body)]}
    return {"inputs": [text]}


def _of_inference(answer: Any) -> Any:
    return json.loads(answer["outputs"][0]["data"][0])


def _mlserver_files(port: int) -> Mapping[str, Any]:
    quiet = {"debug": False, "parallel_workers": 0, "metrics_endpoint": None}
    return {
        "settings.json": {"host": "127.0.0.1", "http_port": port, "grpc_port": _free_port(), **quiet},
        "model-settings.json": {
            "name": "predict",
            "implementation": "bench.served.mlserver_model.Predict",
        },
    }


SERVERS = (
    Server(
        name="FastAPI, uvicorn",
        command=(
            "uvicorn",
            "bench.served.fastapi_app:app",
            "--host=127.0.0.1",
            "--port={port}",
            "--log-level=warning",
        ),
    ),
    Server(
        name="BentoML",
        command=(
            "bentoml",
            "serve",
            "bench.served.bento_service:Predict",
            "--host=127.0.0.1",
            "--port={port}",
        ),
    ),
    Server(
        name="MLServer",
        command=("mlserver", "start", "{folder}"),
        path="/v2/models/predict/infer",
        ready="/v2/models/predict/ready",
        files=_mlserver_files,
        asked=_inference,
        told=_of_inference,
    ),
)


def _ask(connection: http.client.HTTPConnection, path: str, body: bytes) -> Any:
    connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    text = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{answer.status}: {text[:500]!r}")
    return json.loads(text)


def _wait(port: int, path: str, process: subprocess.Popen[bytes]) -> None:
    """Until it listens and its model is open."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args!r} ended with {process.returncode}")
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", path)
            if connection.getresponse().status in (200, 404):
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise RuntimeError(f"{process.args!r} did not listen within {START_SECONDS:.0f} s")


def _cpu(pid: int) -> float:
    return sum(cpu_seconds(each) for each in _tree(pid))


def _tree(pid: int) -> list[int]:
    """The process and those that it has started."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Workers may have sessions of their own, which a signal to the group would not reach."""
    for pid in reversed(_tree(process.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
