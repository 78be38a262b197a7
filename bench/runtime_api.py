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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FUNCTION_ARN = "arn:aws:lambda:eu-west-1:123456789012:function:bench"
WARM_UP = 50  # requests that are not counted


@dataclass(kw_only=True)
class Seen:
    """CPU in seconds, memory in bytes."""

    init_cpu: float = 0.0  # from the start of the process to its first ask
    first_cpu: float = 0.0  # of the first request, which opens the model
    request_cpu: list[float] = field(default_factory=list)
    latency: list[float] = field(default_factory=list)  # seconds, from the event to its answer
    peak_bytes: int = 0
    private_bytes: int = 0  # what a process has for itself: mapped files are shared
    answers: list[Any] = field(default_factory=list)


class Runtime:
    """Feeds *events* to one process and measures it."""

    def __init__(self, events: Sequence[Mapping[str, Any]]) -> None:
        self._events = [json.dumps(event).encode() for event in events]
        self._pid = 0
        self._next = 0
        self._marks: list[float] = []
        self._sent = 0.0
        self.seen = Seen()
        self.ended = threading.Event()

    def started(self, pid: int) -> None:
        self._pid = pid

    def ask(self) -> bytes | None:
        """The next event; None where there is none left."""
        self._marks.append(cpu_seconds(self._pid))
        if self._next == len(self._events):
            self._measure()
            self.ended.set()
            return None
        self._sent = time.perf_counter()
        event = self._events[self._next]
        self._next += 1
        return event

    def answered(self, body: bytes) -> None:
        self.seen.latency.append(time.perf_counter() - self._sent)
        self.seen.answers.append(json.loads(body))

    def _measure(self) -> None:
        costs = [later - earlier for earlier, later in zip(self._marks, self._marks[1:], strict=False)]
        self.seen.init_cpu, self.seen.first_cpu = self._marks[0], costs[0]
        self.seen.request_cpu = costs[WARM_UP:]
        self.seen.latency = self.seen.latency[WARM_UP:]
        self.seen.peak_bytes, self.seen.private_bytes = memory(self._pid)


def run(
    python: Path, handler: str, events: Sequence[Mapping[str, Any]], *, env: Mapping[str, str], path: str
) -> Seen:
    """
    Start awslambdaric with *handler* and let it answer *events*, one after the other.

    Args:
        python: of the environment that has awslambdaric.
        path: PYTHONPATH of the process.

    Raises:
        RuntimeError: the handler raised, or the process ended.
    """
    runtime = Runtime(events)
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
        runtime.started(process.pid)
        try:
            while not runtime.ended.wait(0.1):
                if process.poll() is not None:
                    error = process.stderr.read().decode() if process.stderr else ""
                    raise RuntimeError(f"{handler} ended: {error[-2000:]}")
        finally:
            process.kill()
            process.wait()
    return runtime.seen


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
            event = runtime.ask()
            if event is None:
                runtime.ended.wait()
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
        runtime.ended.set()
        server.shutdown()
        server.server_close()


def cpu_seconds(pid: int) -> float:
    """Of all threads of a process so far, to the nanosecond: Linux's schedstat."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            total += int((task / "schedstat").read_text().split()[0])
        except OSError:  # a thread that has just ended
            continue
    return total / 1e9


def memory(pid: int) -> tuple[int, int]:
    """The most resident memory so far, and what is private now."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    private = sum(int(line.split()[1]) for line in rollup if line.startswith("Private_"))
    return int(status["VmHWM"].split()[0]) * 1024, private * 1024
