"""
`python -m bench.serving`: what an answer costs, in multiples of a function that does nothing.

The real Lambda runtime client against a Runtime API on the loopback; beside it, in the same run, the same
model with the same answers behind servers. CPU is the kernel's count for the process.
"""

import argparse
import atexit
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from bench import prices, runtime_api, serving_models
from bench.runtime_api import Seen
from bench.servers import SERVERS, Server
from domain import probe
from domain.layer import CHAMPION, Release
from domain.settings import PredictSettings
from ops.progress import console
from stacks import code

ROOT = Path(__file__).parent.parent
HOME = Path(".skiff/bench")
LOCK = ROOT / "locks" / "bench-serving.txt"
REQUESTS = 400
ROUNDS = 3  # of each number the least counts, since others share the machine
STARTS = 15  # interleaved: starting is short, and scatters
SIZES = (20_000, 200_000, 1_000_000)
CUSTOMERS = 50_000  # as many as an artifact of 75 MB holds


@dataclass(frozen=True, kw_only=True)
class Stack:
    name: str
    model: str
    folder: Path
    requests: Sequence[Mapping[str, Any]]


@dataclass(kw_only=True)
class Row:
    """Seconds of CPU and bytes; where there is one number, the least of the rounds."""

    name: str
    artifact_bytes: int = 0
    inits: list[float] = field(default_factory=list)  # of each start
    firsts: list[float] = field(default_factory=list)  # of each start, the first answer too
    requests: list[float] = field(default_factory=list)  # of each round, the median
    p99: float = float("inf")
    latency: float = float("inf")  # the median, seconds of wall time
    peak_bytes: int = 0
    private_bytes: int = 0
    with_model: list[float] = field(default_factory=list)  # a function's that asks the model and no more

    def start(self, seen: Seen) -> None:
        self.inits.append(seen.init_cpu)
        self.firsts.append(seen.init_cpu + seen.first_cpu)

    def add(self, seen: Seen) -> None:
        ordered = sorted(seen.request_cpu)
        self.requests.append(statistics.median(ordered))
        self.p99 = min(self.p99, ordered[int(len(ordered) * 0.99)])
        self.latency = min(self.latency, statistics.median(seen.latency))
        self.peak_bytes = max(self.peak_bytes, seen.peak_bytes)
        self.private_bytes = max(self.private_bytes, seen.private_bytes)

    @property
    def request(self) -> float:
        return min(self.requests)


