import dataclasses
import signal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.algorithms import ppo, reinforce
from agents.runs import checkpoints, guards, metrics, programs
from agents.runs.evaluation import EPISODES, SEED_IN_TRAINING, evaluate_run, nan_messages
from agents.runs.lock import FolderInUse, lock
from agents.runs.run import Run, load_run
from agents.runs.signals import STOP_SIGNALS
from agents.runs.training import MAX_CHUNK, restore, restore_best, train

pytestmark = pytest.mark.usefixtures("updates_compiled_once")

CONFIG = ppo.Config(
    env="CartPole-v1",
    total_steps=640,
    num_steps=16,
    num_minibatches=2,
    learning_rate=1e-2,
    hidden_sizes=(8,),
)
STILL = 1e-9
"""A learning rate at which nothing is learned, so that the first evaluation stays the best."""
SWEEP = {"learning_rate": (STILL, CONFIG.learning_rate)}
NUM_UPDATES = CONFIG.num_updates
EVALUATIONS = 5

KILLED = """
import os, signal, sys
from pathlib import Path
from agents.runs.run import load_run
from agents.runs.training import train

def report(done, table):
    if done >= 5:
        os.kill(os.getpid(), signal.SIGKILL)

train(load_run(Path(sys.argv[1])), report, chunk_seconds=0.0)
"""

ON_DEVICES = """
import sys
import jax
jax.config.update("jax_num_cpu_devices", int(sys.argv[2]))
from pathlib import Path
from agents.runs.run import load_run
from agents.runs.training import train
assert jax.device_count() == int(sys.argv[2])
train(load_run(Path(sys.argv[1])), lambda done, table: None)
"""


def ignore(done, table):
    """A report that does nothing."""


def make_run(folder, seeds=(0, 1), **kwargs):
    run = Run("ppo", CONFIG, tuple(seeds), folder, **kwargs)
    run.create()
    return run


def equal(a, b):
    jax.tree.map(np.testing.assert_array_equal, a, b)


def plain(states):
    """The states, with keys as numbers."""
    return jax.tree.map(np.asarray, dict(vars(states), key=jax.random.key_data(states.key)))


@pytest.fixture(scope="module")
def whole(tmp_path_factory, updates_compiled_once):
    """A run that was not interrupted, and its final states."""
    run = make_run(tmp_path_factory.mktemp("runs") / "whole", evaluations=EVALUATIONS)
    outcome = train(run, ignore)
    assert outcome.finished
    return run, plain(outcome.states)


@pytest.fixture(scope="module")
def swept(tmp_path_factory, updates_compiled_once):
    """The run at two learning rates; with one of them the best evaluation is not the last."""
    folder = tmp_path_factory.mktemp("runs") / "swept"
    run = make_run(folder, sweep=SWEEP, over_seeds="loop", evaluations=EVALUATIONS)
    outcome = train(run, ignore)
    best = np.asarray(outcome.best.update)
    assert best[0] == best[1] == run.evaluation_updates[0]
    assert max(best) > best[0]
    return run, plain(outcome.states)


def same_files(run, other):
    """Check that two runs have the same metrics, of training and of evaluations."""
    assert other.metrics_path.read_bytes() == run.metrics_path.read_bytes()
    assert other.evaluations_path.read_bytes() == run.evaluations_path.read_bytes()


def same_best(best, other):
    equal(plain(best.state), plain(other.state))
    np.testing.assert_array_equal(best.mean_return, other.mean_return)
    np.testing.assert_array_equal(best.update, other.update)


@pytest.mark.bits
def test_chunks_are_bit_identical_to_one_scan(whole):
    run, states = whole
    once = jax.jit(lambda keys, config: jax.lax.map(lambda key: ppo.train(key, config), keys))
    expected, log = once(jax.vmap(jax.random.key)(run.member_seeds), CONFIG)
    equal(states, plain(expected))
    table = metrics.read(run.metrics_path, 2)
    for name in guards.COUNTS.values():
        assert not np.any(log.pop(name))
    assert table.keys() == log.keys() | {"update", "seed"}
    for name in log:
        np.testing.assert_array_equal(table[name].astype(np.float32), np.asarray(log[name]).T)


