"""Checkpoints: the states of a run on disk, written atomically."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from jax import Array

from agents.experience.replay import Buffer, UnpackedBuffer

BEST = "best"
"""Prefix of the paths of the best states."""


class CheckpointMismatch(ValueError):
    """A checkpoint does not match the config of its run."""


class Checkpoints:
    """The checkpoint of a run: the last states, and the states of the best evaluations so far.

    Both are in one checkpoint, so that they always belong to the same update. Arrays are stored by
    their path in the state, and restored into a state of the same structure.

    Args:
      folder: the run folder.
      read_only: whether to open for reading only, without creating the folder.
    """

    def __init__(self, folder: Path, *, read_only: bool = False) -> None:
        options = ocp.CheckpointManagerOptions(
            max_to_keep=1, enable_async_checkpointing=True, create=not read_only
        )
        self._path = (folder / "checkpoint").resolve()
        self._open = lambda: ocp.CheckpointManager(self._path, options=options)
        self._manager = self._open()

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, *_: object) -> None:
        with _write_errors():
            self._manager.close()

    @property
    def latest(self) -> int | None:
        """The number of updates before the last checkpoint, None without one."""
        return self._manager.latest_step()

    def save(self, num_updates: int, states: Any, best: Any = None) -> None:
        """Start to write a checkpoint; it is complete before the next one starts.

        Raises:
          OSError: this checkpoint, or the one before, could not be written.
        """
        if self.latest != num_updates:
            with _write_errors():
                self._manager.save(num_updates, args=ocp.args.StandardSave(_stored(states, best)))

    def restore(self, states: Any, best: Any = None) -> tuple[Any, Any]:
        """Read the last checkpoint, even if another process replaces it in the meantime.

        Those of version 0.1, whose replay buffers have an array for each part of a row, are packed.

        Args:
          states: states of the same structure and shapes, with any values.
          best: the best of the same structure and shapes, None if the run has no evaluations.

        Returns:
          The saved states and the saved best.

        Raises:
          CheckpointMismatch: the saved arrays have another structure or other shapes.
        """
        try:
            return self._read(states, best)
        except CheckpointMismatch:
            if not _has_buffers(states):
                raise
        return _packed(self._read(*_unpacked((states, best))), (states, best))

    def _read(self, states: Any, best: Any) -> tuple[Any, Any]:
        arguments = ocp.args.StandardRestore(_stored(states, best))
        step = self.latest
        try:
            saved = self._manager.restore(step, args=arguments)
        except (ValueError, OSError) as error:
            # Another process, which trains the run, may have replaced the checkpoint.
            self._manager.close()
            self._manager = self._open()
            if self.latest != step:
                return self._read(states, best)
            if isinstance(error, OSError):
                raise
            raise CheckpointMismatch(
                f"the checkpoint in '{self._path}' does not match config.json: config.json was "
                "edited, or the checkpoint was written by another version"
            ) from error
        return _restored(saved, states), _restored(saved, best, BEST)


@contextlib.contextmanager
def _write_errors() -> Iterator[None]:
    """Turn the ValueError that orbax raises if the disk is full into an OSError."""
    try:
        yield
    except ValueError as error:
        raise OSError(f"a checkpoint could not be written: {error}") from error


def _stored(states: Any, best: Any) -> dict[str, Array]:
    """The arrays to store, except empty ones, which orbax rejects."""
    leaves = _by_path(states) | _by_path(best, BEST)
    return {path: _key_data(leaf) for path, leaf in leaves.items() if leaf.size}


def _restored(saved: dict[str, Array], like: Any, prefix: str = "") -> Any:
    leaves = [_as_key(leaf, saved.get(path, leaf)) for path, leaf in _by_path(like, prefix).items()]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _by_path(tree: Any, prefix: str = "") -> dict[str, Array]:
    leaves = jax.tree.leaves_with_path(tree)
    return {prefix + jax.tree_util.keystr(path): leaf for path, leaf in leaves}


def _has_buffers(tree: Any) -> bool:
    return any(map(_is_buffer, jax.tree.leaves(tree, is_leaf=_is_buffer)))


def _is_buffer(x: Any) -> bool:
    return isinstance(x, Buffer)


def _unpacked(tree: Any) -> Any:
    """A tree of the members of a run, with its replay buffers in the form of version 0.1."""
    unpack = jax.vmap(UnpackedBuffer.of)
    return jax.tree.map(lambda x: unpack(x) if _is_buffer(x) else x, tree, is_leaf=_is_buffer)


def _packed(tree: Any, like: Any) -> Any:
    """The inverse of `_unpacked`, for a tree like another."""
    pack = jax.vmap(lambda like, buffer: buffer.packed(like))
    choose = lambda like, x: pack(like, x) if _is_buffer(like) else x
    return jax.tree.map(choose, like, tree, is_leaf=_is_buffer)


def _is_key(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _key_data(leaf: Array) -> Array:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _as_key(like: Array, leaf: Array) -> Array:
    return jax.random.wrap_key_data(leaf) if _is_key(like) else leaf
