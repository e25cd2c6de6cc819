import dataclasses
import json
import logging
import shutil

import jax
import numpy as np
import orbax.checkpoint as ocp
import pytest

from agents.algorithms import ppo, reinforce
from agents.runs import metrics
from agents.runs.checkpoints import CheckpointMismatch, DamagedCheckpoint
from agents.runs.journal import metrics_damage
from agents.runs.metrics import DamagedMetrics
from agents.runs.run import Run, load_run
from agents.runs.training import restore, train

pytestmark = pytest.mark.usefixtures("updates_compiled_once")

CONFIG = ppo.Config(total_steps=640, num_steps=16, num_minibatches=2, hidden_sizes=(8,))


def ignore(done, table):
    """A report that does nothing."""


def files_of(folder):
    """Everything in a folder but the lock, by name."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(autouse=True)
def quiet():
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.fixture(scope="module")
def finished(tmp_path_factory, updates_compiled_once):
    folder = tmp_path_factory.mktemp("runs") / "finished"
    run = Run("ppo", CONFIG, (0, 1), folder, evaluations=5, checkpoint_seconds=0.0)
    run.create()
    assert train(run, ignore, chunk_seconds=0.0).finished
    return run


@pytest.fixture
def run(finished, tmp_path):
    """A copy of a finished run."""
    folder = shutil.copytree(finished.folder, tmp_path / "run")
    return load_run(folder)


def empty(path):
    path.write_bytes(b"")


def halve(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def zero(path):
    path.write_bytes(bytes(path.stat().st_size))


def flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


def remove(path):
    shutil.rmtree(path) if path.is_dir() else path.unlink()


slow = [pytest.param(damage, marks=pytest.mark.slow) for damage in (empty, zero, remove)]
damages = pytest.mark.parametrize("damage", [halve, flip, *slow])


@damages
@pytest.mark.parametrize("name", ["metrics.csv", "evaluations.csv"])
def test_damaged_metrics_are_an_error_that_changes_nothing(run, name, damage):
    damage(run.folder / name)
    before = files_of(run.folder)
    with pytest.raises(DamagedMetrics, match=name):
        train(run, ignore)
    assert files_of(run.folder) == before


@damages
def test_new_metrics_begin_where_damaged_ones_are_set_aside(run, damage):
    shutil.rmtree(run.folder / "checkpoint" / "10")
    damage(run.metrics_path)
    damaged = run.metrics_path.read_bytes() if run.metrics_path.exists() else None
    (expected,) = metrics_damage(run)
    warnings = []
    assert train(run, ignore, warnings.append, new_metrics=True).finished
    (warning,) = warnings
    assert warning.startswith(expected)
    assert "new metrics begin after update 9" in warning
    assert metrics.read(run.metrics_path, 2)["update"].tolist() == [[10, 10]]
    aside = run.folder / "damaged" / "metrics-1.csv"
    assert damaged == (aside.read_bytes() if aside.exists() else None)
    assert not metrics_damage(run)
    assert train(run, ignore).finished


@pytest.mark.parametrize("name", ["checkpoint", "checkpoint/10 and checkpoint/9"])
def test_a_run_whose_checkpoint_is_gone_is_an_error_that_changes_nothing(run, name):
    for part in name.split(" and "):
        remove(run.folder / part)
    before = files_of(run.folder)
    expected = "has metrics.csv and evaluations.csv, but no checkpoint to go on from"
    with pytest.raises(DamagedCheckpoint, match=expected):
        train(run, ignore)
    assert files_of(run.folder) == before


@damages
def test_a_damaged_checkpoint_falls_back_to_the_one_before(run, finished, damage):
    for path in (run.folder / "checkpoint" / "10").rglob("d/*"):
        damage(path)
    warnings = []
    _, num_updates = restore(run, warnings.append)
    assert num_updates == 9
    outcome = train(run, ignore, warnings.append)
    assert outcome.finished
    assert outcome.num_updates == 1
    assert len(warnings) == 2
    for line in warnings:
        assert "after update 10 is damaged; falling back to the one before, after update 9" in line
    assert (run.folder / "damaged").is_dir()
    for name in ("metrics.csv", "evaluations.csv"):
        assert (run.folder / name).read_bytes() == (finished.folder / name).read_bytes()
    states, num_updates = restore(run)
    assert num_updates == 10
    jax.tree.map(np.testing.assert_array_equal, states.params, restore(finished)[0].params)


def test_a_config_that_has_changed_is_an_error(run):
    """One that changes the results, and that the shapes of arrays do not show."""
    other = dataclasses.replace(run, config=dataclasses.replace(CONFIG, gamma=0.5))
    for read in (restore, lambda run: train(run, ignore)):
        with pytest.raises(
            CheckpointMismatch, match=r"gamma was 0\.99 and is 0\.5; change it back"
        ):
            read(other)
    seeds = dataclasses.replace(run, seeds=(0, 2))
    with pytest.raises(CheckpointMismatch, match=r"seeds was \[0, 1\] and is \[0, 2\]"):
        restore(seeds)
    free = dataclasses.replace(run, keep=5, evaluations=7, on_nan="skip", over_seeds="vmap")
    assert restore(free)[1] == 10


def test_a_run_that_was_killed_before_its_first_update_begins_again(tmp_path, finished):
    run = dataclasses.replace(finished, folder=tmp_path / "new", checkpoint_seconds=99.0)
    run.create()

    def kill(done, table):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(run, kill, chunk_seconds=0.0)
    assert restore(run)[1] == 0
    assert len(run.metrics_path.read_text().splitlines()) > 1
    assert train(run, ignore).finished
    assert run.metrics_path.read_bytes() == finished.metrics_path.read_bytes()


def test_a_checkpoint_of_an_older_version_is_resumed(run, finished):
    """It has the arrays alone, and the run has the settings that there were."""
    states, _ = restore(run)
    path = run.folder / "checkpoint"
    manager = ocp.CheckpointManager(path, item_names=("default", "record"))
    arguments = ocp.args.Composite(default=ocp.args.StandardRestore())
    arrays = manager.restore(9, args=arguments)["default"]
    manager.close()
    shutil.rmtree(run.folder / "checkpoint")
    manager = ocp.CheckpointManager(run.folder / "checkpoint")
    manager.save(9, args=ocp.args.StandardSave(arrays))
    manager.close()
    path = run.folder / "config.json"
    given = json.loads(path.read_text())
    for name in ("keep", "checkpoint_seconds", "on_nan"):
        del given[name]
    path.write_text(json.dumps(given))
    outcome = train(load_run(run.folder), ignore)
    assert outcome.finished
    assert outcome.num_updates == 1
    for name in ("metrics.csv", "evaluations.csv"):
        assert (run.folder / name).read_bytes() == (finished.folder / name).read_bytes()
    jax.tree.map(np.testing.assert_array_equal, outcome.states.params, states.params)


def test_an_older_checkpoint_needs_all_metrics(run):
    (run.folder / "checkpoint" / "9").rename(run.folder / "nine")
    shutil.rmtree(run.folder / "checkpoint" / "10" / "record")
    halve(run.metrics_path)
    with pytest.raises(DamagedMetrics, match="has 4 updates of the first 10"):
        train(run, ignore)


def test_steps_beyond_32_bits_are_counted_and_resumed(tmp_path):
    """3e9 steps; the counter of the device wraps around between two updates."""
    config = reinforce.Config(
        env="Stop-probe", total_episodes=50, batch_episodes=5, hidden_sizes=(8,)
    )
    run = Run("reinforce", config, (0, 1), tmp_path / "run")
    run.create()
    train(run, ignore)
    plain = metrics.read(run.metrics_path, 2)["steps"]
    shifted = Run("reinforce", config, (0, 1), tmp_path / "shifted", checkpoint_seconds=0.0)
    shifted.create()
    jump = 2**31 - int(plain[4, 0])
    init = reinforce.init

    def init_late(key, problem):
        state = init(key, problem)
        return dataclasses.replace(state, steps=state.steps + jump)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reinforce, "init", init_late)

        def stop(done, table):
            if done == 7:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            train(shifted, stop, chunk_seconds=0.0)
        assert train(shifted, ignore).finished
    steps = metrics.read(shifted.metrics_path, 2)["steps"]
    assert steps[-1, 0] > 2**31
    np.testing.assert_array_equal(steps, plain + jump)
    assert ppo.Config(total_steps=3_000_000_000).num_updates == 5_859_375
