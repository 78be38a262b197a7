import json
import sys
from pathlib import Path
from typing import Any

from local.aws import container


def request(**differences: object) -> dict[str, Any]:
    algorithm = {
        "ContainerEntrypoint": ["bash", "-c", "ls /opt/ml/input"],
        "ContainerArguments": ["--root", "/opt/ml"],
        "MetricDefinitions": [
            {"Name": "mrr", "Regex": "mrr=([0-9.]+);"},
            {"Name": "loss", "Regex": "loss=(.+)"},
        ],
    }
    return {
        "TrainingJobName": "job",
        "AlgorithmSpecification": algorithm,
        "HyperParameters": {"seed": "7"},
        "InputDataConfig": [{"ChannelName": "code"}],
        **differences,
    }


def test_the_entry_point_and_its_arguments_see_the_folder_in_place_of_opt_ml(tmp_path):
    words = container.command(tmp_path, request())

    assert words == ["bash", "-c", f"ls {tmp_path}/input", "--root", str(tmp_path)]


def test_the_environment_sees_it_too_and_finds_this_python_first(tmp_path):
    env = container.environment(
        tmp_path, request(Environment={"OUT": "/opt/ml/output"}), base={"PATH": "/bin"}
    )

    assert env["OUT"] == f"{tmp_path}/output"
    assert env["PATH"].split(":")[0] == str(Path(sys.executable).parent)
    assert env["SM_CHANNEL_CODE"] == f"{tmp_path}/input/data/code"


def test_a_container_finds_its_parameters_as_files(tmp_path):
    container.lay_out(tmp_path, request())

    config = tmp_path / "input/config"
    assert json.loads((config / "hyperparameters.json").read_text()) == {"seed": "7"}
    assert list(json.loads((config / "inputdataconfig.json").read_text())) == ["code"]


def test_the_last_value_of_a_metric_counts():
    assert container.metrics(request(), "mrr=0.1;\nmrr=0.3;\n") == {"mrr": 0.3}


def test_without_a_failure_file_the_end_of_the_log_is_the_reason(tmp_path):
    container.lay_out(tmp_path, request())

    reason = container.failure_reason(tmp_path, exit_code=1, log="x" * 5000 + "the end\n")

    assert reason.endswith("the end, exit code: 1")
    assert len(reason) <= container.LONGEST_REASON


def test_a_container_that_takes_too_long_is_ended_with_all_it_started(tmp_path):
    written: list[str] = []
    algorithm = {"ContainerEntrypoint": ["bash", "-c", "echo started; sleep 60 | sleep 60"]}
    run = container.start(
        tmp_path, request(AlgorithmSpecification=algorithm), base={"PATH": "/bin"}, write=written.append
    )

    exit_code = run.finish(at_most_seconds=0.2)

    assert (exit_code, run.is_stopped, written) == (-15, True, ["started\n"])
