import json
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import boto3
import pytest
from moto import mock_aws

from adapters import machines
from ops import deploy, replay
from ops.__main__ import main

CONTENT = {"rows": 1200, "digest": "00000000000000ff"}
TABLES = [{"table": "marts.catalogue", "before": CONTENT, "after": {**CONTENT, "rows": 1201}}]


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A machine of an environment that was deployed from here; its executions never end by themselves."""
    monkeypatch.setattr(deploy, "BUILD", tmp_path)
    monkeypatch.setattr(replay, "POLL_SECONDS", 0)
    machines._client.cache_clear()
    with mock_aws():
        states = {"StartAt": "a", "States": {"a": {"Type": "Succeed"}}}
        arn = boto3.client("stepfunctions").create_state_machine(
            name="replay", definition=json.dumps(states), roleArn="arn:aws:iam::123456789012:role/r"
        )["stateMachineArn"]
        (tmp_path / "outputs-dev.json").write_text(json.dumps({"Warehouse": {"ReplayArn": arn}}))
        yield str(arn)
    machines._client.cache_clear()


def ops(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["ops", "replay", *arguments])
    return main()


def test_a_dry_run_says_what_would_be_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    arguments = (
        "--table",
        "staging.rejects",
        "--from",
        "2026-11-01T00",
        "--to",
        "2026-12-01T00",
        "--dry-run",
    )

    assert ops(monkeypatch, "dev", *arguments) == 0

    said = capsys.readouterr().out
    assert "read    raw.rejects from the lake: 2026/11/" in said
    assert "build   staging.rejects" in said
    assert "staging.events" not in said


def test_a_scope_that_cannot_be_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    assert ops(monkeypatch, "dev", "--table", "marts.nothing") == 1

    assert "skiff: table: 'marts.nothing' is not one of" in capsys.readouterr().err


def test_an_environment_that_was_not_deployed_from_here_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], machine: str
):
    assert ops(monkeypatch, "prod") == 1

    assert "prod was not deployed from here" in capsys.readouterr().err


def test_what_the_tables_held_before_and_hold_now_is_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], machine: str
):
    ended = mock.Mock(side_effect=[None, {"tables": TABLES}])
    monkeypatch.setattr(machines, "result", ended)
    monkeypatch.setattr(machines, "states", lambda _: ["Begin", "Start"])

    assert ops(monkeypatch, "dev", "--table", "marts.catalogue") == 0

    said = capsys.readouterr().out
    assert all(word in said for word in ("marts.catalogue", "1,200", "1,201"))
    [execution] = boto3.client("stepfunctions").list_executions(stateMachineArn=machine)["executions"]
    started = boto3.client("stepfunctions").describe_execution(executionArn=execution["executionArn"])
    assert json.loads(started["input"]) == {"table": "marts.catalogue"}


def test_a_second_one_is_told_that_one_is_running(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], machine: str
):
    execution = machines.start(machine, {}, name="first")

    assert ops(monkeypatch, "dev") == 1

    assert (
        f"a replay is running; look with: aws stepfunctions describe-execution --execution-arn {execution}"
        in (capsys.readouterr().err)
    )


def test_whoever_stops_watching_is_told_how_to_look_again(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], machine: str
):
    monkeypatch.setattr(machines, "states", mock.Mock(side_effect=KeyboardInterrupt))

    assert ops(monkeypatch, "dev") == 130

    running = machines.newest(machine)
    assert running and machines.is_running(running)
    said = capsys.readouterr().out.replace("\n", "")
    assert "The replay goes on without you; look with: aws stepfunctions describe-execution" in said
    assert running in said
