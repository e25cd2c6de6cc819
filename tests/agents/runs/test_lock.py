import errno
import signal

import pytest

from agents.runs.lock import NO_LOCKS, FolderInUse, fcntl, lock

pytestmark = pytest.mark.fast

HOLD = """
import sys, time
from pathlib import Path
from agents.runs.lock import lock
with lock(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_folder_is_locked_by_one_process_at_a_time(tmp_path, python):
    """A killed process releases its lock."""
    process = python("-c", HOLD, tmp_path)
    assert process.stdout.readline() == "held\n"
    for _ in range(2):
        with pytest.raises(FolderInUse, match="another process is training"), lock(tmp_path):
            pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with lock(tmp_path), pytest.raises(FolderInUse), lock(tmp_path):
        pass


@pytest.mark.parametrize("number", NO_LOCKS)
def test_without_locks_of_the_file_system_nothing_is_locked(tmp_path, monkeypatch, number):
    def flock(file, operation):
        raise OSError(number, "no locks here")

    monkeypatch.setattr(fcntl, "flock", flock)
    with lock(tmp_path), lock(tmp_path):
        pass


def test_other_errors_of_locks_are_raised(tmp_path, monkeypatch):
    def flock(file, operation):
        raise OSError(errno.EIO, "a broken disk")

    monkeypatch.setattr(fcntl, "flock", flock)
    with pytest.raises(OSError, match="a broken disk"), lock(tmp_path):
        pass
