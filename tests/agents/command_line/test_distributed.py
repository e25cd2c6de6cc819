"""Several real processes train one run, over loopback."""

import argparse
import re
import signal
import socket
import time

import jax
import numpy as np
import pytest

from agents.command_line.distributed import join, parse_mesh
from agents.command_line.ending import lost_connection
from agents.command_line.training import INTERRUPTED
from agents.command_line.watcher import cause
from agents.execution.processes import NoCluster
from agents.runs import metrics
from agents.runs.run import load_run
from agents.runs.training import restore, restore_best
from tests.agents.command_line.test_survival import (
    FILES,
    folder_in,
    has_checkpoints,
    own_lines,
    wait_for,
)

OPTIONS = [
    *("ppo", "--env", "CartPole-v1", "--num-steps", 16, "--num-minibatches", 2),
    *("--hidden-sizes", 8, "--checkpoint-seconds", 0.5, "--evaluations", 2),
]
STEPS = 64_000


@pytest.fixture(scope="module")
def launch(python):
    """Starts processes of one device each; returns them."""

    def start(num, *arguments, each=()):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        joined = ("--distributed", "--coordinator", f"127.0.0.1:{port}", "--num-processes", num)
        return [
            python(
                *("-u", "-m", "agents", *arguments, *each[i : i + 1], *joined, "--process-id", i),
                variables={"JAX_NUM_CPU_DEVICES": "1"},
            )
            for i in range(num)
        ]

    return start


def end(processes, seconds=240):
    """The exit code, standard output and standard error of each process."""
    try:
        results = [process.communicate(timeout=seconds) for process in processes]
    finally:
        for process in processes:
            process.kill()
    return [(p.returncode, *result) for p, result in zip(processes, results, strict=True)]


def states_of(folder):
    run = load_run(folder)
    leaves = jax.tree.leaves((restore(run)[0], restore_best(run)))
    is_key = lambda leaf: jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return [np.asarray(jax.random.key_data(x) if is_key(x) else x) for x in leaves]