def test_the_size_of_chunks_changes_nothing(whole, tmp_path):
    run, states = whole
    sizes = []
    other = make_run(tmp_path / "ones", evaluations=EVALUATIONS, checkpoint_seconds=0.0)
    report = lambda _, table: sizes.append(len(table["steps"]))
    outcome = train(other, report, chunk_seconds=0.0)
    assert sizes == [1] * NUM_UPDATES
    equal(plain(outcome.states), states)
    same_files(run, other)
    same_best(restore_best(run), outcome.best)


def test_the_best_state_of_every_member_is_kept(swept):
    """The evaluations are those of the states at that time."""
    run, _ = swept
    table = metrics.read(run.evaluations_path, 4)
    assert table["update"][:, 0].tolist() == run.evaluation_updates == [2, 4, 6, 8, 10]
    np.testing.assert_array_equal(table["steps"], 64 * table["update"])
    means, best = table["return_mean"], restore_best(run)
    at = means.argmax(axis=0)
    np.testing.assert_array_equal(best.update, table["update"][at, 0])
    again = {
        name: evaluate_run(run, state, EPISODES, SEED_IN_TRAINING)[0]
        for name, state in [("last", restore(run)[0]), ("best", best.state)]
    }
    np.testing.assert_allclose(means[-1], again["last"].mean(axis=1), rtol=1e-5)
    np.testing.assert_allclose(table["return_std"][-1], again["last"].std(axis=1), rtol=1e-5)
    for values in (best.mean_return, again["best"].mean(axis=1)):
        np.testing.assert_allclose(means.max(axis=0), values, rtol=1e-5)


def test_evaluations_are_one_program(tmp_path, monkeypatch):
    """It is traced once."""
    traced = []
    update_best = programs.update_best
    monkeypatch.setattr(
        programs, "update_best", lambda *args: traced.append(1) or update_best(*args)
    )
    counts = []
    for evaluations in (1, 10):
        train(make_run(tmp_path / str(evaluations), evaluations=evaluations), ignore)
        counts.append(len(traced))
    assert counts[1] == 2 * counts[0] > 0


@pytest.mark.bits
def test_a_seed_does_not_depend_on_other_seeds(whole, tmp_path):
    _, states = whole
    alone = train(make_run(tmp_path / "alone", seeds=[1]), ignore)
    among = train(make_run(tmp_path / "among", seeds=[5, 1, 7]), ignore)
    expected = jax.tree.map(lambda leaf: leaf[1], states)
    equal(jax.tree.map(lambda leaf: leaf[0], plain(alone.states)), expected)
    equal(jax.tree.map(lambda leaf: leaf[1], plain(among.states)), expected)


@pytest.mark.bits
def test_a_point_of_a_sweep_equals_a_single_run(whole, swept):
    """The second point has the config of the single run."""
    (run, states), (of_points, states_of_points) = whole, swept
    assert [member["seed"] for member in of_points.members] == [0, 1, 0, 1]
    equal(jax.tree.map(lambda leaf: leaf[2:], states_of_points), states)
    table = metrics.read(of_points.metrics_path, 4)
    alone = metrics.read(run.metrics_path, 2)
    rates = np.repeat(SWEEP["learning_rate"], 2)
    np.testing.assert_array_equal(table["learning_rate"][0], rates)
    np.testing.assert_array_equal(table["loss"][:, 2:], alone["loss"])
    assert np.any(table["loss"][:, :2] != alone["loss"])
    again = load_run(of_points.folder)
    assert (again.sweep, again.over_seeds) == (SWEEP, "loop")


@pytest.mark.bits
@pytest.mark.slow
def test_seeds_do_not_depend_on_the_number_of_devices(whole, tmp_path, finish):
    run, states = whole
    other = make_run(tmp_path / "devices", evaluations=EVALUATIONS)
    assert finish("-c", ON_DEVICES, other.folder, 2)[0] == 0
    equal(plain(restore(other)[0]), states)
    same_best(restore_best(run), restore_best(other))
    same_files(run, other)


