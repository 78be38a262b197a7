"""What bench-serving measures with, on small things; the servers have an environment of their own."""

import json
import os
from pathlib import Path

import pytest

from bench import prices, serving, serving_models
from bench.runtime_api import Runtime, Seen, cpu_seconds, memory
from bench.serving import Row
from training.next_item.predict import Model


def test_sessions_are_skewed_go_back_and_are_the_same_for_the_same_seed():
    one, again = serving_models.sessions(2000), serving_models.sessions(2000)

    assert (one.item_E == again.item_E).all()
    assert len(one) == 2000
    counts = sorted(__import__("numpy").bincount(one.item_E), reverse=True)
    assert sum(counts[:100]) > 3 * sum(counts[500:600])
    items = one.item_ids(range(200))
    assert any(ids[place] == ids[place - 2] for ids in items for place in range(2, len(ids)))


def test_a_model_that_is_made_answers_the_requests_that_are_made(tmp_path: Path):
    serving_models.make_next_item(tmp_path / "model", 2000)
    requests = serving_models.next_item_requests(20, 2000)

    tiers = {Model(tmp_path / "model").predict(each["events"], k=20).tier for each in requests}

    assert tiers == {"model"}
    assert json.loads((tmp_path / "model" / "manifest.json").read_text())["model"] == "next_item"


def test_a_request_costs_what_the_process_used_between_two_asks(monkeypatch: pytest.MonkeyPatch):
    used = iter([0.1, 0.15, *(0.15 + 0.001 * n for n in range(1, 60))])
    monkeypatch.setattr("bench.runtime_api.cpu_seconds", lambda _pid: next(used))
    monkeypatch.setattr("bench.runtime_api.memory", lambda _pid: (1, 2))
    runtime = Runtime([{"n": n} for n in range(60)])
    while (event := runtime.ask()) is not None:
        runtime.answered(event)

    assert runtime.seen.init_cpu == 0.1
    assert runtime.seen.first_cpu == pytest.approx(0.05)
    assert runtime.seen.request_cpu == pytest.approx([0.001] * 10)
    assert runtime.seen.answers == [{"n": n} for n in range(60)]


def test_the_kernel_counts_cpu_and_memory():
    before = cpu_seconds(os.getpid())
    sum(number * number for number in range(300_000))
    peak, private = memory(os.getpid())

    assert cpu_seconds(os.getpid()) > before
    assert peak >= private > 2**20


def row(name: str, *, request: float, init: float = 0.05) -> Row:
    found = Row(name=name, with_model=[0.0009])
    seen = Seen(init_cpu=init, first_cpu=0.01, request_cpu=[request] * 5, latency=[request] * 5)
    found.start(seen)
    found.add(seen)
    return found


def test_overhead_is_what_is_neither_the_models_work_nor_the_runtimes():
    rows = [row("does nothing", request=0.0001), row("next_item, 5 sessions", request=0.0011, init=0.075)]
    served = [row("a server", request=0.0028)]

    functions, servers = serving.functions_table(rows), serving.servers_table(rows, served)

    assert list(functions.columns[2].cells) == ["1.00", "1.50"]
    assert list(functions.columns[4].cells) == ["1.0", "11.0"]
    # the model's own work: 0.9 ms less 0.1; ours 0.2 on top of it, the server's 2.0
    assert list(servers.columns[3].cells) == ["200", "2000"]
    assert list(servers.columns[4].cells) == ["1.0", "10.0"]


def test_prices_by_hand():
    # 1.2 ms on a whole core are 2.08 on 0.58 of one, billed as 3
    assert prices.lambda_million(0.0012) == pytest.approx(0.20 + 1.11 + 3000 * 0.0000133334)
    assert prices.servers_month(1e6, 0.001) == pytest.approx(730 * (2 * 0.0773 + 0.0252))
    # 10 billion a month of 1 ms: 11.4 cores at the busiest, of which half may be busy
    assert prices.servers_month(1e10, 0.001) == pytest.approx(730 * (12 * 0.0773 + 0.0252), rel=0.01)
