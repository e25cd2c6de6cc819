"""Checkpoints: the states of a run on disk, written atomically and checked when read."""

from __future__ import annotations

import contextlib
import json
import os
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from jax import Array
from orbax.checkpoint import checkpoint_managers

from ..actor_critic.config import NETWORKS
from ..execution import processes
from ..experience.replay import Buffer, UnpackedBuffer
from . import settings
from .damaged import set_aside
from .fingerprint import fingerprint
from .settings import OWN, Settings

BEST = "best"
"""Prefix of the paths of the best states."""

ITEM, RECORD = "default", "record"
"""Names of the two parts of a checkpoint: the arrays, and what is recorded with them."""

Record = dict[str, Any]
"""JSON that is stored with a checkpoint; empty in those of older versions."""


class CheckpointMismatch(ValueError):
    """A checkpoint does not match the config of its run."""


class DamagedCheckpoint(ValueError):
    """No checkpoint of a run can be read."""


@dataclass(frozen=True)
class Restored:
    """What a checkpoint holds.

    Attributes:
      num_updates: the number of updates before it.
      states: the states.
      best: the best states, None if the run has no evaluations.
      record: what was recorded with it.
      damaged: the numbers of updates of later checkpoints, which cannot be read.
    """

    num_updates: int
    states: Any
    best: Any
    record: Record
    damaged: tuple[int, ...] = ()


