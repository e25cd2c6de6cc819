"""Checkpoints: where a run stands, on disk; each is there entirely or not at all."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from jax import Array

BEST = "best"
"""What the paths of the best begin with."""


class OtherCheckpoint(ValueError):
    """A checkpoint is not one of the run."""


class Checkpoints:
    """Where a run stands: the last states, and the best that evaluations have met so far.

    Both are one checkpoint, so that neither runs ahead of the other. Arrays are stored by their
    path in the state, and restored into a state of the same structure.

    Args:
      folder: the run folder.
      read_only: whether nothing will be saved, and so no folder be made.
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
        with _written():
            self._manager.close()

    @property
    def latest(self) -> int | None:
        """After how many updates the last checkpoint was made, if there is one."""
        return self._manager.latest_step()

    def save(self, num_updates: int, states: Any, best: Any = None) -> None:
        """Begin to write a checkpoint; it is complete when the next one begins, or at the end.

        Raises:
          OSError: this one, or the one before, could not be written.
        """
        if self.latest != num_updates:
            with _written():
                self._manager.save(num_updates, args=ocp.args.StandardSave(_stored(states, best)))

    def restore(self, states: Any, best: Any = None) -> tuple[Any, Any]:
        """Read the last checkpoint, or a later one that takes its place meanwhile.

        Args:
          states: states of the same structure, whose values do not matter.
          best: the same of the best, None if the run has no evaluations.

        Returns:
          The states and the best that were saved.

        Raises:
          OtherCheckpoint: what was saved has another structure, or other shapes.
        """
        arguments = ocp.args.StandardRestore(_stored(states, best))
        step = self.latest
        try:
            saved = self._manager.restore(step, args=arguments)
        except (ValueError, OSError) as error:
            # Another process, which trains the run, may have replaced what was to be read.
            self._manager.close()
            self._manager = self._open()
            if self.latest != step:
                return self.restore(states, best)
            if isinstance(error, OSError):
                raise
            raise OtherCheckpoint(
                f"the checkpoint in '{self._path}' is not one of what config.json "
                "asks for, which may have been changed since, or was written by another version"
            ) from error
        return _restored(saved, states), _restored(saved, best, BEST)


@contextlib.contextmanager
def _written() -> Iterator[None]:
    """Call by its name what orbax raises where a disk is full: a ValueError."""
    try:
        yield
    except ValueError as error:
        raise OSError(f"a checkpoint could not be written: {error}") from error


def _stored(states: Any, best: Any) -> dict[str, Array]:
    """What there is to store; arrays without entries have nothing, and orbax refuses them."""
    leaves = _by_path(states) | _by_path(best, BEST)
    return {path: _key_data(leaf) for path, leaf in leaves.items() if leaf.size}


def _restored(saved: dict[str, Array], like: Any, prefix: str = "") -> Any:
    leaves = [_as_key(leaf, saved.get(path, leaf)) for path, leaf in _by_path(like, prefix).items()]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _by_path(tree: Any, prefix: str = "") -> dict[str, Array]:
    leaves = jax.tree.leaves_with_path(tree)
    return {prefix + jax.tree_util.keystr(path): leaf for path, leaf in leaves}


def _is_key(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _key_data(leaf: Array) -> Array:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _as_key(like: Array, leaf: Array) -> Array:
    return jax.random.wrap_key_data(leaf) if _is_key(like) else leaf
