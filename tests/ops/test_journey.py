import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError

from ops import cloud, journey
from ops.cloud import CloudNotRunning

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def no_cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(cloud, "stop", lambda: None)
    monkeypatch.setattr(cloud, "STATE", tmp_path)


def test_a_cloud_that_goes_away_is_told_in_a_sentence_and_not_in_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def die(self: journey.Journey) -> None:
        with self._steps.step("send", "Send events"):
            raise EndpointConnectionError(endpoint_url="http://127.0.0.1:4566")

    monkeypatch.setattr(journey.Journey, "walk", die)
    monkeypatch.setattr(cloud, "is_running", lambda: False)

    code = journey.main(data=None, sessions=50, keep=False)

    said = capsys.readouterr().out
    assert code == 1
    assert "The offline cloud went away during “Send events”." in said
    assert "Run it again" in said
    assert "Traceback" not in said
    assert "EndpointConnectionError" in (cloud.STATE / "logs" / "journey.log").read_text()


def test_a_folder_without_known_data_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code = journey.main(data=tmp_path, sessions=50, keep=False)

    assert code == 1
    assert "bol-clicks" in capsys.readouterr().out.replace("\n", "")


def test_waiting_ends_with_what_was_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journey, "PATIENCE_SECONDS", 0.01)
    monkeypatch.setattr(journey, "POLL_SECONDS", 0.001)

    with pytest.raises(journey.TookTooLong, match="the moon"):
        journey.wait_for(lambda: None, what="the moon")


def test_entering_no_cloud_says_how_to_start_one() -> None:
    with pytest.raises(CloudNotRunning, match="make up"):
        cloud.enter()


def test_every_command_explains_itself() -> None:
    command = [sys.executable, "-m", "ops", "--help"]

    helped = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    for name in ("journey", "import", "generate", "up", "deploy", "release", "diff", "destroy", "cdk"):
        assert name in helped.stdout