def test_a_killed_run_resumes_with_identical_results(swept, tmp_path, finish):
    """Whether the best evaluation comes before or after it was killed."""
    run, states = swept
    folder = tmp_path / "killed"
    killed = make_run(
        folder, sweep=SWEEP, over_seeds="loop", evaluations=EVALUATIONS, checkpoint_seconds=0.0
    )
    code, _, _ = finish("-c", KILLED, folder)
    assert code == -signal.SIGKILL
    with checkpoints.Checkpoints(folder, killed.fixed_settings) as kept:
        assert restore_best(run).update[0] <= kept.latest < NUM_UPDATES

    for path in (killed.metrics_path, killed.evaluations_path):
        with path.open("a") as file:
            file.write("9,0,57")  # what it was writing when it was killed
    outcome = train(killed, ignore)
    equal(plain(outcome.states), states)
    same_best(restore_best(run), outcome.best)
    same_files(run, killed)


def test_a_finished_run_has_nothing_to_resume(whole):
    run, states = whole
    before = run.metrics_path.read_bytes()
    calls = []
    outcome = train(run, lambda *_: calls.append(1))
    assert outcome.finished
    assert not calls
    equal(plain(outcome.states), states)
    assert run.metrics_path.read_bytes() == before


def test_an_extended_run_equals_a_long_run(tmp_path):
    """Without annealing: a long run, and a short one that is extended."""
    config = reinforce.Config(
        env="Stop-probe", total_episodes=60, batch_episodes=5, hidden_sizes=(8,)
    )
    long = Run("reinforce", config, (0, 1), tmp_path / "long", evaluations=2)
    short = dataclasses.replace(
        long,
        config=dataclasses.replace(config, total_episodes=30),
        folder=tmp_path / "short",
        evaluations=1,
    )
    for run in (long, short):
        run.create()
        assert train(run, ignore).finished
    longer = short.extend("total_episodes", 60)
    longer = dataclasses.replace(longer, evaluations=2)  # both: after 6 and after 12 updates
    outcome = train(longer, ignore)
    same_files(long, longer)
    same_best(restore_best(long), outcome.best)
    equal(plain(outcome.states), plain(restore(long)[0]))
    assert load_run(longer.folder).config.total_episodes == 60


def test_a_run_is_trained_by_one_process_at_a_time(whole):
    """The other one does not change the settings either."""
    run, _ = whole
    longer = run.extend("total_steps", 2 * run.config.total_steps)
    with lock(run.folder), pytest.raises(FolderInUse):
        train(longer, ignore)
    assert load_run(run.folder).settings == run.settings


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=() if number == signal.SIGTERM else pytest.mark.slow)
        for number in STOP_SIGNALS  # shells let processes in the background ignore SIGINT
    ],
)
def test_an_interrupted_run_saves_a_checkpoint(whole, tmp_path, number):
    _, states = whole
    stopped = make_run(tmp_path / "stopped", evaluations=1)
    handler = signal.getsignal(number)

    raised = []

    def interrupt(done, table):
        if done >= 3 and not raised:
            raised.append(done)
            signal.raise_signal(number)

    first = train(stopped, interrupt, chunk_seconds=0.0)
    assert not first.finished
    assert signal.getsignal(number) is handler
    equal(plain(restore(stopped)[0]), plain(first.states))
    with pytest.raises(ValueError, match="has not reached its first evaluation yet"):
        restore_best(stopped)
    assert train(stopped, ignore).finished
    equal(plain(restore(stopped)[0]), states)


def test_report_is_called_after_every_chunk(tmp_path):
    seen = []
    train(make_run(tmp_path / "run"), lambda done, table: seen.append((done, table)))
    done = [number for number, _ in seen]
    sizes = [len(table["steps"]) for _, table in seen]
    assert done[-1] == sum(sizes) == NUM_UPDATES
    np.testing.assert_array_equal(np.cumsum(sizes), done)
    assert max(sizes) <= MAX_CHUNK


