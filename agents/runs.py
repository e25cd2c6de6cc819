"""A run: what was asked for, and the folder that holds what came of it."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import orbax.checkpoint as ocp
from jax import Array

from agents.algorithms import ALGORITHMS, Algorithm
from agents.networks import Network
from agents.parallel import over_seeds

Point = dict[str, float]
"""Some numbers of a config, by name."""

LAST_SEED = 2**32 - 1
"""The largest seed."""


@dataclass(frozen=True)
class Run:
    """What was asked for, and where to keep what comes of it.

    A member of a run is one seed at one point of the sweep; without a sweep there is one point,
    which changes nothing. Members are ordered by point, then by seed.

    Attributes:
      name: the algorithm's name.
      config: the algorithm's config.
      seeds: the seeds to train.
      folder: holds `config.json`, `metrics.csv`, `learning_curve.png` and `checkpoint/`.
      sweep: values for numbers of the config; each combination of them is a point.
      way: how a device works on several members, one of `parallel.WAYS`.
    """

    name: str
    config: Any
    seeds: tuple[int, ...]
    folder: Path
    sweep: dict[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    way: str = "auto"

    def __post_init__(self) -> None:
        if not all(0 <= seed <= LAST_SEED for seed in self.seeds):
            given = f"{min(self.seeds)} to {max(self.seeds)}"
            raise ValueError(f"seeds must lie between 0 and {LAST_SEED}; got {given}")
        fields = dataclasses.fields(self.config)
        numbers = [field.name for field in fields if not field.metadata.get("static")]
        for name in self.sweep:
            if name not in numbers:
                raise ValueError(
                    f"cannot sweep {name}, which is not a number that one program can take in "
                    f"several values; those of {self.name} are {', '.join(numbers)}"
                )
        for point in self.points:  # raises for numbers that the config refuses
            dataclasses.replace(self.config, **point)

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm's module."""
        return ALGORITHMS[self.name]

    @property
    def points(self) -> list[Point]:
        """The points of the sweep."""
        combinations = itertools.product(*self.sweep.values())
        return [dict(zip(self.sweep, values, strict=True)) for values in combinations]

    @property
    def members(self) -> list[Point]:
        """What tells the members apart: the seed, and the numbers of the point."""
        return [{"seed": seed} | point for point in self.points for seed in self.seeds]

    @property
    def num_members(self) -> int:
        """How many members there are."""
        return len(self.points) * len(self.seeds)

    @property
    def member_seeds(self) -> np.ndarray:
        """The seed of each member, `[num_members]`."""
        return np.tile(np.asarray(self.seeds, np.uint32), len(self.points))

    @property
    def keys(self) -> Array:
        """The key of each member, `[num_members]`: that of its seed, whichever others there are."""
        return jax.vmap(jax.random.key)(self.member_seeds)

    @property
    def configs(self) -> Any:
        """The config of each member: every number of it is `[num_members]`."""
        each = [dataclasses.replace(self.config, **point) for point in self.points]
        stack = lambda *numbers: np.repeat(np.asarray(numbers, np.float32), len(self.seeds))
        return jax.tree.map(stack, *each)

    @property
    def metrics_path(self) -> Path:
        """The file of metrics."""
        return self.folder / "metrics.csv"

    @property
    def figure_path(self) -> Path:
        """The picture of the learning curve."""
        return self.folder / "learning_curve.png"

    def over_members(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Apply a function of one member to all of them: see `parallel.over_seeds`."""
        return over_seeds(function, self.num_members, self.way)

    def create(self) -> None:
        """Make the folder and write `config.json`.

        Raises:
          ValueError: the config holds networks of your own, which cannot be written down.
        """
        config = dataclasses.asdict(self.config)
        functions = [name for name, value in config.items() if isinstance(value, Network)]
        if functions:
            raise ValueError(
                f"a run folder cannot keep the functions in {', '.join(functions)}; "
                f"train without one: agents.{self.name}.train(key, config)"
            )
        settings = {
            "algorithm": self.name,
            "seeds": self.seeds,
            "sweep": self.sweep,
            "way": self.way,
            "config": config,
        }
        self.folder.mkdir(parents=True)
        (self.folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")


def load(folder: Path) -> Run:
    """Read what a run folder was asked for.

    Fields that a run of an older version did not know have their defaults.

    Raises:
      ValueError: the folder is not that of a run, or its run is not one of this version.
    """
    path = folder / "config.json"
    if not path.exists():
        raise ValueError(f"'{folder}' is not a run folder: it has no config.json")
    try:
        settings = json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ValueError(f"'{path}' cannot be read: {error}") from None
    name, given = settings["algorithm"], _with_tuples(settings["config"])
    if name not in ALGORITHMS:
        raise ValueError(f"'{path}' asks for '{name}'; known are {', '.join(ALGORITHMS)}")
    config_class = ALGORITHMS[name].Config
    unknown = given.keys() - {field.name for field in dataclasses.fields(config_class)}
    if unknown:
        raise ValueError(
            f"'{path}' was written by another version: {name} of this one does not know "
            + ", ".join(sorted(unknown))
        )
    return Run(
        name=name,
        config=config_class(**given),
        seeds=tuple(settings["seeds"]),
        folder=folder,
        sweep=_with_tuples(settings["sweep"]),
        way=settings["way"],
    )


class OtherCheckpoint(ValueError):
    """A checkpoint is not one of the run."""


class Checkpoints:
    """The last states of a run on disk. A checkpoint is there entirely or not at all.

    Arrays are stored by their path in the state, and restored into a state of the same structure.
    """

    def __init__(self, folder: Path) -> None:
        options = ocp.CheckpointManagerOptions(max_to_keep=1, enable_async_checkpointing=True)
        self._manager = ocp.CheckpointManager((folder / "checkpoint").resolve(), options=options)

    def __enter__(self) -> Checkpoints:
        return self

    def __exit__(self, *_: object) -> None:
        with _written():
            self._manager.close()

    @property
    def latest(self) -> int | None:
        """After how many updates the last checkpoint was made, if there is one."""
        return self._manager.latest_step()

    def save(self, num_updates: int, states: Any) -> None:
        """Begin to write a checkpoint; it is complete when the next one begins, or at the end.

        Raises:
          OSError: this one, or the one before, could not be written.
        """
        if self.latest != num_updates:
            arguments = ocp.args.StandardSave(_by_path(jax.tree.map(_key_data, states)))
            with _written():
                self._manager.save(num_updates, args=arguments)

    def restore(self, like: Any) -> Any:
        """Read the last checkpoint.

        Args:
          like: states of the same structure, whose values do not matter.

        Returns:
          The states that were saved.

        Raises:
          OtherCheckpoint: what was saved has another structure, or other shapes.
        """
        arguments = ocp.args.StandardRestore(_by_path(jax.tree.map(_key_data, like)))
        try:
            saved = self._manager.restore(self.latest, args=arguments)
        except ValueError as error:
            raise OtherCheckpoint(
                f"the checkpoint in '{self._manager.directory}' is not one of what config.json "
                "asks for, which may have been changed since, or was written by another version"
            ) from error
        leaves = [
            _as_key(leaf, saved.get(jax.tree_util.keystr(path), leaf))
            for path, leaf in jax.tree.leaves_with_path(like)
        ]
        return jax.tree.unflatten(jax.tree.structure(like), leaves)


@contextlib.contextmanager
def _written() -> Iterator[None]:
    """Call by its name what orbax raises where a disk is full: a ValueError."""
    try:
        yield
    except ValueError as error:
        raise OSError(f"a checkpoint could not be written: {error}") from error


def _by_path(tree: Any) -> dict[str, Array]:
    """What there is to store; arrays without entries have nothing, and orbax refuses them."""
    leaves = jax.tree.leaves_with_path(tree)
    return {jax.tree_util.keystr(path): leaf for path, leaf in leaves if leaf.size}


def _is_key(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _key_data(leaf: Array) -> Array:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _as_key(like: Array, leaf: Array) -> Array:
    return jax.random.wrap_key_data(leaf) if _is_key(like) else leaf


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
