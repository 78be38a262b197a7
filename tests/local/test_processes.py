import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local.processes import Process, session_members, start, start_of
from tests.local.emulated import eventually

# What a server does: it starts something that outlives it, in a process group of its own.
PARENT = """
import subprocess, sys, time
subprocess.Popen(["sleep", "60"], process_group=0)
print("started", flush=True)
time.sleep(60)
"""


@pytest.fixture
def server(tmp_path: Path):
    process = start(
        [sys.executable, "-c", PARENT], env=os.environ, cwd=tmp_path, log=tmp_path / "logs" / "a.log"
    )
    eventually(lambda: (tmp_path / "logs" / "a.log").read_text() == "started\n")
    yield process
    process.end()


def test_the_end_of_a_process_is_the_end_of_what_it_started(server):
    assert len(session_members(server.pid)) == 2

    server.end()

    assert not server.is_alive()
    assert eventually(lambda: not living(server))


def test_what_a_killed_process_left_is_ended_too(server):
    os.kill(server.pid, signal.SIGKILL)
    eventually(lambda: not server.is_alive())
    assert len(living(server)) == 1

    server.end()

    assert eventually(lambda: not living(server))


def test_a_stranger_with_the_same_pid_is_left_alone():
    stranger = subprocess.Popen(["sleep", "60"], start_new_session=True)

    Process(pid=stranger.pid, started="long ago").end()

    with pytest.raises(subprocess.TimeoutExpired):
        stranger.wait(0.2)
    stranger.kill()
    stranger.wait()


def test_a_pid_that_nobody_has_is_not_alive():
    ended = subprocess.Popen(["true"])
    ended.wait()

    assert start_of(ended.pid) == ""
    assert not Process(pid=ended.pid, started="").is_alive()


def living(process: Process) -> list[int]:
    """Those of its session that have not ended; the ended ones may wait for their parent to notice."""
    return [member for member in session_members(process.pid) if start_of(member)]
