"""What CloudFormation would refuse, by its own resource schemas: cfn-lint, offline."""

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
