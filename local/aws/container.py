"""
SageMaker's training container as a folder and a subprocess: what a job finds, says and leaves behind.

`/opt/ml` is a temporary folder here, and its path is put into the entry point, the arguments and the
environment. Knows nothing of the emulator.

Source: "Amazon SageMaker AI Toolkits Containers Structure" in the developer guide (read 2026-11-22).
"""

import json
import os
import re
import signal
import subprocess
import sys
import tarfile
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CONTAINER_ROOT = "/opt/ml"
FOLDERS = ("input/config", "input/data", "model", "output/data", "checkpoints")
LONGEST_REASON = 1024  # FailureReason in DescribeTrainingJob
GRACE_SECONDS = 5.0  # SageMaker gives 120 between SIGTERM and SIGKILL; nobody waits that long here

Request = Mapping[str, Any]


@dataclass(kw_only=True)
class Run:
    """A started container. `stop` may be called from any thread; `finish` waits for the end."""

    process: subprocess.Popen[str]
    write: Callable[[str], object]  # gets every line as it comes
    lines: list[str] = field(default_factory=list)
    is_stopped: bool = False

    def stop(self) -> None:
        self.is_stopped = True
        _signal(self.process, signal.SIGTERM)
        try:
            self.process.wait(GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            _signal(self.process, signal.SIGKILL)

    def finish(self, *, at_most_seconds: float) -> int:
        """Wait for the exit code; a container that takes too long is stopped."""
        limit = threading.Timer(at_most_seconds, self.stop)
        limit.start()
        try:
            for line in self.process.stdout or ():
                self.lines.append(line)
                self.write(line)
            return self.process.wait()
        finally:
            limit.cancel()

    @property
    def log(self) -> str:
        return "".join(self.lines)


def lay_out(root: Path, request: Request) -> None:
    """Make the folders and the JSON files that a container finds."""
    for folder in FOLDERS:
        (root / folder).mkdir(parents=True)
    channels = {name: {"TrainingInputMode": "File"} for name in channel_names(request)}
    resources = {"current_host": "algo-1", "hosts": ["algo-1"], "network_interface_name": "lo"}
    _write(root / "input/config/hyperparameters.json", request.get("HyperParameters") or {})
    _write(root / "input/config/inputdataconfig.json", channels)
    _write(root / "input/config/resourceconfig.json", resources)


def channel_names(request: Request) -> Sequence[str]:
    return [channel["ChannelName"] for channel in request.get("InputDataConfig") or ()]


def command(root: Path, request: Request) -> list[str]:
    algorithm = request["AlgorithmSpecification"]
    words = [*algorithm.get("ContainerEntrypoint", ()), *algorithm.get("ContainerArguments", ())]
    return [word.replace(CONTAINER_ROOT, str(root)) for word in words]


def environment(root: Path, request: Request, *, base: Mapping[str, str]) -> dict[str, str]:
    """
    What the container's process sees.

    `python3` is the interpreter that runs the emulator, so that a job finds what its image would hold.
    """
    given = {
        key: value.replace(CONTAINER_ROOT, str(root))
        for key, value in (request.get("Environment") or {}).items()
    }
    return {
        **base,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{base.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "TRAINING_JOB_NAME": request["TrainingJobName"],
        "SM_MODEL_DIR": str(root / "model"),
        "SM_OUTPUT_DATA_DIR": str(root / "output/data"),
        "SM_CHANNELS": json.dumps(channel_names(request)),
        "SM_HPS": json.dumps(request.get("HyperParameters") or {}),
        **{f"SM_CHANNEL_{name.upper()}": str(root / "input/data" / name) for name in channel_names(request)},
        **given,
    }


def start(root: Path, request: Request, *, base: Mapping[str, str], write: Callable[[str], object]) -> Run:
    process = subprocess.Popen(
        command(root, request),
        env=environment(root, request, base=base),
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        process_group=0,  # a stop reaches what the entry point started; the session stays the emulator's
    )
    return Run(process=process, write=write)


def metrics(request: Request, log: str) -> dict[str, float]:
    """The last value that each MetricDefinition finds in *log*."""
    definitions = request["AlgorithmSpecification"].get("MetricDefinitions") or ()
    found = {each["Name"]: re.findall(each["Regex"], log) for each in definitions}
    return {name: float(values[-1]) for name, values in found.items() if values}


def failure_reason(root: Path, *, exit_code: int, log: str) -> str:
    """What the job wrote to output/failure, else the end of its log."""
    failure = root / "output/failure"
    said = failure.read_text(errors="replace") if failure.exists() else log[-700:]
    return f"AlgorithmError: {said.strip()}, exit code: {exit_code}"[:LONGEST_REASON]


def pack(folder: Path, target: Path) -> Path:
    with tarfile.open(target, "w:gz", compresslevel=1) as archive:
        archive.add(folder, arcname=".")
    return target


def _signal(process: subprocess.Popen[str], number: int) -> None:
    if process.poll() is None:
        os.killpg(process.pid, number)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content))