class Checkpoints:
    """The checkpoints of a run: the states, and the states of the best evaluations so far.

    Both are in one checkpoint, so that they always belong to the same update. Arrays are stored by
    their path in the state, and restored into a state of the same structure; a fingerprint tells
    whether they are what was stored. All processes of a run write and read their parts of the
    arrays; each reads on its own, since one that waits for others would wait forever if one fails.

    Args:
      folder: the run folder.
      fixed_settings: the settings that must equal those recorded with a checkpoint.
      keep: the number of latest checkpoints to keep.
      num_members: the number of members; rows of arrays after them are padding. All if not given.
      read_only: whether to open for reading only, without creating the folder.
    """

    def __init__(
        self,
        folder: Path,
        fixed_settings: Settings,
        keep: int = 2,
        *,
        num_members: int | None = None,
        read_only: bool = False,
    ) -> None:
        self._path = (folder / "checkpoint").resolve()
        self._settings, self._num_members = fixed_settings, num_members
        writing = ocp.CheckpointManagerOptions(
            preservation_policy=checkpoint_managers.LatestN(keep),
            enable_async_checkpointing=True,
            create=not read_only,
        )
        own = jax.process_index()
        alone = ocp.options.MultiprocessingOptions(
            primary_host=own, active_processes={own}, barrier_sync_key_prefix=f"process{own}"
        )
        reading = ocp.CheckpointManagerOptions(create=False, multiprocessing_options=alone)
        self._open = lambda: self._open_with(reading if read_only else writing)
        self._open_reader = lambda: self._open_with(reading)
        self._manager = self._open()

    def _open_with(
        self, options: ocp.CheckpointManagerOptions, attempts: int = 5
    ) -> ocp.CheckpointManager:
        """Open the checkpoints; again, if another process removed one while they were listed."""
        try:
            return ocp.CheckpointManager(self._path, options=options, item_names=(ITEM, RECORD))
        except FileNotFoundError:
            if attempts == 1 or not self._path.exists():
                raise
            return self._open_with(options, attempts - 1)

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        if error is not None and processes.count() > 1:
            return  # closing waits for the other processes, which may be gone
        with _write_errors():
            self._manager.close()

    @property
    def steps(self) -> list[int]:
        """The numbers of updates before the checkpoints, in ascending order."""
        return processes.on_first(lambda: sorted(map(int, self._manager.all_steps())))

    @property
    def latest(self) -> int | None:
        """The number of updates before the last checkpoint, None without one."""
        return max(self.steps, default=None)

    def save(self, num_updates: int, states: Any, best: Any = None, **record: Any) -> None:
        """Start to write a checkpoint; it is complete before the next one starts.

        Args:
          num_updates: the number of updates so far.
          states: the states.
          best: the best states, None if the run has no evaluations.
          **record: JSON to store with it.

        Raises:
          OSError: this checkpoint, or the one before, could not be written.
        """
        if self.latest == num_updates:
            return
        stored = _stored(states, best)
        record |= {"settings": self._settings, "arrays": fingerprint(stored, self._num_members)}
        record["checksum"] = checksum(record)
        items = {ITEM: ocp.args.StandardSave(stored), RECORD: ocp.args.JsonSave(record)}
        with _write_errors():
            self._manager.save(num_updates, args=ocp.args.Composite(**items))

    def wait(self) -> None:
        """Wait until the last checkpoint is complete.

        Raises:
          OSError: it could not be written.
        """
        with _write_errors():
            self._manager.wait_until_finished()

    def restore(self, states: Any, best: Any = None) -> Restored:
        """Read the last checkpoint that is intact, even if another process replaces it.

        Those of version 0.1, whose replay buffers have an array for each part of a row, are packed.

        Args:
          states: states of the same structure and shapes, with any values.
          best: the best of the same structure and shapes, None if the run has no evaluations.

        Raises:
          CheckpointMismatch: a checkpoint is of other settings.
          DamagedCheckpoint: no checkpoint is intact.
          OSError: the checkpoints cannot be read.
        """
        steps = self.steps
        errors: dict[int, Exception] = {}
        for step in reversed(steps):
            restored = self._try_to_read(step, states, best)
            if not isinstance(restored, Exception):
                return Restored(step, *restored, damaged=tuple(errors))
            errors[step] = restored
            # A process that trains the run may have replaced the checkpoint.
            self._reopen()
            if self.steps != steps:
                return self.restore(states, best)
        newest = errors[steps[-1]]
        if isinstance(newest, PermissionError):
            raise newest
        updates = ", ".join(map(str, sorted(errors)))
        raise DamagedCheckpoint(
            f"the checkpoint in '{self._path}' (after updates {updates}) is damaged, or was "
            f"written by another version{self._or_other_networks}; restore the folder from a copy, "
            f"or train anew ({_first_line(newest)})"
        ) from newest

    def set_aside(self, steps: tuple[int, ...]) -> None:
        """Move damaged checkpoints out of the way."""

        def move() -> None:
            for step in steps:
                set_aside(self._path / str(step), self._path.parent)

        processes.on_first(move)
        self._reopen()

    def record(self, step: int) -> Record:
        """The record of a checkpoint; empty if it is of an older version.

        Raises:
          ValueError: it is damaged.
        """
        if not (self._path / str(step) / RECORD).exists():
            return {}
        record = self._restore(step, RECORD, ocp.args.JsonRestore())
        if record.pop("checksum") != checksum(record):
            raise ValueError("the checksum of the record differs")
        return record

    def newest_record(self) -> Record:
        """The record of the last checkpoint that has a readable one; empty without any."""
        for step in reversed(self.steps):
            with contextlib.suppress(Exception):  # libraries raise many types for damaged files
                return self.record(step)
        return {}

    def _restore(self, step: int, item: str, arguments: Any) -> Any:
        with self._open_reader() as reader:
            return reader.restore(step, args=ocp.args.Composite(**{item: arguments}))[item]

    def _try_to_read(
        self, step: int, states: Any, best: Any
    ) -> tuple[Any, Any, Record] | Exception:
        """What a checkpoint holds, or the error if one of the processes cannot read it."""
        read: tuple[dict[str, Array], Record] | None = None
        error: Exception = ValueError("another process cannot read it")
        try:
            read = self._read(step, states, best)
        except CheckpointMismatch:
            raise
        except Exception as own:  # libraries raise many types for damaged files
            error = own
        (failed,) = processes.vote(read is None)
        if failed or read is None:
            return error
        saved, record = read
        if record and record["arrays"] != fingerprint(saved, self._num_members):
            return ValueError("the fingerprint of the arrays differs")
        like = (states, best) if record else self._old_form((states, best))
        restored = _restored(saved, like[0]), _restored(saved, like[1], BEST)
        return *(restored if record else _packed(restored, (states, best))), record

    def _read(self, step: int, states: Any, best: Any) -> tuple[dict[str, Array], Record]:
        """The arrays and the record of a checkpoint, as far as this process holds them."""
        record = self.record(step)
        if differences := settings.differences(self._settings, record.get("settings", {})):
            raise CheckpointMismatch(
                f"config.json has changed since the checkpoint in '{self._path}' was written: "
                f"{', '.join(differences)}; change it back, or start a new run"
            )
        like = _stored(*((states, best) if record else self._old_form((states, best))))
        saved = self._restore(step, ITEM, ocp.args.StandardRestore(like, strict=not record))
        if not record:
            _check_shapes(saved, like)
        return saved, record

    def _old_form(self, tree: Any) -> Any:
        """A tree of the members of a run, with its replay buffers in the form of version 0.1."""

        def unpack(x: Any) -> Any:
            num_rows = self._settings["config"]["buffer_size"]
            return jax.vmap(partial(UnpackedBuffer.like, num_rows=num_rows))(x)

        return jax.tree.map(lambda x: unpack(x) if _is_buffer(x) else x, tree, is_leaf=_is_buffer)

    @property
    def _or_other_networks(self) -> str:
        own = [name for name in NETWORKS if self._settings.get("config", {}).get(name) == OWN]
        return f", or with other networks ({', '.join(own)}) than those given" if own else ""

    def _reopen(self) -> None:
        self._manager.close()
        self._manager = self._open()


