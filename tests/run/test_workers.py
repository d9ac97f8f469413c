"""The processes of a run from outside: none outlives the main one."""

import os
import signal
import subprocess
import sys
import time

import pytest


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")
@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_a_run_with_processes(write_study, tmp_path, number, status):
    started = start_a_long_run(write_study, tmp_path)
    time.sleep(4)
    os.killpg(started.pid, number) if number == signal.SIGINT else started.send_signal(number)
    out, err = started.communicate(timeout=20)
    assert (started.returncode, out) == (status, "")
    assert "Traceback" not in err
    assert not (tmp_path / "results" / "office").exists()
    assert nobody_is_left(started.pid)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no signals of this kind")
def test_the_processes_of_a_killed_run_end(write_study, tmp_path):
    started = start_a_long_run(write_study, tmp_path)
    time.sleep(4)
    started.kill()
    # The pipe ends when the last process that could write to it has ended.
    started.communicate(timeout=10)
    assert nobody_is_left(started.pid)


def start_a_long_run(write_study, tmp_path):
    """Start a run with two processes, which a long model keeps busy."""
    write_study(office=("TIME STEP = 0.5 ~", "TIME STEP = 0.0001 ~"))
    command = [sys.executable, "-c", "from flatgov.cli import main; main()"]
    return subprocess.Popen(
        [*command, "run", "office", "--engine", "pysd", "--workers", "2"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def nobody_is_left(group):
    for _ in range(100):
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.1)
    return False
