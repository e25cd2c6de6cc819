"""A training run: its settings, and the folder that holds its results."""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import Array

from agents.algorithms.registry import ALGORITHMS, Algorithm
from agents.execution.devices import over_seeds
from agents.networks.layers import Network
from agents.runs.atomic_write import atomic_write
from agents.runs.lock import lock

Point = dict[str, float]
"""Numbers of a config, by name."""

LAST_SEED = 2**32 - 1
"""The largest seed."""

BUDGETS = ("total_steps", "total_episodes")
"""The names of the fields that set the length of training."""


@dataclass(frozen=True)
class Run:
    """The settings of a training run, and its folder.

    A member of a run is one seed at one point of the sweep; without a sweep the only
    point is the config itself. Members are ordered by point, then by seed.

    Attributes:
      name: the algorithm's name.
      config: the algorithm's config.
      seeds: the seeds to train.
      folder: contains `config.json`, `metrics.csv`, `evaluations.csv`, `learning_curve.png` and
        `checkpoint/`.
      sweep: values for numbers of the config; each combination is a point.
      way: how a device runs several members, one of `devices.WAYS`.
      evaluations: number of evaluations of every member during training, evenly spaced up to the
        end; at most one per update.
    """

    name: str
    config: Any
    seeds: tuple[int, ...]
    folder: Path
    sweep: dict[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    way: str = "auto"
    evaluations: int = 0

    def __post_init__(self) -> None:
        if not all(0 <= seed <= LAST_SEED for seed in self.seeds):
            given = f"{min(self.seeds)} to {max(self.seeds)}"
            raise ValueError(f"seeds must lie between 0 and {LAST_SEED}; got {given}")
        if self.evaluations < 0:
            raise ValueError(f"evaluations must not be negative; got {self.evaluations}")
        fields = dataclasses.fields(self.config)
        numbers = [field.name for field in fields if not field.metadata.get("static")]
        for name in self.sweep:
            if name not in numbers:
                raise ValueError(
                    f"cannot sweep '{name}': only hyper-parameters that do not change the compiled "
                    f"program can be swept; those of {self.name} are {', '.join(numbers)}"
                )
        _ = self.point_configs  # raises for numbers that the config rejects

    @property
    def algorithm(self) -> Algorithm:
        """The algorithm's module."""
        return ALGORITHMS[self.name]

    @property
    def budget(self) -> str:
        """The name of the field that sets the length of training."""
        return next(name for name in BUDGETS if hasattr(self.config, name))

    @property
    def num_updates(self) -> int:
        """Number of updates in the run."""
        return self.config.num_updates

    @property
    def evaluation_updates(self) -> list[int]:
        """The updates after which every member is evaluated."""
        total, num = self.num_updates, self.evaluations
        return sorted({-(-total * i // num) for i in range(1, num + 1)})

    @property
    def points(self) -> list[Point]:
        """The points of the sweep."""
        combinations = itertools.product(*self.sweep.values())
        return [dict(zip(self.sweep, values, strict=True)) for values in combinations]

    @property
    def members(self) -> list[Point]:
        """The seed and the point of each member."""
        return [{"seed": seed} | point for point in self.points for seed in self.seeds]

    @property
    def num_members(self) -> int:
        """Number of members."""
        return len(self.points) * len(self.seeds)

    @property
    def member_seeds(self) -> np.ndarray:
        """The seed of each member, `[num_members]`."""
        return np.tile(np.asarray(self.seeds, np.uint32), len(self.points))

    @property
    def keys(self) -> Array:
        """The key of each member, `[num_members]`, which depends on its seed alone."""
        return jax.vmap(jax.random.key)(self.member_seeds)

    @property
    def configs(self) -> Any:
        """The configs of all members: a config whose numbers are `[num_members]`."""
        stack = lambda *numbers: np.repeat(np.asarray(numbers, np.float32), len(self.seeds))
        return jax.tree.map(stack, *self.point_configs)

    @property
    def point_configs(self) -> list[Any]:
        """The config of each point of the sweep."""
        return [dataclasses.replace(self.config, **point) for point in self.points]

    @property
    def metrics_path(self) -> Path:
        """The file of metrics."""
        return self.folder / "metrics.csv"

    @property
    def evaluations_path(self) -> Path:
        """The file of evaluations."""
        return self.folder / "evaluations.csv"

    @property
    def figure_path(self) -> Path:
        """The figure of the learning curve."""
        return self.folder / "learning_curve.png"

    def over_members(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Map a function of one member over all: see `devices.over_seeds`."""
        return over_seeds(function, self.num_members, self.way)

    def create(self) -> None:
        """Make the folder and write `config.json`.

        Raises:
          ValueError: the config has a custom network, which cannot be saved.
        """
        config = dataclasses.asdict(self.config)
        functions = [name for name, value in config.items() if isinstance(value, Network)]
        if functions:
            raise ValueError(
                f"a run folder cannot store custom networks ({', '.join(functions)}); train "
                f"without a folder: agents.{self.name.replace('-', '_')}.train(key, config)"
            )
        self.folder.mkdir(parents=True)
        self._write_config()

    def extend(self, budget: str, amount: int) -> Run:
        """Make the run longer, in `config.json` too.

        The continued run equals one of the new length from the start, except in two respects:
        evaluations are spaced over the new length from now on, and an annealed learning rate jumps
        to its value on the new schedule.

        Args:
          budget: one of `BUDGETS`.
          amount: the new total of steps or episodes.

        Returns:
          The longer run.

        Raises:
          ValueError: it is not the budget of this algorithm, or is smaller than before.
          FolderInUse: another process is training the run.
        """
        if budget != self.budget:
            raise ValueError(
                f"the length of a run of {self.name} is set by {self.budget}, not by {budget}"
            )
        before = getattr(self.config, budget)
        if amount < before:
            raise ValueError(
                f"{budget} can only be increased, and is already {before}; got {amount}"
            )
        config = dataclasses.replace(self.config, **{budget: amount})
        longer = dataclasses.replace(self, config=config)
        with lock(self.folder):
            longer._write_config()
        return longer

    def _write_config(self) -> None:
        settings = {
            "algorithm": self.name,
            "seeds": self.seeds,
            "sweep": self.sweep,
            "way": self.way,
            "evaluations": self.evaluations,
            "config": dataclasses.asdict(self.config),
        }
        atomic_write(self.folder / "config.json", json.dumps(settings, indent=2) + "\n")


def load_run(folder: Path) -> Run:
    """Read the settings of a run from its folder.

    Fields that are missing, in a folder of an older version, take their defaults.

    Raises:
      ValueError: the folder has no run, or that of another version.
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
        raise ValueError(
            f"'{path}' names an unknown algorithm, '{name}'; known: {', '.join(ALGORITHMS)}"
        )
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
        evaluations=settings.get("evaluations", 0),
    )


def _with_tuples(values: dict[str, Any]) -> dict[str, Any]:
    return {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
