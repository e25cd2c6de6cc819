import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.experience import replay
from agents.experience.replay import UnpackedBuffer
from agents.runs import checkpoints
from agents.runs.checkpoints import CheckpointMismatch, Checkpoints


def states(scale):
    return {"w": scale * jnp.arange(3.0), "key": jax.random.key(scale), "none": jnp.zeros((0, 2))}


def equal(a, b):
    assert a.keys() == b.keys()
    np.testing.assert_array_equal(a["w"], b["w"])
    assert a["key"] == b["key"]


def test_states_and_best_are_saved_together(tmp_path):
    with Checkpoints(tmp_path) as kept:
        assert kept.latest is None
        kept.save(3, states(1), {"best": states(2)})
    with Checkpoints(tmp_path, read_only=True) as kept:
        assert kept.latest == 3
        last, best = kept.restore(states(0), {"best": states(0)})
        equal(last, states(1))
        equal(best["best"], states(2))
        with pytest.raises(CheckpointMismatch, match=r"does not match config\.json"):
            kept.restore(states(0))


def test_a_checkpoint_that_is_replaced_while_reading_is_read_again(tmp_path):
    """As when `evaluate` reads a run that another process trains."""
    with Checkpoints(tmp_path) as training:
        training.save(1, states(1))
    with Checkpoints(tmp_path, read_only=True) as reading:
        assert reading.latest == 1
        with Checkpoints(tmp_path) as training:
            training.save(2, states(2))
        last, best = reading.restore(states(0))
        equal(last, states(2))
        assert best is None
        assert reading.latest == 2


def test_reading_makes_no_folder(tmp_path):
    with Checkpoints(tmp_path, read_only=True) as kept:
        assert kept.latest is None
    assert not list(tmp_path.iterdir())


def test_a_disk_error_is_not_reported_as_another_checkpoint(tmp_path, monkeypatch):
    def restore(self, step, args):
        raise OSError(5, "Input/output error")

    with Checkpoints(tmp_path) as kept:
        kept.save(1, states(1))
    monkeypatch.setattr(checkpoints.ocp.CheckpointManager, "restore", restore)
    with Checkpoints(tmp_path) as kept, pytest.raises(OSError, match="Input/output error"):
        kept.restore(states(0))


def test_replay_buffers_of_version_0_1_are_packed(tmp_path):
    """They had an array for each part of a row; both members of the run keep their rows."""
    rows = {"a": jnp.arange(6.0).reshape(2, 3, 1), "b": jnp.arange(6).reshape(2, 3) % 2 == 1}
    old = UnpackedBuffer(rows, position=jnp.array([1, 2]), size=jnp.array([3, 3]))
    row = jax.tree.map(lambda leaf: leaf[0, 0], rows)
    new = jax.vmap(lambda _: replay.empty(row, 3))(jnp.arange(2))
    with Checkpoints(tmp_path) as kept:
        kept.save(1, {"buffer": old, "w": jnp.ones(2)}, {"state": {"buffer": old}})
        last, best = kept.restore({"buffer": new, "w": jnp.zeros(2)}, {"state": {"buffer": new}})
    for buffer in (last["buffer"], best["state"]["buffer"]):
        kept_rows = jax.vmap(UnpackedBuffer.of)(buffer).rows
        jax.tree.map(np.testing.assert_array_equal, kept_rows, rows)
        np.testing.assert_array_equal(buffer.position, [1, 2])
    np.testing.assert_array_equal(last["w"], 1.0)
