import os
import signal
import socket
from pathlib import Path

import pytest

from local import cloud, state
from local.__main__ import main
from local.processes import Process
from tests.local.conftest import SERVERS
from tests.local.emulated import eventually


def test_a_second_up_finds_the_first(running_cloud):
    running, home = running_cloud

    assert cloud.up(home, SERVERS) == running
    assert cloud.find(home) == running


def test_it_listens_on_the_loopback_only(running_cloud):
    running, _ = running_cloud
    port = int(running.endpoint.rpartition(":")[2])

    assert listening_addresses(port) == {"127.0.0.1"}


def test_a_killed_cloud_is_cleared_away_and_nothing_is_left_after_down(tmp_path, capsys):
    first = cloud.up(tmp_path, SERVERS)
    os.kill(first.processes["aws"].pid, signal.SIGKILL)
    eventually(lambda: cloud.find(tmp_path) is None)

    second = cloud.up(tmp_path, SERVERS)

    assert capsys.readouterr().out == (
        "The last cloud ended without `down` (aws is gone): clearing it away.\n"
    )
    assert second.processes != first.processes
    assert cloud.down(tmp_path)
    assert not second.processes["aws"].is_alive()
    assert not cloud.down(tmp_path)


def test_a_server_that_dies_says_why_and_leaves_no_cloud(tmp_path):
    with pytest.raises(cloud.ServerDied, match=r"nothing ended .*\n.*No module named local\.nothing"):
        cloud.up(tmp_path, {"nothing": 4720, **SERVERS})

    assert cloud.find(tmp_path) is None
    assert not (tmp_path / "cloud.json").exists()


def test_a_taken_port_is_replaced_by_a_free_one():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert cloud.free_port(port) not in (0, port)


def test_a_free_port_is_taken_as_it_is():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    assert cloud.free_port(port) == port


def test_what_is_written_is_read_again(tmp_path):
    running = state.Cloud(
        endpoint="http://127.0.0.1:4566",
        snowflake_port=4580,
        processes={"aws": Process(pid=1, started="2")},
        environment={"AWS_REGION": "us-east-1"},
    )

    state.write(tmp_path / "cloud.json", running)

    assert state.read(tmp_path / "cloud.json") == running


@pytest.mark.parametrize("content", ["", '{"endpoint"'])
def test_half_a_state_file_is_no_cloud(tmp_path, content):
    (tmp_path / "cloud.json").write_text(content)

    assert state.read(tmp_path / "cloud.json") is None


@pytest.mark.parametrize("command", ["status", "env"])
def test_without_a_cloud_a_command_fails_and_says_what_to_do(tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr(cloud, "find", lambda: None)

    assert main([command]) == 1
    assert "make up" in capsys.readouterr().err


def test_the_environment_is_printed_for_a_shell(running_cloud, monkeypatch, capsys):
    running, _ = running_cloud
    monkeypatch.setattr(cloud, "find", lambda: running)

    assert main(["env"]) == 0
    assert f"export AWS_ENDPOINT_URL={running.endpoint}\n" in capsys.readouterr().out


def test_a_real_profile_of_the_user_is_out_of_reach(running_cloud):
    running, home = running_cloud

    assert running.environment["AWS_PROFILE"] == "skiff-local"
    assert Path(running.environment["AWS_CONFIG_FILE"]).is_relative_to(home)
    assert running.environment["AWS_SESSION_TOKEN"] == ""


def listening_addresses(port: int) -> set[str]:
    """From /proc/net/tcp and tcp6, whose state 0A is a listening socket."""
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, connection = line.split()[1], line.split()[3]
            if connection == "0A" and int(address.rpartition(":")[2], 16) == port:
                octets = bytes.fromhex(address.rpartition(":")[0])
                found.add(".".join(str(octet) for octet in reversed(octets)))
    return found
