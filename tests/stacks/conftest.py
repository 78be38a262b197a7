"""
The whole app, synthesized once: templates of every environment and what cdk-nag finds in them.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import cdk_nag
import pytest
from aws_cdk.assertions import Template

import cdk_app


@pytest.fixture(scope="session")
def assembly(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of all environments, with cdk-nag's report in it."""
    folder = tmp_path_factory.mktemp("assembly")
    app = cdk_app.app(outdir=str(folder))
    cdk.Validations.of(app).add_plugins(cdk_nag.AwsSolutionsChecks(app))
    try:
        app.synth()
    except RuntimeError as error:
        assert "ValidationFailed" in str(error)  # the findings are held against the table in test_findings.py
    return folder


@pytest.fixture(scope="session")
def template(assembly: Path) -> Callable[[str, str], Template]:
    """`template("prod", "Serving")`: one stack's template, to assert on."""

    def read(environment: str, stack: str) -> Template:
        return Template.from_json(read_template(assembly, environment, stack))

    return read


@pytest.fixture(scope="session")
def definition(assembly: Path) -> Callable[[str, str], dict[str, Any]]:
    """`definition("prod", "Serving")`: the stack's state machine, with TOKEN for what a deploy fills in."""

    def read(environment: str, stack: str) -> dict[str, Any]:
        resources = read_template(assembly, environment, stack)["Resources"].values()
        (machine,) = (r for r in resources if r["Type"] == "AWS::StepFunctions::StateMachine")
        parts = machine["Properties"]["DefinitionString"]["Fn::Join"][1]
        return dict(json.loads("".join(part if isinstance(part, str) else "TOKEN" for part in parts)))

    return read


def read_template(assembly: Path, environment: str, stack: str) -> dict[str, Any]:
    (found,) = assembly.glob(f"assembly-{environment}/{environment}{stack}*.template.json")
    return dict(json.loads(found.read_text()))


@pytest.fixture(scope="session")
def runbook() -> str:
    return (Path(__file__).parents[2] / "docs" / "runbook.md").read_text()