def checksum(record: Record) -> int:
    """A CRC-32 of JSON."""
    return zlib.crc32(json.dumps(record, sort_keys=True).encode())


@contextlib.contextmanager
def _write_errors() -> Iterator[None]:
    """Turn the ValueError that orbax raises if the disk is full into an OSError."""
    try:
        yield
    except ValueError as error:
        if processes.is_loss(error):
            raise
        code = re.search(r"os_error_code='(\d+)'", str(error))
        reason = os.strerror(int(code[1])) if code else _first_line(error)
        raise OSError(f"a checkpoint could not be written: {reason}") from error


def _first_line(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".partition("\n")[0][:200]


def _stored(states: Any, best: Any) -> dict[str, Array]:
    """The arrays to store, except empty ones, which orbax rejects."""
    leaves = _by_path(states) | _by_path(best, BEST)
    return {path: _key_data(leaf) for path, leaf in leaves.items() if leaf.size}


def _check_shapes(saved: dict[str, Array], like: dict[str, Array]) -> None:
    for path, leaf in saved.items():
        if leaf.shape != like[path].shape:
            raise ValueError(f"{path} has shape {leaf.shape} instead of {like[path].shape}")


def _restored(saved: dict[str, Array], like: Any, prefix: str = "") -> Any:
    leaves = [_as_key(leaf, saved.get(path, leaf)) for path, leaf in _by_path(like, prefix).items()]
    return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _by_path(tree: Any, prefix: str = "") -> dict[str, Array]:
    leaves = jax.tree.leaves_with_path(tree)
    return {prefix + jax.tree_util.keystr(path): leaf for path, leaf in leaves}


def _is_buffer(x: Any) -> bool:
    return isinstance(x, Buffer)


def _packed(tree: Any, like: Any) -> Any:
    """A tree like another, whose replay buffers have the form of version 0.1."""
    pack = jax.vmap(lambda like, buffer: buffer.packed(like))
    choose = lambda like, x: pack(like, x) if _is_buffer(like) else x
    return jax.tree.map(choose, like, tree, is_leaf=_is_buffer)


def _is_key(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _key_data(leaf: Array) -> Array:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _as_key(like: Array, leaf: Array) -> Array:
    return jax.random.wrap_key_data(leaf, impl=jax.random.key_impl(like)) if _is_key(like) else leaf
