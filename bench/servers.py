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
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import Answered, cpu_seconds, memory, tree

START_SECONDS = 90.0
KEPT_SECONDS = 2.0  # a server may close a connection that was quiet for longer
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

    @contextmanager
    def running(self, python: Path, *, env: Mapping[str, str]) -> Iterator["RunningServer"]:
        """
        Raises:
            RuntimeError: it does not start.
        """
        port = _free_port()
        with tempfile.TemporaryDirectory() as folder:
            for name, content in self.files(port).items():
                (Path(folder) / name).write_text(json.dumps(content))
            program, *options = (part.format(port=port, folder=folder) for part in self.command)
            process = subprocess.Popen(  # noqa: S603  # our own commands
                [str(python.parent.absolute() / program), *options],
                env={**os.environ, **env},
                cwd=folder,  # where some write
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            try:
                _wait(port, self.ready, process)
                yield RunningServer(self, process.pid, port)
            finally:
                _kill(process)


class RunningServer:
    def __init__(self, server: Server, pid: int, port: int) -> None:
        self.start_cpu = cpu_seconds(pid)
        self._server = server
        self._pid = pid
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._asked_at = 0.0

    def ask(self, request: Body) -> Answered:
        """
        Raises:
            RuntimeError: it answers otherwise than with 200.
        """
        body = json.dumps(self._server.asked(request)).encode()
        if time.monotonic() - self._asked_at > KEPT_SECONDS:
            self._connection.close()  # it opens anew when it is asked
        self._asked_at = time.monotonic()
        before, started = cpu_seconds(self._pid), time.perf_counter()
        answer = _ask(self._connection, self._server.path, body)
        latency = time.perf_counter() - started
        cpu = cpu_seconds(self._pid) - before
        return Answered(cpu=cpu, latency=latency, said=self._server.told(answer))

    def memory(self) -> tuple[int, int]:
        return memory(self._pid)


def _inference(body: Body) -> Body:
    text = {"name": "request", "shape": [1], "datatype": "BYTES", "data": [json.dumps(body)]}
    return {"inputs": [text]}


def _of_inference(answer: Any) -> Any:
    return json.loads(answer["outputs"][0]["data"][0])


def _mlserver(name: str, settings: Mapping[str, Any]) -> Server:
    def files(port: int) -> Mapping[str, Any]:
        where = {"host": "127.0.0.1", "http_port": port, "grpc_port": _free_port(), "debug": False}
        model = {"name": "predict", "implementation": "bench.served.mlserver_model.Predict"}
        return {"settings.json": {**where, **settings}, "model-settings.json": model}

    return Server(
        name=name,
        command=("mlserver", "start", "{folder}"),
        path="/v2/models/predict/infer",
        ready="/v2/models/predict/ready",
        files=files,
        asked=_inference,
        told=_of_inference,
    )


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
    _mlserver("MLServer", {}),  # as it comes: metrics, and a process of its own for the model
    _mlserver("MLServer, stripped", {"parallel_workers": 0, "metrics_endpoint": None}),
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


def _kill(process: subprocess.Popen[bytes]) -> None:
    """Workers may have sessions of their own, which a signal to the group would not reach."""
    for pid in reversed(tree(process.pid)):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