def test_a_checkpoint_of_another_config_is_an_error(whole):
    run, _ = whole
    wider = dataclasses.replace(CONFIG, hidden_sizes=(8, 8))
    with pytest.raises(ValueError, match=r"has changed .*: hidden_sizes was \[8\] and"):
        restore(dataclasses.replace(run, config=wider))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("RESOURCE_EXHAUSTED: file 14: ... [os_error_code='28']", "No space left on device$"),
        ("RESOURCE_EXHAUSTED: quota\n and details", "ValueError: RESOURCE_EXHAUSTED: quota$"),
    ],
)
def test_a_checkpoint_that_cannot_be_written_is_an_os_error(
    tmp_path, monkeypatch, message, expected
):
    def close(self):
        raise ValueError(message)

    run = make_run(tmp_path / "full")
    monkeypatch.setattr(checkpoints.ocp.CheckpointManager, "close", close)
    expected = f"a checkpoint could not be written: {expected}"
    with pytest.raises(OSError, match=expected), checkpoints.Checkpoints(run.folder, {}):
        pass


def test_restoring_without_a_checkpoint_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="no checkpoint yet; train it with `python -m agents res"):
        restore(make_run(tmp_path / "new"))


def test_evaluation_is_of_the_trained_policies(whole):
    """A seed's evaluation is reproducible and does not depend on other seeds."""
    run, _ = whole
    states, _ = restore(run)
    drawn, greedy = evaluate_run(run, states, 16)
    assert drawn.shape == greedy.shape == (2, 16)
    again, _ = evaluate_run(run, states, 16)
    np.testing.assert_array_equal(drawn, again)
    one = Run("ppo", CONFIG, (1,), run.folder)
    alone, _ = evaluate_run(one, jax.tree.map(lambda leaf: leaf[1:], states), 16)
    np.testing.assert_array_equal(alone[0], drawn[1])
    other, _ = evaluate_run(run, states, 16, seed=1)
    assert jnp.any(other != drawn)
    assert nan_messages(run, states, [drawn, greedy]) == []


def test_the_returns_of_a_policy_that_is_not_finite_are_nan(whole):
    run, _ = whole
    states, _ = restore(run)
    spoil = lambda leaf: leaf.at[1].set(jnp.nan)
    spoiled = dataclasses.replace(states, params=jax.tree.map(spoil, states.params))
    (returns,) = evaluate_run(run, spoiled, 16, greedy=(False,))
    np.testing.assert_array_equal(np.isnan(returns), [[False] * 16, [True] * 16])
    (line,) = nan_messages(run, spoiled, [returns])
    assert line == (
        f"The policy of seed {run.seeds[1]} has parameters that are NaN or infinite, so its "
        "returns are NaN"
    )
    unfinished = np.where(np.arange(16) < 2, np.nan, returns)
    assert nan_messages(run, spoiled, [unfinished])[1] == (
        "2 of 32 episodes had not ended after 501 steps; seeds with such an episode have no mean "
        "return"
    )


def test_settings_that_may_change(tmp_path):
    """Training writes them to `config.json`; evaluations are neither begun nor ended."""
    run = make_run(tmp_path / "run", evaluations=2)
    changed = run.change(keep=5, checkpoint_seconds=1.5, on_nan="skip", evaluations=4)
    assert load_run(str(run.folder)).settings == run.settings
    assert (changed.keep, changed.on_nan, changed.evaluations) == (5, "skip", 4)
    for evaluations in (0, -1):
        with pytest.raises(ValueError, match="evaluations"):
            changed.change(evaluations=evaluations)
    with pytest.raises(ValueError, match="keep must be greater than 0"):
        changed.change(keep=0)
    train(changed, ignore)
    assert load_run(run.folder).settings == changed.settings


@pytest.mark.slow
def test_the_kind_of_keys_belongs_to_the_run(tmp_path):
    """Without the setting of JAX under which it was trained."""
    run = make_run(tmp_path / "run", prng="rbg", evaluations=1)
    outcome = train(run, ignore)
    loaded = load_run(run.folder)
    assert loaded.prng == "rbg"
    assert str(jax.random.key_impl(restore(loaded)[0].key)) == "rbg"
    returns = evaluate_run(loaded, restore(loaded)[0], 4)
    np.testing.assert_array_equal(returns, evaluate_run(run, outcome.states, 4))
    with pytest.raises(ValueError, match="unrecognized PRNG"):
        dataclasses.replace(run, prng="none")