def check_same(folder, other):
    for name in FILES:
        assert (folder / name).read_bytes() == (other / name).read_bytes()
    for a, b in zip(states_of(folder), states_of(other), strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.fixture(scope="module")
def alone(tmp_path_factory, python):
    """The folder of a run of three seeds that one process has trained, on one device."""
    out = tmp_path_factory.mktemp("alone")
    arguments = [*OPTIONS, "--seeds", 3, "--total-steps", STEPS, "--out", out]
    process = python("-m", "agents", *arguments, variables={"JAX_NUM_CPU_DEVICES": "1"})
    ((code, _, err),) = end([process])
    assert code == 0, err
    return folder_in(out)


@pytest.mark.slow
def test_two_processes_have_the_results_of_one(alone, tmp_path, launch):
    """Also where they do not divide the seeds."""
    arguments = ["--seeds", 3, "--total-steps", STEPS, "--mesh", "members=2", "--out", tmp_path]
    first, second = end(launch(2, *OPTIONS, *arguments))
    assert first[0] == second[0] == 0, first[2] + second[2]
    assert "on 2 processes with 2 devices (members=2, streams=1)" in first[1]
    assert "Trained in" in first[1]
    assert not own_lines(first[2])
    assert not second[1]
    assert not own_lines(second[2])
    check_same(folder_in(tmp_path), alone)


@pytest.mark.slow
@pytest.mark.parametrize("killed", [0, 1])
def test_where_one_process_is_killed_the_others_stop_and_the_run_resumes(
    alone, tmp_path, launch, finish, killed
):
    arguments = ["--seeds", 3, "--total-steps", STEPS, "--mesh", "members=2", "--out", tmp_path]
    running = launch(2, *OPTIONS, *arguments)
    wait_for(lambda: has_checkpoints(tmp_path))
    running[killed].kill()
    start = time.monotonic()
    results = end(running)
    assert time.monotonic() - start < 60
    folder = folder_in(tmp_path)
    then = f"Continue with: python -m agents resume {folder}"
    code, _, err = results[1 - killed]
    assert code not in (0, 2), err
    (line,) = own_lines(err)
    reasons = f"the connection to another process was lost|process {killed} of the run"
    assert re.match(f"Stopped: ({reasons})", line)
    assert line.endswith(then)
    code, _, err = results[killed]
    assert code == -signal.SIGKILL
    (line,) = own_lines(err)
    assert line.startswith("Stopped: this process was killed")
    code, out, err = finish("-m", "agents", "resume", folder)
    assert code == 0, out + err
    check_same(folder, alone)


@pytest.mark.slow
def test_a_run_begun_by_two_processes_resumes_with_four(alone, tmp_path, launch):
    arguments = ["--seeds", 3, "--total-steps", STEPS, "--mesh", "members=2", "--out", tmp_path]
    running = launch(2, *OPTIONS, *arguments)
    wait_for(lambda: has_checkpoints(tmp_path))
    running[1].send_signal(signal.SIGTERM)
    for code, _, err in end(running):
        assert code == INTERRUPTED, err
        assert not own_lines(err)
    folder = folder_in(tmp_path)
    for code, _, err in end(launch(4, "resume", folder, "--mesh", "members=4")):
        assert code == 0, err
    check_same(folder, alone)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        "ppo --env CartPole-v1 --num-steps 16 --num-minibatches 2 --total-steps 640",
        "recurrent-ppo --num-steps 16 --num-minibatches 2 --memory-size 8 --total-steps 640",
        "sac --num-steps 8 --batch-size 16 --warmup-steps 400 --total-steps 560",
    ],
    ids=lambda options: options.partition(" ")[0],
)
def test_two_processes_share_the_streams_of_a_seed(tmp_path, launch, finish, options):
    """Sums of gradients are rounded in another order."""
    arguments = f"{options} --num-envs 4 --hidden-sizes 8 --evaluations 2 --seeds 1 --out".split()
    for code, _, err in end(launch(2, *arguments, tmp_path / "two")):
        assert code == 0, err
    assert finish("-m", "agents", *arguments, tmp_path / "one", "--devices", 1)[0] == 0
    tables = [metrics.read(folder_in(tmp_path / name) / FILES[0], 1) for name in ("one", "two")]
    for name in tables[0]:
        np.testing.assert_allclose(tables[0][name], tables[1][name], rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_processes_with_different_options_stop(tmp_path, launch):
    """Each process has its own learning rate."""
    options = [*OPTIONS, "--seeds", 2, "--out", tmp_path, "--learning-rate"]
    for code, _, err in end(launch(2, *options, each=("1e-3", "2e-3"))):
        assert code == 2
        (line,) = own_lines(err)
        assert "the processes were started with different options" in line


def test_a_coordinator_that_does_not_answer_is_one_line(python):
    joined = ["--coordinator", "127.0.0.1:9", "--num-processes", 2, "--process-id", 1]
    process = python("-m", "agents", "ppo", "--distributed", *joined, "--connect-seconds", 1)
    ((code, out, err),) = end([process])
    assert code != 0
    assert not out
    (line,) = own_lines(err)
    assert line.startswith("Stopped: the processes of the run did not find each other in time")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--coordinator a:1", "need --distributed"),
        ("--distributed --coordinator a:1", "belong together; --num-processes and --process-id"),
        ("--distributed --num-processes 2 --process-id 0", "--coordinator is missing"),
        ("--distributed --coordinator a --num-processes 2 --process-id 0", "must be HOST:PORT"),
        ("--distributed --coordinator a:1 --num-processes 2 --process-id 2", "between 0 and 1"),
    ],
)
def test_options_that_contradict_each_other_are_errors(options, message):
    with pytest.raises(NoCluster, match=message):
        join(["ppo", *options.split()])


@pytest.mark.parametrize("argv", [[], ["ppo"], ["ppo", "--distributed", "--help"], ["plot"]])
def test_other_commands_join_nobody(argv):
    assert join(argv) is None


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("", "this process was killed"),
        ("UNAVAILABLE: Task 3 heartbeat timeout. This", "process 3 of the run does not answer"),
        ("(stopped sending heartbeats):\n12\nThe tasks", "process 12 of the run does not answer"),
        ("detected fatal errors ... Either the leader task was", "process 0 of the run, the coor"),
        ("detected fatal errors. RPC: .../RegisterTask", "did not find each other"),
        ("detected fatal errors", "another process of the run has died"),
    ],
)
def test_the_cause_of_an_end_is_read_from_the_log(log, expected):
    assert expected in cause(log)


def test_the_error_of_a_lost_connection_is_one_line_without_source_code():
    error = "UNKNOWN: Gloo AllGather failed: [external/gloo/gloo/transport/tcp/pair.cc:534] "
    reason = "Connection closed by peer [127.0.0.1]:39251"
    expected = f"the connection to another process was lost (Gloo AllGather failed: {reason})"
    assert lost_connection(f"{error}{reason}\nmore") == expected
    timeout = "Barrier failed because: UNAVAILABLE: Task 1 heartbeat timeout"
    assert lost_connection(f"{timeout}. This indicates [type.googleapis.com/x='']").endswith(
        f"({timeout})"
    )


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("members=2,streams=4", {"members": 2, "streams": 4}),
        ("streams=3", {"streams": 3}),
        *((text, None) for text in ("", "2", "members", "members=x", "members=1,members=1")),
    ],
)
def test_parse_mesh(text, shape):
    if shape is None:
        with pytest.raises(argparse.ArgumentTypeError, match="write it as members=2,streams=4"):
            parse_mesh(text)
    else:
        assert parse_mesh(text) == shape
