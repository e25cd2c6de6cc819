import logging
import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.experience import replay
from agents.experience.replay import UnpackedBuffer
from agents.runs import checkpoints
from agents.runs.checkpoints import CheckpointMismatch, Checkpoints, DamagedCheckpoint

SETTINGS = {"algorithm": "ppo", "config": {"gamma": 0.9}}


def states(scale):
    return {"w": scale * jnp.arange(300.0), "key": jax.random.key(scale), "none": jnp.zeros((0, 2))}


def equal(a, b):
    assert a.keys() == b.keys()
    np.testing.assert_array_equal(a["w"], b["w"])
    assert a["key"] == b["key"]


@pytest.fixture(autouse=True)
def quiet():
    """Libraries log the errors that the tests provoke."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def test_states_and_best_are_saved_together(tmp_path):
    with Checkpoints(tmp_path, SETTINGS) as kept:
        assert kept.latest is None
        kept.save(3, states(1), {"best": states(2)}, note=[1, 2])
    with Checkpoints(tmp_path, SETTINGS, read_only=True) as kept:
        assert kept.latest == 3
        restored = kept.restore(states(0), {"best": states(0)})
        equal(restored.states, states(1))
        equal(restored.best["best"], states(2))
        assert (restored.num_updates, restored.record["note"]) == (3, [1, 2])
        assert not restored.damaged


def test_a_checkpoint_of_other_settings_is_an_error(tmp_path):
    with Checkpoints(tmp_path, SETTINGS) as kept:
        kept.save(3, states(1))
    other = SETTINGS | {"config": {"gamma": 0.8, "new": 1}}
    with (
        Checkpoints(tmp_path, other, read_only=True) as kept,
        pytest.raises(
            CheckpointMismatch, match=r"changed since .*: gamma was 0\.9 and is 0\.8; ch"
        ),
    ):
        kept.restore(states(0))


def test_a_checkpoint_that_is_replaced_while_reading_is_read_again(tmp_path):
    """As when `evaluate` reads a run that another process trains."""
    with Checkpoints(tmp_path, SETTINGS, keep=1) as training:
        training.save(1, states(1))
    with Checkpoints(tmp_path, SETTINGS, read_only=True) as reading:
        assert reading.latest == 1
        with Checkpoints(tmp_path, SETTINGS, keep=1) as training:
            training.save(2, states(2))
        restored = reading.restore(states(0))
        equal(restored.states, states(2))
        assert restored.best is None
        assert not restored.damaged
        assert reading.latest == 2


def test_reading_makes_no_folder(tmp_path):
    with Checkpoints(tmp_path, SETTINGS, read_only=True) as kept:
        assert kept.latest is None
    assert not list(tmp_path.iterdir())


def test_a_disk_error_is_not_reported_as_damage(tmp_path, monkeypatch):
    def restore(self, step, args):
        raise PermissionError(13, "Permission denied")

    with Checkpoints(tmp_path, SETTINGS) as kept:
        kept.save(1, states(1))
    monkeypatch.setattr(checkpoints.ocp.CheckpointManager, "restore", restore)
    with Checkpoints(tmp_path, SETTINGS) as kept, pytest.raises(PermissionError):
        kept.restore(states(0))


def test_replay_buffers_of_version_0_1_are_packed(tmp_path):
    """They had an array for each part of a row, and no axis of streams; the latest steps stay.

    Two streams took two steps in the first member, and three in the second, whose rows went around.
    """
    rows = {"a": jnp.arange(10.0).reshape(2, 5, 1), "b": jnp.arange(10).reshape(2, 5) % 3 == 1}
    old = UnpackedBuffer(rows, position=jnp.array([4, 1]), size=jnp.array([4, 5]))
    row = jax.tree.map(lambda leaf: leaf[0, 0], rows)
    new = jax.vmap(lambda _: replay.empty(row, 2, 2))(jnp.arange(2))
    settings = SETTINGS | {"config": {"buffer_size": 5}}
    with Checkpoints(tmp_path, settings) as kept:
        kept.save(1, {"buffer": old, "w": jnp.ones(2)}, {"state": {"buffer": old}})
    shutil.rmtree(tmp_path / "checkpoint" / "1" / checkpoints.RECORD)
    with Checkpoints(tmp_path, settings) as kept:
        restored = kept.restore({"buffer": new, "w": jnp.zeros(2)}, {"state": {"buffer": new}})
    latest = np.array([[0, 1, 2, 3], [2, 3, 4, 0]])
    for buffer in (restored.states["buffer"], restored.best["state"]["buffer"]):
        for member, index in enumerate(latest):
            kept_rows = replay.unpack(buffer.words[member].reshape(4, -1), buffer)
            for name, leaf in rows.items():
                np.testing.assert_array_equal(kept_rows[name], leaf[member, index])
        np.testing.assert_array_equal(buffer.position, [0, 0])
        np.testing.assert_array_equal(buffer.size, [2, 2])
    np.testing.assert_array_equal(restored.states["w"], 1.0)


def test_the_latest_checkpoints_are_kept(tmp_path):
    with Checkpoints(tmp_path, SETTINGS, keep=3) as kept:
        for step in range(6):
            kept.save(step, states(step))
    with Checkpoints(tmp_path, SETTINGS) as kept:
        assert kept.steps == [3, 4, 5]


def flip(data):
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 4]) + data[middle + 1 :]


DAMAGES = {
    "removed": None,
    "truncated": lambda data: data[: len(data) // 2],
    "emptied": lambda data: b"",
    "zeroed": lambda data: bytes(len(data)),
    "flipped": flip,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_checkpoint_is_never_wrong(tmp_path, damage):
    """Whichever of its files is damaged: it is read as it was, or the one before is."""
    whole = tmp_path / "whole"
    whole.mkdir()
    with Checkpoints(whole, SETTINGS) as kept:
        for step in (1, 2):
            kept.save(step, states(step))
    fallbacks = 0
    for number, path in enumerate(sorted((whole / "checkpoint" / "2").rglob("*"))):
        if not path.is_file():
            continue
        folder = shutil.copytree(whole, tmp_path / str(number))
        file = folder / path.relative_to(whole)
        if damage:
            file.write_bytes(damage(file.read_bytes()))
        else:
            file.unlink()
        with Checkpoints(folder, SETTINGS) as kept:
            restored = kept.restore(states(0))
            equal(restored.states, states(restored.num_updates))
            if restored.damaged:
                fallbacks += 1
                assert restored.damaged == (2,)
                kept.set_aside(restored.damaged)
                assert [path.name for path in (folder / "damaged").iterdir()] == ["2-1"]
                kept.save(2, states(2))
        if restored.damaged:
            with Checkpoints(folder, SETTINGS) as kept:
                assert kept.restore(states(0)).num_updates == 2
    assert fallbacks


def test_without_an_intact_checkpoint_there_is_an_error(tmp_path):
    with Checkpoints(tmp_path, SETTINGS) as kept:
        kept.save(1, states(1))
    for path in tmp_path.rglob("d/*"):
        path.write_bytes(b"")
    with (
        Checkpoints(tmp_path, SETTINGS, read_only=True) as kept,
        pytest.raises(DamagedCheckpoint, match=r"updates 1\) is damaged.* train anew") as e,
    ):
        kept.restore(states(0))
    assert "\n" not in str(e.value)


@pytest.mark.parametrize("times", [2, 5])
def test_checkpoints_that_are_removed_while_they_are_listed(tmp_path, monkeypatch, times):
    """A process that trains the run removes the oldest ones; others list them again."""
    (tmp_path / "checkpoint").mkdir()
    manager, failures = checkpoints.ocp.CheckpointManager, iter(range(times))

    def open_(*args, **kwargs):
        if next(failures, None) is not None:
            raise FileNotFoundError(2, "No such file or directory", "checkpoint/7")
        return manager(*args, **kwargs)

    monkeypatch.setattr(checkpoints.ocp, "CheckpointManager", open_)
    if times < 5:
        with Checkpoints(tmp_path, SETTINGS, read_only=True) as kept:
            assert kept.latest is None
    else:
        with pytest.raises(FileNotFoundError):
            Checkpoints(tmp_path, SETTINGS, read_only=True)
