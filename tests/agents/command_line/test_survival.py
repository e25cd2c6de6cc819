"""Runs outlive what happens to their process, their terminal and their disk."""

import contextlib
import os
import re
import resource
import shutil
import signal
import time

import pytest

from agents.command_line.ending import STOPPED
from agents.command_line.training import INTERRUPTED
from agents.runs.run import load_run

pytestmark = pytest.mark.slow

OPTIONS = [
    *("ppo", "--env", "CartPole-v1", "--num-steps", 16, "--num-minibatches", 2, "--seeds", 2),
    *("--hidden-sizes", 8, "--evaluations", 3, "--checkpoint-seconds", 0, "--total-steps"),
]
SHORT, LONG = 6400, 1_000_000
FILES = ("metrics.csv", "evaluations.csv")


def start(python, out, steps=LONG, **kwargs):
    return python("-u", "-m", "agents", *OPTIONS, steps, "--out", out, **kwargs)


def folder_in(out):
    (folder,) = out.iterdir()
    return folder


def wait_for(condition, seconds=120):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def has_checkpoints(out):
    return any(path.name.isdigit() and path.name != "0" for path in out.glob("*/checkpoint/*"))


def own_lines(err):
    """The lines of standard error, except those of plugins of accelerators that are not there."""
    return [
        line for line in err.splitlines() if not re.match(r"WARNING: All log|[IWE]\d{4} ", line)
    ]


def same_results(folder, other):
    return all((folder / name).read_bytes() == (other / name).read_bytes() for name in FILES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, python):
    """The folder of a run that nothing happened to."""
    out = tmp_path_factory.mktemp("whole")
    out_text, err = start(python, out, SHORT).communicate(timeout=300)
    assert "Trained in" in out_text, err
    assert not own_lines(err)
    return folder_in(out)


def resumed(finish, folder):
    code, out, err = finish("-m", "agents", "resume", folder)
    assert code == 0, err
    assert not own_lines(err)
    return out


@pytest.mark.parametrize("size", [0, 300, 3000, 8000, 20_000, 40_000, 100_000])
def test_a_full_disk_is_one_line_and_the_run_resumes(whole, tmp_path, python, finish, size):
    """Files cannot grow beyond a size, from that of the config to that of the figure."""
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
    process = start(python, tmp_path, SHORT, preexec_fn=limit)
    out, err = process.communicate(timeout=300)
    assert "Traceback" not in out + err
    assert process.returncode in (0, STOPPED, 2)
    assert len(own_lines(err)) <= 1 + (process.returncode == 2)
    if process.returncode == STOPPED:
        assert len([line for line in out.splitlines() if line.startswith("Stopped: ")]) == 1
    if (folder_in(tmp_path) / "config.json").exists():
        resumed(finish, folder_in(tmp_path))
        assert same_results(whole, folder_in(tmp_path))


def test_a_full_file_system(whole, tmp_path, python, finish):
    mounted = tmp_path / "small"
    mounted.mkdir()
    if os.geteuid() or os.system(f"mount -t tmpfs -o size=160k tmpfs {mounted} 2>/dev/null"):
        pytest.skip("cannot mount a file system")
    try:
        process = start(python, mounted, SHORT)
        out, err = process.communicate(timeout=300)
        assert process.returncode == STOPPED
        assert "No space left" in out
        assert "Traceback" not in out + err
        assert not own_lines(err)
        os.system(f"mount -o remount,size=20m {mounted}")
        resumed(finish, folder_in(mounted))
        assert same_results(whole, folder_in(mounted))
    finally:
        os.system(f"umount {mounted}")


def test_a_closed_pipe_does_not_end_training(whole, tmp_path, python):
    process = start(python, tmp_path, SHORT)
    assert "CartPole" in process.stdout.readline()
    process.stdout.close()
    process.wait(timeout=300)
    assert process.returncode == 0
    assert not own_lines(process.stderr.read())
    assert same_results(whole, folder_in(tmp_path))


def test_a_terminal_with_ascii_alone(tmp_path, python):
    process = start(python, tmp_path / "x [/b] é", SHORT, variables={"PYTHONIOENCODING": "ascii"})
    out, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    assert "x [/b] ?/CartPole-v1-ppo-" in out
    assert "+-" in out
    assert out.isascii()


@pytest.mark.parametrize(
    "variables",
    [
        {"JAX_COMPILATION_CACHE_DIR": "/proc/none"},
        {"JAX_COMPILATION_CACHE_DIR": "", "HOME": "/proc/none", "XDG_CACHE_HOME": ""},
    ],
    ids=["read-only cache", "no home"],
)
def test_without_a_cache_there_is_one_line(whole, tmp_path, python, variables):
    process = start(python, tmp_path, SHORT, variables=variables)
    _, err = process.communicate(timeout=300)
    assert process.returncode == 0, err
    (line,) = own_lines(err)
    assert line.startswith("Compiled programs are not cached: ")
    assert same_results(whole, folder_in(tmp_path))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_training_with_a_checkpoint(tmp_path, python, finish, number):
    process = start(python, tmp_path)
    wait_for(lambda: has_checkpoints(tmp_path))
    process.send_signal(number)
    out, err = process.communicate(timeout=120)
    assert process.returncode == INTERRUPTED
    assert "Interrupted. Continue with: python -m agents resume" in out
    assert not own_lines(err)
    folder = folder_in(tmp_path)
    checkpoint = max(int(path.name) for path in (folder / "checkpoint").iterdir())
    lines = (folder / "metrics.csv").read_text().splitlines()
    assert lines[-1].startswith(f"{checkpoint},"), "nothing is lost"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_ends_the_process_at_once(tmp_path, python, number):
    process = start(python, tmp_path)
    wait_for(lambda: has_checkpoints(tmp_path))
    for _ in range(2):
        process.send_signal(number)
        time.sleep(0.02)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (INTERRUPTED, -number)
    assert "Traceback" not in out + err
    code, printed, err = run_shortened(folder_in(tmp_path), python)
    assert code == 0, err
    assert "Trained" in printed or "Nothing was left" in printed


def run_shortened(folder, python):
    """Resume a run to the end of the next few updates."""
    steps = 64 * (1 + int((folder / "metrics.csv").read_text().splitlines()[-1].split(",")[0]))
    config = folder / "config.json"
    config.write_text(
        config.read_text().replace(f'"total_steps": {LONG}', f'"total_steps": {steps}')
    )
    process = python("-m", "agents", "resume", folder)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def test_a_deleted_folder_is_one_line(tmp_path, python):
    process = start(python, tmp_path)
    wait_for(lambda: has_checkpoints(tmp_path))
    shutil.rmtree(folder_in(tmp_path).rename(tmp_path / "gone"))
    out, err = process.communicate(timeout=120)
    assert process.returncode == STOPPED
    assert "Traceback" not in out + err
    assert not own_lines(err)
    (line,) = [line for line in out.splitlines() if line.startswith("Stopped: ")]
    assert "resume" not in line


def test_two_processes_on_one_run(tmp_path, python, finish):
    process = start(python, tmp_path)
    wait_for(lambda: has_checkpoints(tmp_path))
    folder = folder_in(tmp_path)
    code, _, err = finish("-m", "agents", "resume", folder)
    assert code == 2
    assert "another process is training" in err
    assert len(own_lines(err)) == 1
    code, _, err = finish("-m", "agents", "evaluate", folder, "--episodes", 2)
    assert code == 0, err
    with contextlib.suppress(ProcessLookupError):
        process.kill()
    process.communicate(timeout=60)
    assert load_run(folder).keep == 2
