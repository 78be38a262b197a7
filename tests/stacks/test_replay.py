"""What would hurt if it changed in the machine that makes the warehouse again."""

import json
from pathlib import Path
from typing import Any

import pytest

from ops.replay import STARTED
from tests.stacks.conftest import read_template


@pytest.fixture(scope="module")
def states(assembly: Path) -> dict[str, Any]:
    resources = read_template(assembly, "prod", "Warehouse")["Resources"]
    [machine] = [
        found for name, found in resources.items() if name.startswith("Replay") and "Machine" in found["Type"]
    ]
    parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else "TOKEN" for part in parts)
    return dict(json.loads(text)["States"])


def test_what_a_deploy_applies_comes_first(states: dict[str, Any]):
    way = ["Apply integration"]
    while states[way[-1]].get("Next") not in (None, *way):
        way.append(states[way[-1]]["Next"])

    assert way == ["Apply integration", "Apply pipes", "Begin", STARTED, "Wait", "Poll", "Is it done?"]
    applied = [states[name]["Arguments"]["Payload"]["ResourceProperties"]["Part"] for name in way[:2]]
    assert applied == ["integration", "pipes"]


def test_it_waits_until_a_step_is_done_then_takes_the_next_and_ends(states: dict[str, Any]):
    judged = states["Is it done?"]

    assert [choice["Next"] for choice in judged["Choices"]] == ["Wait", "Next step"]
    assert (judged["Default"], states["Next step"]["Next"]) == ("End", STARTED)
    assert states["End"]["End"]


def test_each_call_is_told_of_the_same_replay(states: dict[str, Any]):
    calls = {name: states[name]["Arguments"]["Payload"] for name in ("Begin", STARTED, "Poll", "End")}

    assert {payload["call"] for payload in calls.values()} == {"begin", "start", "poll", "end"}
    for payload in calls.values():
        assert payload["action"] == "replay"
        assert payload["scope"] == "{% $states.context.Execution.Input %}"
        assert payload["read_at"] == "{% $states.context.Execution.StartTime %}"


def test_only_preparing_is_not_tried_again(states: dict[str, Any]):
    assert "Retry" not in states["Begin"]
    assert all("Retry" in states[name] for name in (STARTED, "Poll", "End"))
