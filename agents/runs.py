"""A run: what was asked for, and the folder that holds what came of it."""

from __future__ import annotations

import dataclasses
import json
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


@dataclass(frozen=True)
class Run:
    """What was asked for, and where to keep what comes of it.

    Attributes:
      name: the algorithm's name.
      config: the algorithm's config.
      seeds: the seeds to train.
      folder: holds `config.json`, `metrics.csv`, `learning_curve.png` and `checkpoint/`.
    """

    name: str
    config: Any
    seeds: tuple[int, ...]
    folder: Path

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm's module."""
        return ALGORITHMS[self.name]

    @property
    def num_seeds(self) -> int:
        """How many seeds there are."""
        return len(self.seeds)

    @property
    def keys(self) -> Array:
        """The key of each seed, `[num_seeds]`: the same for a seed whichever others there are."""
        return jax.vmap(jax.random.key)(np.asarray(self.seeds, np.uint32))

    @property
    def metrics_path(self) -> Path:
        """The file of metrics."""
        return self.folder / "metrics.csv"

    @property
    def figure_path(self) -> Path:
        """The picture of the learning curve."""
        return self.folder / "learning_curve.png"

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
        settings = {"algorithm": self.name, "seeds": self.seeds, "config": config}
        self.folder.mkdir(parents=True)
        (self.folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")


def load(folder: Path) -> Run:
    """Read what a run folder was asked for.

    Raises:
      ValueError: the folder is not that of a run.
    """
    path = folder / "config.json"
    if not path.exists():
        raise ValueError(f"'{folder}' is not a run folder: it has no config.json")
    settings = json.loads(path.read_text())
    config_class = ALGORITHMS[settings["algorithm"]].Config
    fields = {name: _tuple_if_list(value) for name, value in settings["config"].items()}
    seeds = tuple(settings["seeds"])
    return Run(settings["algorithm"], config_class(**fields), seeds, folder)


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
        self._manager.close()

    @property
    def latest(self) -> int | None:
        """After how many updates the last checkpoint was made, if there is one."""
        return self._manager.latest_step()

    def save(self, num_updates: int, states: Any) -> None:
        """Begin to write a checkpoint; it is complete when the next one begins, or at the end."""
        if self.latest != num_updates:
            arguments = ocp.args.StandardSave(_by_path(jax.tree.map(_key_data, states)))
            self._manager.save(num_updates, args=arguments)

    def restore(self, like: Any) -> Any:
        """Read the last checkpoint.

        Args:
          like: states of the same structure, whose values do not matter.

        Returns:
          The states that were saved.
        """
        arguments = ocp.args.StandardRestore(_by_path(jax.tree.map(_key_data, like)))
        saved = self._manager.restore(self.latest, args=arguments)
        leaves = [
            _as_key(leaf, saved[jax.tree_util.keystr(path)])
            for path, leaf in jax.tree.leaves_with_path(like)
        ]
        return jax.tree.unflatten(jax.tree.structure(like), leaves)


def _by_path(tree: Any) -> dict[str, Array]:
    return {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree.leaves_with_path(tree)}


def _is_key(leaf: Array) -> bool:
    return jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)


def _key_data(leaf: Array) -> Array:
    return jax.random.key_data(leaf) if _is_key(leaf) else leaf


def _as_key(like: Array, leaf: Array) -> Array:
    return jax.random.wrap_key_data(leaf) if _is_key(like) else leaf


def _tuple_if_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
