import errno
import signal

import pytest

from agents import files

HOLD = """
import sys, time
from pathlib import Path
from agents import files
with files.held(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def test_a_folder_is_held_by_one_at_a_time(tmp_path, python):
    """Also by a process that is killed, and then by nobody."""
    process = python("-c", HOLD, tmp_path)
    assert process.stdout.readline() == "held\n"
    for _ in range(2):
        with pytest.raises(files.InUse, match="another process is training"), files.held(tmp_path):
            pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with files.held(tmp_path), pytest.raises(files.InUse), files.held(tmp_path):
        pass


@pytest.mark.parametrize("number", files.NO_LOCKS)
def test_where_there_are_no_locks_nothing_is_held(tmp_path, monkeypatch, number):
    def flock(file, operation):
        raise OSError(number, "no locks here")

    monkeypatch.setattr(files.fcntl, "flock", flock)
    with files.held(tmp_path), files.held(tmp_path):
        pass


def test_other_errors_of_locks_are_told(tmp_path, monkeypatch):
    def flock(file, operation):
        raise OSError(errno.EIO, "a broken disk")

    monkeypatch.setattr(files.fcntl, "flock", flock)
    with pytest.raises(OSError, match="a broken disk"), files.held(tmp_path):
        pass


def test_what_cannot_be_written_leaves_the_old_text(tmp_path, monkeypatch):
    path = tmp_path / "config.json"
    files.replace(path, "old")
    with pytest.raises(UnicodeEncodeError):
        files.replace(path, "new \ud800")
    assert path.read_text() == "old"
    files.replace(path, "new")
    assert path.read_text() == "new"
