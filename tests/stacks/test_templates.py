"""What CloudFormation would refuse, by its own resource schemas: cfn-lint, offline."""

import json
import subprocess
import sys
from pathlib import Path

# a dependency that a reference implies already; the CDK writes both
TWICE_SAID = "W3005"


def test_cloudformation_takes_the_templates_of_production(assembly: Path):
    templates = sorted(str(file) for file in assembly.glob("assembly-prod/*.template.json"))
    command = [str(Path(sys.executable).parent / "cfn-lint"), "--ignore-checks", TWICE_SAID, "--", *templates]

    linted = subprocess.run(command, capture_output=True, text=True, check=False)

    assert linted.stdout == ""
    assert linted.returncode == 0, linted.stderr


def test_whatever_eventbridge_starts_leaves_what_it_could_not_start_in_a_queue(assembly: Path):
    targets = [
        target
        for file in assembly.glob("assembly-*/*.template.json")
        for resource in json.loads(file.read_text())["Resources"].values()
        if resource["Type"] == "AWS::Events::Rule"
        for target in resource["Properties"]["Targets"]
    ]

    assert len(targets) >= 4
    for target in targets:
        assert target["DeadLetterConfig"]
        assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 3600}
