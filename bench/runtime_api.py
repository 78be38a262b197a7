"""
Lambda's Runtime API (2018-06-01) on the loopback, for the real runtime client: what INIT and requests cost.

The client asks for the next event, answers it, asks again; between two asks lies all the CPU of one request.
"""

import http.server
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from bench.processes import Answered, cpu_seconds, memory

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:bench"


class Runtime:
    """What the API knows: the event that is next, and what was answered."""

    def __init__(self) -> None:
        self.pid = 0
        self.asks: SimpleQueue[float] = SimpleQueue()  # CPU of the process at each ask
        self.events: SimpleQueue[bytes | None] = SimpleQueue()  # None ends it
        self.said: Any = None  # to the event before
        self.said_at = 0.0
        self.failed: bytes | None = None  # what the client reported instead

    def next(self) -> bytes | None:
        self.asks.put(cpu_seconds(self.pid))
        return self.events.get()

    def answered(self, body: bytes) -> None:
        self.said_at = time.perf_counter()
        self.said = json.loads(body)


class Function:
    """A process with the runtime client."""

    def __init__(self, runtime: Runtime, process: subprocess.Popen[bytes]) -> None:
        self._runtime = runtime
        self._process = process
        self._used = self.start_cpu = self._asked()

    def ask(self, request: Mapping[str, Any]) -> Answered:
        """
        Args:
            request: the event.

        Raises:
            RuntimeError: the handler raised, or the process ended.
        """
        event = json.dumps(request).encode()
        started = time.perf_counter()
        self._runtime.events.put(event)
        used, self._used = self._used, self._asked()
        if self._runtime.failed is not None:
            raise RuntimeError(f"{self._process.args!r}: {self._runtime.failed.decode()[:2000]}")
        latency = self._runtime.said_at - started
        return Answered(cpu=self._used - used, latency=latency, said=self._runtime.said)

    def memory(self) -> tuple[int, int]:
        return memory(self._process.pid)

    def _asked(self) -> float:
        """The CPU used when it asks for the next event, waited for."""
        while True:
            try:
                return self._runtime.asks.get(timeout=0.1)
            except Empty:
                if self._process.poll() is not None:
                    error = self._process.stderr.read().decode() if self._process.stderr else ""
                    raise RuntimeError(f"{self._process.args!r} ended: {error[-2000:]}") from None


@contextmanager
def function(python: Path, handler: str, *, env: Mapping[str, str], path: str) -> Iterator[Function]:
    """
    Start awslambdaric with *handler*.

    Args:
        python: of the environment that has awslambdaric.
        path: PYTHONPATH of the process.

    Raises:
        RuntimeError: the process ended.
    """
    runtime = Runtime()
    with _server(runtime) as port:
        process = subprocess.Popen(  # noqa: S603  # our own command
            [str(python), "-m", "awslambdaric", handler],
            env={
                **os.environ,
                **env,
                "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{port}",
                # the server is S3 too, which has no item filter
                "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
                "AWS_REGION": "eu-west-1",
                "AWS_ACCESS_KEY_ID": "bench",
                "AWS_SECRET_ACCESS_KEY": "bench",
                "AWS_LAMBDA_FUNCTION_NAME": "bench",
                "AWS_LAMBDA_FUNCTION_VERSION": "1",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
                "AWS_LAMBDA_LOG_GROUP_NAME": "bench",
                "AWS_LAMBDA_LOG_STREAM_NAME": "bench",
                "PYTHONPATH": path,
            },
            cwd=path.partition(":")[0],  # a function stands where its code lies
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        runtime.pid = process.pid
        try:
            yield Function(runtime, process)
        finally:
            process.kill()
            process.wait()
            runtime.events.put(None)


@contextmanager
def _server(runtime: Runtime) -> Iterator[int]:
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement
        wbufsize = -1

        def do_GET(self) -> None:
            if not self.path.startswith("/2018-06-01/"):
                self.send_response(404)
                self.send_header("Content-Length", "0")
                self.end_headers()
                self.wfile.flush()
                return
            event = runtime.next()
            if event is None:
                self.close_connection = True
                return
            self.send_response(200)
            for name, value in (
                ("Lambda-Runtime-Aws-Request-Id", str(time.time_ns())),
                ("Lambda-Runtime-Deadline-Ms", str(int(time.time() * 1000) + 30_000)),
                ("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN),
                ("Content-Type", "application/json"),
                ("Content-Length", str(len(event))),
            ):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(event)
            self.wfile.flush()

        def do_POST(self) -> None:
            body = self._body()
            if self.path.endswith("/response"):
                runtime.answered(body)
            else:
                runtime.failed = body
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()
            self.wfile.flush()

        def _body(self) -> bytes:
            if self.headers.get("Transfer-Encoding") != "chunked":
                return self.rfile.read(int(self.headers.get("Content-Length", 0)))
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return body

        def log_message(self, *_: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