class OtherAnswers(AssertionError):
    """Two ways of serving the same model differ."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description="What an answer costs here.")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=list(SIZES), metavar="N", help="of next_item, in sessions"
    )
    parser.add_argument("--requests", type=int, default=REQUESTS, help="in each round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="(%(default)s)")
    chosen = parser.parse_args(arguments)
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        rows, servers = measured(chosen.sizes, requests=chosen.requests, rounds=chosen.rounds)
    except KeyboardInterrupt:
        console.print("ended; models that were made are kept")
        return 130
    for table in (functions_table(rows), servers_table(rows, servers), costs_table(rows, servers)):
        console.print(table)
    result = {"functions": [vars(row) for row in rows], "servers": [vars(row) for row in servers]}
    (HOME / "serving.json").write_text(json.dumps(result, indent=2) + "\n")
    console.print(f"the numbers are in {HOME / 'serving.json'}")
    return 0


def measured(sizes: Sequence[int], *, requests: int, rounds: int) -> tuple[list[Row], list[Row]]:
    """The functions, the first of which does nothing, and the servers, with the largest next_item."""
    python = environment()
    stacks = [
        *(next_item(size, requests) for size in sizes),
        purchase_intent(requests),
        top_items(requests),
    ]
    rows = [
        Row(name="does nothing"),
        *(Row(name=stack.name, artifact_bytes=_size(stack.folder)) for stack in stacks),
    ]
    servers = [Row(name=server.name) for server in SERVERS]
    largest, answers = stacks[len(sizes) - 1], []
    for _ in range(STARTS):
        rows[0].start(alone(python, "bare", stacks[0], limit=1))
        for row, stack in zip(rows[1:], stacks, strict=True):
            row.start(in_lambda(python, stack, limit=1))
    for number in range(rounds):
        rows[0].add(alone(python, "bare", stacks[0]))
        for row, stack in zip(rows[1:], stacks, strict=True):
            seen = in_lambda(python, stack)
            row.add(seen)
            row.with_model.append(statistics.median(alone(python, "only_model", stack).request_cpu))
            if stack is largest:
                answers = [json.loads(answer["body"])["data"] for answer in seen.answers]
        for row, server in zip(servers, SERVERS, strict=True):
            seen = behind(server, python, largest, answers)
            row.start(seen)
            row.add(seen)
        console.print(f"round {number + 1} of {rounds}: the same {len(answers)} answers of all")
    return rows, servers


def behind(server: Server, python: Path, stack: Stack, answers: Sequence[Any]) -> Seen:
    """
    Raises:
        OtherAnswers: it does not say what the function says.
    """
    seen = server.measured(python, stack.requests, env=_variables(stack))
    if seen.answers != answers:
        raise OtherAnswers(f"{server.name} answers otherwise than the function")
    return seen


def environment() -> Path:
    """The Python of an environment with the runtime client and the servers, made once, from a lock."""
    folder = (HOME / f"serving-{LOCK.stat().st_mtime_ns}").absolute()
    python = folder / "bin" / "python"
    if not python.exists():
        console.print("installing awslambdaric, FastAPI, BentoML and MLServer beside the project's own")
        uv = [sys.executable, "-m", "uv"]
        install = ["pip", "install", "--quiet", "--python", str(python), "--require-hashes", "-r", str(LOCK)]
        for command in (["venv", "--quiet", "--clear", str(folder)], install):
            subprocess.run([*uv, *command], check=True)  # noqa: S603  # our own commands
    return python


def next_item(size: int, requests: int) -> Stack:
    folder = _made(f"next-item-{size}", lambda path: serving_models.make_next_item(path, size))
    asked = serving_models.next_item_requests(requests, size)
    return Stack(name=f"next_item, {size:,} sessions", model="next_item", folder=folder, requests=asked)


def purchase_intent(requests: int) -> Stack:
    folder = _made("purchase-intent", lambda path: serving_models.make_purchase_intent(path, 20_000))
    asked = serving_models.purchase_intent_requests(requests)
    return Stack(name="purchase_intent", model="purchase_intent", folder=folder, requests=asked)


def top_items(requests: int) -> Stack:
    folder = _made("top-items", lambda path: serving_models.make_top_items(path, CUSTOMERS))
    asked = serving_models.top_items_requests(requests, CUSTOMERS)
    return Stack(name=f"top_items, {CUSTOMERS:,} customers", model="top_items", folder=folder, requests=asked)


def _made(name: str, make: Callable[[Path], None]) -> Path:
    folder = HOME / "serving-models" / name
    if not folder.exists():
        part = folder.with_suffix(".part")
        shutil.rmtree(part, ignore_errors=True)
        console.print(f"making {name}")
        make(part)
        part.rename(folder)
    return folder.absolute()


@cache
def shipped(python: Path) -> Path:
    """The code as a function has it, with bytecode, and those of the bench beside it."""
    folder = Path(tempfile.mkdtemp(prefix="skiff-bench-"))
    atexit.register(shutil.rmtree, folder)
    code.copy(folder, python=python, packages=(*code.PACKAGES, "bench"))
    return folder


def alone(python: Path, handler: str, stack: Stack, *, limit: int | None = None) -> Seen:
    """A function of `bench.served`, asked what the model is asked."""
    is_bare = handler == "bare"
    events = _events(stack) if is_bare else list(stack.requests)
    env = {} if is_bare else _variables(stack)
    name = f"bench.served.{handler}.handler"
    return runtime_api.run(python, name, events[:limit], env=env, path=str(shipped(python)))


def in_lambda(python: Path, stack: Stack, *, limit: int | None = None) -> Seen:
    """The real handler, with the artifact as its layer."""
    settings = PredictSettings(
        write_keys={"key": "shop"},
        model=stack.model,
        latency_objective_ms=50.0,
        deadline_ms=5000,
        artifacts_bucket="artifacts",
        filter_seconds=60,
        metrics_namespace="Skiff/bench",
    )
    with tempfile.TemporaryDirectory() as name:
        package = Path(name) / "skiff_model"
        package.mkdir()
        (package / "__init__.py").write_text("")
        (package / CHAMPION).symlink_to(stack.folder)
        digest = json.loads((stack.folder / "manifest.json").read_text())["digest"]
        release = Release.of_one(release_id="bench", model=stack.model, version="1", digest=digest)
        (package / "release.json").write_text(release.to_json())
        (package / "sizes.json").write_text(json.dumps({CHAMPION: _size(stack.folder)}))
        env, path = settings.to_env(), f"{shipped(python)}:{name}"
        events = _events(stack)[:limit]
        return runtime_api.run(python, "lambdas.predict.handler", events, env=env, path=path)


def _events(stack: Stack) -> list[dict[str, Any]]:
    return [probe.http_request(body, model=stack.model, write_key="key") for body in stack.requests]


def _variables(stack: Stack) -> dict[str, str]:
    return {"SKIFF_MODEL": stack.model, "SKIFF_ARTIFACT": str(stack.folder), "PYTHONPATH": str(ROOT)}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _times(ours: Sequence[float], floor: Sequence[float]) -> float:
    """The median of the multiples, start by start: a machine that slows down slows both."""
    return statistics.median(one / other for one, other in zip(ours, floor, strict=True))


def _table(title: str, *columns: str) -> Table:
    right = (Column(name, justify="right") for name in columns)
    return Table(Column("", no_wrap=True), *right, title=title, title_justify="left")


def functions_table(rows: Sequence[Row]) -> Table:
    floor = rows[0]
    shown = _table(
        "In Lambda's runtime, CPU × nothing", "MB", "INIT", "+ first", "answer", "p99 ms", "MiB", "own MiB"
    )
    for row in rows:
        shown.add_row(
            row.name,
            f"{row.artifact_bytes / 1e6:.0f}" if row.artifact_bytes else "–",
            f"{_times(row.inits, floor.inits):.2f}",
            f"{_times(row.firsts, floor.firsts):.2f}",
            f"{row.request / floor.request:.1f}",
            f"{row.p99 * 1e3:.2f}",
            f"{row.peak_bytes / 2**20:.0f}",
            f"{row.private_bytes / 2**20:.0f}",
        )
    init, answer = statistics.median(floor.inits) * 1e3, floor.request * 1e6
    shown.caption = f"1 is {init:.0f} ms of CPU for INIT and {answer:.0f} µs for an answer here"
    return shown


def servers_table(rows: Sequence[Row], servers: Sequence[Row]) -> Table:
    """
    Overhead is what is neither the model's own work nor the runtime client's, which every function has.

    The model's work is that of a function which asks it and does nothing else, less one that does nothing.
    """
    function, floor = _largest(rows), rows[0]
    own = _differences(function.with_model, floor.requests)
    ours = _differences(function.requests, function.with_model)
    title = f"{function.name}, {statistics.median(own) * 1e6:.0f} µs each"
    shown = _table(title, "start ms", "answer µs", "overhead µs", "×", "MiB")
    for row in (function, *servers):
        is_ours = row is function
        overhead = ours if is_ours else _differences(row.requests, own)
        shown.add_row(
            "Skiff in Lambda's runtime" if is_ours else row.name,
            f"{min(row.inits) * 1e3:.0f}",
            f"{row.request * 1e6:.0f}",
            f"{statistics.median(overhead) * 1e6:.0f}",
            f"{_times(overhead, ours):.1f}",
            f"{row.peak_bytes / 2**20:.0f}",
        )
    shown.caption = f"each a median of rounds; the runtime client's {floor.request * 1e6:.0f} µs are in none"
    return shown


def _differences(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    """Round by round, as `_times`."""
    return [one - other for one, other in zip(ones, others, strict=True)]


def costs_table(rows: Sequence[Row], servers: Sequence[Row]) -> Table:
    """Of a million answers, and of a month of servers that stand by whatever comes."""
    function = _largest(rows)
    title = f"US dollars, {prices.REGION}, prices of {prices.READ_ON}"
    shown = _table(title, "a million", "month at 1 million", "month at 100 million")
    million = prices.lambda_million(function.latency)
    shown.add_row("Skiff in Lambda", f"{million:.2f}", f"{million:.0f}", f"{100 * million:.0f}")
    for row in servers:
        months = (f"{prices.servers_month(requests, row.request):.0f}" for requests in (1e6, 1e8))
        shown.add_row(f"{row.name}, {prices.INSTANCE}", "–", *months)
    return shown


def _largest(rows: Sequence[Row]) -> Row:
    return [row for row in rows if row.name.startswith("next_item")][-1]


if __name__ == "__main__":
    sys.exit(main())
