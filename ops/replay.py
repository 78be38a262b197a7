"""
`python -m ops replay`: the tables of an environment made from the log again, by a machine that this follows.
"""

import os
import time
from datetime import UTC, datetime
from typing import Any

from rich.table import Table

from adapters import machines
from ops import cloud, deploy
from ops.progress import Step, Steps, console
from ops.target import NotDeployed
from warehouse.replay import PUBLISH, Scope

POLL_SECONDS = 1.0
STARTED = "Start"  # the state that begins each step; stacks/replay.py


class AlreadyRunning(RuntimeError):
    """A replay of this environment is under way."""


def main(*, environment: str, request: dict[str, str | None], is_dry_run: bool) -> int:
    """
    Args:
        request: `table`, `from` and `to`, as the machine takes them.

    Raises:
        WrongScope, NotDeployed, CloudNotRunning, AlreadyRunning, ExecutionFailed
    """
    scope = Scope.of(request)
    if is_dry_run:
        _print_plan(scope)
        return 0
    machine = _machine(environment)
    if (running := machines.newest(machine)) and machines.is_running(running):
        raise AlreadyRunning(f"a replay is running; {_look(running)}")
    name = f"replay-{datetime.now(UTC):%Y%m%d-%H%M%S}"
    execution = machines.start(machine, request, name=name)
    try:
        with Steps().step("replay", "Replay", total=len(scope.steps)) as step:
            result = _follow(execution, scope, step)
    except KeyboardInterrupt:
        console.print(f"The replay goes on without you; {_look(execution)}", soft_wrap=True)
        raise
    _print_tables(result["tables"])
    return 0


def _machine(environment: str) -> str:
    if environment == deploy.LOCAL:
        cloud.enter()
    try:
        machine = deploy.outputs(environment)["ReplayArn"]
    except (FileNotFoundError, KeyError):
        raise NotDeployed(
            f"{environment} was not deployed from here: `make deploy ENV={environment}`"
        ) from None
    os.environ.setdefault("AWS_REGION", machine.split(":")[3])
    return machine


def _follow(execution: str, scope: Scope, step: Step) -> Any:
    while (result := machines.result(execution)) is None:
        begun = sum(state == STARTED for state in machines.states(execution))
        step.reach(max(begun - 1, 0))
        step.say(scope.steps[begun - 1] if begun else "preparing")
        time.sleep(POLL_SECONDS)
    step.say("")
    return result


def _look(execution: str) -> str:
    return f"look with: aws stepfunctions describe-execution --execution-arn {execution}"


def _print_plan(scope: Scope) -> None:
    read = ", ".join(path or "everything" for path in scope.folders)
    for name in scope.raw:
        console.print(f"read    {name} from the lake: {read}")
    if scope.since and scope.until:
        console.print("        other hours as they are in the live warehouse")
    for table in scope.built:
        console.print(f"build   {table.full_name}, beside the live one, and check it")
    console.print(f"{PUBLISH} all of them, if every check lets them")


def _print_tables(tables: list[dict[str, Any]]) -> None:
    shown = Table("table", "rows", "checksum", "rows now", "checksum now")
    for found in tables:
        before, after = found["before"], found["after"]
        mark = "" if before == after else "[yellow]"
        shown.add_row(found["table"], *_cells(before), *(mark + cell for cell in _cells(after)))
    console.print(shown)


def _cells(content: dict[str, Any]) -> tuple[str, str]:
    """Rows, and as much of the checksum as tells two apart."""
    return f"{content['rows']:,}", content["digest"][:8]
