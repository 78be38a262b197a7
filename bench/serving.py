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
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from rich.table import Column, Table

from bench import prices, runtime_api, serving_models
from bench.processes import Running
from bench.servers import SERVERS
from bench.turns import WARM_UP, Entrant, Row, one_round
from domain import probe
from domain.layer import CHAMPION, Release
from domain.settings import PredictSettings
from ops.progress import console
from stacks import code

ROOT = Path(__file__).parent.parent
HOME = Path(".skiff/bench")
LOCK = ROOT / "locks" / "bench-serving.txt"
REQUESTS = 400
ROUNDS = 3  # of processes: two of the same program differ
STARTS = 15  # interleaved: starting is short, and scatters
SIZES = (20_000, 200_000, 1_000_000)
CUSTOMERS = 50_000  # 45 MB; finding one of more takes a step of a search more


@dataclass(frozen=True, kw_only=True)
class Stack:
    name: str
    model: str
    folder: Path
    requests: Sequence[Mapping[str, Any]]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.serving", description="What an answer costs here.")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=list(SIZES), metavar="N", help="of next_item, in sessions"
    )
    parser.add_argument("--requests", type=int, default=REQUESTS, help="in each round (%(default)s)")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="(%(default)s)")
    chosen = parser.parse_args(arguments)
    if chosen.requests <= WARM_UP:
        parser.error(f"--requests: more than {WARM_UP}, since so many are not counted")
    HOME.mkdir(parents=True, exist_ok=True)
    try:
        functions, own, servers = measured(chosen.sizes, requests=chosen.requests, rounds=chosen.rounds)
    except KeyboardInterrupt:
        console.print("ended; models that were made are kept")
        return 130
    for table in (
        functions_table(functions),
        servers_table(functions, own, servers),
        costs_table(functions, servers),
    ):
        console.print(table)
    rows = {"functions": functions, "only_model": [own], "servers": servers}
    result = {name: [vars(row) for row in some] for name, some in rows.items()}
    (HOME / "serving.json").write_text(json.dumps(result, indent=2) + "\n")
    console.print(f"the numbers are in {HOME / 'serving.json'}")
    return 0


def measured(sizes: Sequence[int], *, requests: int, rounds: int) -> tuple[list[Row], Row, list[Row]]:
    """The functions, the first of which does nothing; the largest next_item's model; servers that have it."""
    python = environment()
    stacks = [
        *(next_item(size, requests) for size in sizes),
        purchase_intent(requests),
        top_items(requests),
    ]
    largest = stacks[len(sizes) - 1]
    functions = [
        Entrant(
            row=Row(name="does nothing"),
            start=lambda: alone(python, "bare", stacks[0]),
            requests=_events(stacks[0]),
        ),
        *(
            Entrant(
                row=Row(name=stack.name, artifact_bytes=_size(stack.folder)),
                start=partial(in_lambda, python, stack),
                requests=_events(stack),
                data=_data_of_reply if stack is largest else None,
            )
            for stack in stacks
        ),
    ]
    own = Entrant(
        row=Row(name="only the model"),
        start=lambda: alone(python, "only_model", largest),
        requests=largest.requests,
        data=_data,
    )
    servers = [
        Entrant(
            row=Row(name=server.name),
            start=partial(server.running, python, env=_variables(largest)),
            requests=largest.requests,
            data=_data,
        )
        for server in SERVERS
    ]
    for _ in range(STARTS):
        for each in functions:
            with each.start() as running:
                each.row.start(running, each.requests[0])
    beside = len(sizes)  # the largest
    for number in range(rounds):
        one_round([*functions[:beside], own, *functions[beside:], *servers])
        console.print(f"round {number + 1} of {rounds}: the same {requests} answers of all")
    return [each.row for each in functions], own.row, [each.row for each in servers]


def _data(said: Any) -> Any:
    return said["data"]


def _data_of_reply(said: Any) -> Any:
    return _data(json.loads(said["body"]))


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


def alone(python: Path, handler: str, stack: Stack) -> AbstractContextManager[Running]:
    """A function of `bench.served`."""
    name = f"bench.served.{handler}.handler"
    return runtime_api.function(python, name, env=_variables(stack), path=str(shipped(python)))


@contextmanager
def in_lambda(python: Path, stack: Stack) -> Iterator[Running]:
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
        path = f"{shipped(python)}:{name}"
        with runtime_api.function(
            python, "lambdas.predict.handler", env=settings.to_env(), path=path
        ) as running:
            yield running


def _events(stack: Stack) -> list[dict[str, Any]]:
    return [probe.http_request(body, model=stack.model, write_key="key") for body in stack.requests]


def _variables(stack: Stack) -> dict[str, str]:
    return {"SKIFF_MODEL": stack.model, "SKIFF_ARTIFACT": str(stack.folder), "PYTHONPATH": str(ROOT)}


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def _times(ours: Sequence[float], floor: Sequence[float]) -> float:
    """The median of the multiples, each of two that were measured one after the other."""
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
            f"{_times(row.starts, floor.starts):.2f}",
            f"{_times(row.firsts, floor.firsts):.2f}",
            f"{_times(row.requests, floor.requests):.1f}",
            f"{row.p99 * 1e3:.2f}",
            f"{row.peak_bytes / 2**20:.0f}",
            f"{row.private_bytes / 2**20:.0f}",
        )
    init, answer = statistics.median(floor.starts) * 1e3, floor.request * 1e6
    shown.caption = f"1 is {init:.0f} ms of CPU for INIT and {answer:.0f} µs for an answer here"
    return shown


def servers_table(functions: Sequence[Row], own: Row, servers: Sequence[Row]) -> Table:
    """
    Overhead is what is neither the model's own work nor the runtime client's, which every function has.

    *own* is a function that asks the model and no more: less one that does nothing, the model's work.
    """
    function, floor = _largest(functions), functions[0]
    work = _differences(own.requests, floor.requests)
    ours = _differences(function.requests, own.requests)
    title = f"{function.name}, {statistics.median(work) * 1e6:.0f} µs each"
    shown = _table(title, "start ms", "answer µs", "overhead µs", "×", "MiB")
    for row in (function, *servers):
        is_ours = row is function
        overhead = ours if is_ours else _differences(row.requests, work)
        shown.add_row(
            "Skiff in Lambda's runtime" if is_ours else row.name,
            f"{min(row.starts) * 1e3:.0f}",
            f"{row.request * 1e6:.0f}",
            f"{statistics.median(overhead) * 1e6:.0f}",
            f"{statistics.median(overhead) / statistics.median(ours):.1f}",
            f"{row.peak_bytes / 2**20:.0f}",
        )
    shown.caption = f"medians; the runtime client's {floor.request * 1e6:.0f} µs are in none"
    return shown


def _differences(ones: Sequence[float], others: Sequence[float]) -> list[float]:
    """Request by request, as `_times`."""
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
