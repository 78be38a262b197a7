"""What bench-serving measures with, on small things; the servers have an environment of their own."""

import json
import os
import sys
import textwrap
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import prices, runtime_api, serving, serving_models
from bench.processes import Answered, cpu_seconds, memory
from bench.turns import WARM_UP, Entrant, OtherAnswers, Row, one_round
from training.next_item.predict import Model

CLIENT = """
import http.client, os
connection = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])

def runtime(method, path, body=None):
    connection.request(method, "/2018-06-01/runtime/" + path, body)
    return connection.getresponse().read()

"""


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


def test_a_request_costs_what_the_process_used_between_two_asks(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    used = iter([0.1, 0.15, 0.151])
    monkeypatch.setattr("bench.runtime_api.cpu_seconds", lambda _pid: next(used))
    client = program(
        tmp_path,
        """
        for _ in range(2):
            event = runtime("GET", "invocation/next")
            runtime("POST", "invocation/1/response", b'{"said": %s}' % event)
        runtime("GET", "invocation/next")
        """,
    )

    with runtime_api.function(client, "a.handler", env={}, path=str(tmp_path)) as function:
        answered = [function.ask({"n": number}) for number in range(2)]

    assert function.start_cpu == 0.1
    assert [each.cpu for each in answered] == pytest.approx([0.05, 0.001])
    assert [each.said for each in answered] == [{"said": {"n": 0}}, {"said": {"n": 1}}]


@pytest.mark.parametrize(
    ("does", "told"),
    [
        (
            """runtime("POST", "invocation/1/error", b"no such item"); runtime("GET", "invocation/next")""",
            "no such item",
        ),
        ("raise SystemExit('ran out of memory')", "ran out of memory"),
    ],
)
def test_a_function_that_does_not_answer_ends_the_bench(tmp_path: Path, does: str, told: str):
    client = program(tmp_path, f"""runtime("GET", "invocation/next"); {does}""")

    with (
        runtime_api.function(client, "a.handler", env={}, path=str(tmp_path)) as function,
        pytest.raises(RuntimeError, match=told),
    ):
        function.ask({})


def program(folder: Path, text: str) -> Path:
    """Stands for a Python that has the runtime client: asks and answers as *text* has it."""
    path = folder / "python"
    path.write_text(f"#!{sys.executable}\n" + CLIENT + textwrap.dedent(text))
    path.chmod(0o755)
    return path


def test_the_kernel_counts_cpu_and_memory():
    before = cpu_seconds(os.getpid())
    sum(number * number for number in range(300_000))
    peak, private = memory(os.getpid())

    assert cpu_seconds(os.getpid()) > before
    assert peak >= private > 2**20


class Process:
    """Costs the same for each request, and says the request."""

    def __init__(self, cpu: float, start_cpu: float = 0.05) -> None:
        self.start_cpu = start_cpu
        self._cpu = cpu

    def ask(self, request: Mapping[str, Any]) -> Answered:
        return Answered(cpu=self._cpu, latency=self._cpu, said=request)

    def memory(self) -> tuple[int, int]:
        return 2**20, 2**19


def entrant(name: str, **cost: float) -> Entrant:
    requests = [{"n": number} for number in range(80)]
    return Entrant(
        row=Row(name=name), start=lambda: nullcontext(Process(**cost)), requests=requests, data=dict
    )


def test_overhead_is_what_is_neither_the_models_work_nor_the_runtimes():
    nothing = entrant("does nothing", cpu=0.0001)
    ours = entrant("next_item, 5 sessions", cpu=0.0011, start_cpu=0.075)
    own, other = entrant("only the model", cpu=0.0009), entrant("a server", cpu=0.0028)
    for each in (nothing, ours):
        with each.start() as running:
            each.row.start(running, each.requests[0])
    one_round([nothing, ours, own, other])

    functions = serving.functions_table([nothing.row, ours.row])
    servers = serving.servers_table([nothing.row, ours.row], own.row, [other.row])

    assert list(functions.columns[2].cells) == ["1.00", "1.50"]
    assert list(functions.columns[4].cells) == ["1.0", "11.0"]
    # the model's own work: 0.9 ms less 0.1; ours 0.2 on top of it, the server's 2.0
    assert list(servers.columns[3].cells) == ["200", "2000"]
    assert list(servers.columns[4].cells) == ["1.0", "10.0"]
    assert len(ours.row.requests) == 80 - WARM_UP


def test_another_answer_ends_the_bench():
    ours = entrant("ours", cpu=0.001)
    other = replace(ours, row=Row(name="other"), data=lambda said: {"n": min(said["n"], 70)})

    with pytest.raises(OtherAnswers, match="other answers otherwise than ours"):
        one_round([ours, other])


def test_too_few_requests_are_refused(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        serving.main(["--requests", "50"])

    assert "more than 50" in capsys.readouterr().err


def test_prices_by_hand():
    # 1.2 ms on a whole core are 2.08 on 0.58 of one, billed as 3
    assert prices.lambda_million(0.0012) == pytest.approx(0.20 + 1.11 + 3000 * 0.0000133334)
    assert prices.servers_month(1e6, 0.001) == pytest.approx(730 * (2 * 0.0773 + 0.0252))
    # 10 billion a month of 1 ms: 11.4 cores at the busiest, of which half may be busy
    assert prices.servers_month(1e10, 0.001) == pytest.approx(730 * (12 * 0.0773 + 0.0252), rel=0.01)
