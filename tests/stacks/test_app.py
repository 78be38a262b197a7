"""The app as a whole: pure synthesis, one code asset, environments that differ only where they say so."""

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.environments import ENVIRONMENTS

PILLARS = {"Ingestion", "Monitoring", "Serving", "Training", "Warehouse"}
ROOT = Path(__file__).parents[2]


def templates(assembly: Path) -> dict[str, str]:
    files = sorted(assembly.glob("assembly-*/*.template.json"))
    return {f.relative_to(assembly).as_posix(): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_every_environment_has_the_five_pillars(assembly: Path):
    for environment in ENVIRONMENTS:
        manifest = json.loads((assembly / f"assembly-{environment.name}" / "manifest.json").read_text())
        stacks = [a for a in manifest["artifacts"].values() if a["type"] == "aws:cloudformation:stack"]

        names = {
            stack["properties"]["stackName"].removeprefix(f"skiff-{environment.name}-") for stack in stacks
        }

        assert names - {"Delivery"} == PILLARS


def test_the_same_commit_gives_the_same_bytes_without_account_or_network(assembly: Path, tmp_path: Path):
    """Another process, another hash seed, no AWS variable, no git."""
    kept = {name: os.environ[name] for name in ("PATH", "JSII_NODE", "HOME") if name in os.environ}
    script = f"import cdk_app; cdk_app.app(outdir={str(tmp_path)!r}).synth()"

    subprocess.run(  # a process of its own: jsii and set order would hide behind a second synth in this one
        [sys.executable, "-c", script],
        cwd=ROOT,
        env={**kept, "PYTHONHASHSEED": "7", "CDK_VALIDATION": "false", "HTTPS_PROXY": "http://127.0.0.1:9"},
        check=True,
        capture_output=True,
    )

    assert templates(tmp_path) == templates(assembly)


def test_all_functions_of_all_environments_run_one_code_asset(assembly: Path):
    keys = set()
    for file in assembly.glob("assembly-*/*.template.json"):
        for resource in json.loads(file.read_text())["Resources"].values():
            handler = resource.get("Properties", {}).get("Handler", "")
            if resource["Type"] == "AWS::Lambda::Function" and handler.startswith("lambdas."):
                keys.add(resource["Properties"]["Code"]["S3Key"])

    assert len(keys) == 1


def test_the_code_asset_holds_the_five_packages_and_nothing_else(assembly: Path):
    (code,) = (folder for folder in assembly.glob("asset.*") if (folder / "lambdas").is_dir())

    assert sorted(p.name for p in code.iterdir()) == [
        "adapters",
        "domain",
        "lambdas",
        "training",
        "warehouse",
    ]
    assert not list(code.rglob("__pycache__"))
    assert {p.suffix for p in code.rglob("*") if p.is_file()} <= {".py", ".sql", ".sh", ".html"}


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda e: e.name)
def test_no_template_holds_what_looks_like_a_secret(assembly: Path, environment):
    for file in assembly.glob(f"assembly-{environment.name}/*.template.json"):
        text = file.read_text().lower().replace('"passwordlength"', "")  # of a secret that AWS makes up

        assert "password" not in text
        assert "private_key" not in text
        assert "begin rsa" not in text
