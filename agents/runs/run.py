"""A training run: its settings, and the folder that holds its results."""

from __future__ import annotations

import dataclasses
import itertools
import json
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np
from jax import Array
from jax.sharding import Mesh

from ..algorithms.registry import ALGORITHMS, Algorithm
from ..execution import processes
from ..execution.devices import OVER_SEEDS, first_devices, over_members
from ..execution.mesh import CPU_ROWS, make_mesh
from ..experience import environments
from ..validation import (
    check_choice,
    check_float32,
    check_not_negative,
    check_positive,
    did_you_mean,
    integer,
)
from . import settings
from .guards import ON_NAN
from .settings import Settings

Point = dict[str, float]
"""Numbers of a config, by name."""

LAST_SEED = 2**32 - 1
"""The largest seed."""

LAST_UPDATE = 2**31 - 1
"""The largest number of updates, which devices count in 32 bits."""

SHARED_SECONDS = 10.0
"""How long a process waits for a new folder to appear on a network file system."""

BUDGETS = ("total_steps", "total_episodes")
"""The names of the fields that set the length of training."""

SEARCHES = ("grid", "list")
"""How the values of a sweep form points: in every combination, or the i-th values together."""

FREE = ("evaluations", "keep", "checkpoint_seconds", "on_nan", "over_seeds", "rungs")
"""Settings that may change between two parts of a run."""


def default_prng() -> str:
    """The kind of PRNG keys that JAX is configured to make."""
    return str(jax.random.key_impl(jax.random.key(0)))


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
      sweep: values for numbers of the config.
      search: how they form points, one of `SEARCHES`.
      over_seeds: how a device runs several members, one of `devices.OVER_SEEDS`.
      evaluations: number of evaluations of every member during training, evenly spaced up to the
        end; at most one per update. All devices along the streams of a member play the same
        episodes.
      keep: number of checkpoints to keep, the latest ones; each holds the best states so far too.
      checkpoint_seconds: time between two checkpoints, in seconds.
      on_nan: what to do if an update is not finite, one of `guards.ON_NAN`.
      prng: the kind of PRNG keys, such as threefry2x32 or rbg.
      rungs: in successive halving, the lengths of the runs that follow this one, in order; each
        trains the best points of the one before.
      devices: number of devices to use, the first ones. If None, all; but on CPUs, streams are
        divided only if each device gets `mesh.CPU_ROWS` rows of a gradient step. It is not a
        setting of the run, and neither is the mesh: a run may go on with others.
      mesh_shape: number of devices along `"members"`, along `"streams"`, or both; chosen if None.
    """

    name: str
    config: Any
    seeds: tuple[int, ...]
    folder: Path
    sweep: dict[str, tuple[float, ...]] = dataclasses.field(default_factory=dict)
    over_seeds: str = "auto"
    evaluations: int = 0
    keep: int = 2
    checkpoint_seconds: float = 15.0
    on_nan: str = "stop"
    search: str = "grid"
    prng: str = dataclasses.field(default_factory=default_prng)
    rungs: tuple[int, ...] = ()
    devices: int | None = None
    mesh_shape: dict[str, int] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(self.folder))
        object.__setattr__(self, "config", settings.plain_config(self.config))
        object.__setattr__(self, "seeds", _seeds(self.seeds))
        object.__setattr__(self, "rungs", tuple(integer("rungs", each) for each in self.rungs))
        for name in ("evaluations", "keep"):
            object.__setattr__(self, name, integer(name, getattr(self, name)))
        check_choice(self, over_seeds=OVER_SEEDS, on_nan=ON_NAN, search=SEARCHES)
        check_not_negative(self, "evaluations", "checkpoint_seconds")
        check_positive(self, "keep")
        check_float32("checkpoint_seconds", self.checkpoint_seconds)
        if self.over_seeds == "vmap" and self.is_on_host:
            raise ValueError(
                f"seeds of {self.config.env} run in a loop, since its environments are stepped on "
                "the host; got over_seeds=vmap"
            )
        jax.eval_shape(lambda: self.key(0))  # raises for an unknown kind of keys
        if self.num_updates > LAST_UPDATE:
            raise ValueError(
                f"{self.budget} must allow for at most {LAST_UPDATE} updates; got "
                f"{getattr(self.config, self.budget)}, which are {self.num_updates} updates"
            )
        fields = dataclasses.fields(self.config)
        numbers = [field.name for field in fields if not field.metadata.get("static")]
        for name, values in self.sweep.items():
            if name not in numbers:
                raise ValueError(
                    f"cannot sweep '{name}': only hyper-parameters that do not change the compiled "
                    f"program can be swept; those of {self.name} are {', '.join(numbers)}"
                    f"{did_you_mean(name, numbers)}"
                )
            _check_sweep(name, values, is_list=self.search == "list")
        if self.search == "list" and len(set(map(len, self.sweep.values()))) != 1:
            sizes = {name: len(values) for name, values in self.sweep.items()}
            raise ValueError(f"a list of points needs as many values of every field; got {sizes}")
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
        total = self.num_updates
        num = min(self.evaluations, total)
        return sorted({-(-total * i // num) for i in range(1, num + 1)})

    @property
    def points(self) -> list[Point]:
        """The points of the sweep."""
        if self.search == "list":
            combinations = list(zip(*self.sweep.values(), strict=True))
        else:
            combinations = list(itertools.product(*self.sweep.values()))
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

    def key(self, seed: Array | int) -> Array:
        """The PRNG key of a seed, of the kind of this run."""
        return jax.random.key(seed, impl=self.prng)

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

    @property
    def mesh(self) -> Mesh:
        """The mesh of devices that the members and their streams lie on."""
        devices, groups = first_devices(self.devices), self.config.stream_groups
        is_chosen = self.devices is None and devices[0].platform == "cpu"
        max_streams = self.config.gradient_rows // CPU_ROWS if is_chosen else None
        return make_mesh(self.num_members, groups, devices, self.mesh_shape, max_streams)

    def over_members(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Map a function of a shard and a member over all: see `devices.over_members`."""
        over_seeds = "loop" if self.is_on_host else self.over_seeds
        return over_members(function, self.mesh, over_seeds)

    @property
    def is_on_host(self) -> bool:
        """Whether its environments are stepped on the host: checkpoints do not hold them."""
        return environments.make(self.config.env).is_on_host

    def create(self) -> None:
        """Make the folder and write `config.json`.

        Raises:
          ValueError: the processes of the run have other settings, or do not share the folder.
        """
        processes.on_first(self._make_folder)
        self.check_processes()

    def _make_folder(self) -> None:
        _ = self.settings  # raises for what JSON cannot hold, before there is a folder
        self.folder.mkdir(parents=True)
        self.write_config()

    def check_processes(self) -> None:
        """Check that all processes train this run, in the same folder (`ValueError`)."""
        if processes.count() == 1:
            return
        text = json.dumps(self.settings | {"mesh": list(self.mesh.shape.items())}, sort_keys=True)
        if len(np.unique(processes.gather(zlib.crc32(text.encode())))) > 1:
            raise ValueError("the processes were started with different options")
        end = time.monotonic() + SHARED_SECONDS
        path = self.folder / "config.json"
        while not path.exists() and time.monotonic() < end:
            time.sleep(0.1)
        (missing,) = processes.vote(not path.exists())
        if missing:
            raise ValueError(
                f"not every process finds '{self.folder}': the processes of a run need a folder on "
                "a file system that they share"
            )

    def extend(self, budget: str, amount: int) -> Run:
        """The same run with more steps or episodes; `train` writes them to `config.json`.

        The continued run equals one of the new length from the start, except in two respects:
        evaluations are spaced over the new length from now on, and an annealed learning rate jumps
        to its value on the new schedule. It leaves the successive halving that it was a part of.

        Args:
          budget: one of `BUDGETS`.
          amount: the new total of steps or episodes.

        Returns:
          The longer run.

        Raises:
          TypeError: the amount is no integer.
          ValueError: it is not the budget of this algorithm, or is smaller than before.
        """
        if budget != self.budget:
            raise ValueError(
                f"the length of a run of {self.name} is set by {self.budget}, not by {budget}"
            )
        before, amount = getattr(self.config, budget), integer(budget, amount)
        if amount < before:
            raise ValueError(
                f"{budget} can only be increased, and is already {before}; got {amount}"
            )
        config = dataclasses.replace(self.config, **{budget: amount})
        return dataclasses.replace(self, config=config, rungs=())

    def change(self, **changes: Any) -> Run:
        """The same run with other values of settings in `FREE`; `train` writes them.

        Raises:
          ValueError: a value is invalid, or evaluations are begun or ended by it.
        """
        evaluations = changes.get("evaluations", self.evaluations)
        if bool(evaluations) != bool(self.evaluations):
            raise ValueError(
                "evaluations can be made more or less frequent, but not begun or ended: the best "
                f"states belong to the checkpoints; the run has {self.evaluations}, got "
                f"{evaluations}"
            )
        return dataclasses.replace(self, **changes)

    @property
    def settings(self) -> Settings:
        """The settings as in `config.json`."""
        return {
            "algorithm": self.name,
            "seeds": list(self.seeds),
            "sweep": {name: list(values) for name, values in self.sweep.items()},
            "search": self.search,
            "over_seeds": self.over_seeds,
            "evaluations": self.evaluations,
            "keep": self.keep,
            "checkpoint_seconds": self.checkpoint_seconds,
            "on_nan": self.on_nan,
            "prng": self.prng,
            "rungs": list(self.rungs),
            "config": settings.of_config(self.config),
        }

    @property
    def fixed_settings(self) -> Settings:
        """The settings that cannot change between two parts of a run."""
        fixed = {name: value for name, value in self.settings.items() if name not in FREE}
        config = {name: v for name, v in fixed["config"].items() if name not in BUDGETS}
        return fixed | {"config": config}

    def write_config(self) -> None:
        """Write `config.json`; its folder must be new, or locked by this process."""
        settings.write(self.folder / "config.json", self.settings)


def load_run(folder: Path | str, **networks: Any) -> Run:
    """Read the settings of a run from its folder.

    Fields that are missing, in a folder of an older version, take their defaults.

    Args:
      folder: the run folder.
      **networks: the user's own networks, which a folder cannot hold, by the name of their field.

    Raises:
      ValueError: the folder has no run, or that of another version, or invalid settings, or a run
        with a network of the user's that is not given.
    """
    folder = Path(folder)
    path = folder / "config.json"
    given = settings.read(path)
    config = settings.make_config(path, given, networks)
    sweep = {name: tuple(values) for name, values in given["sweep"].items()}
    others = {name: given[name] for name in (*FREE, "prng", "search") if name in given}
    try:
        return Run(given["algorithm"], config, tuple(given["seeds"]), folder, sweep, **others)
    except (TypeError, ValueError) as error:
        raise ValueError(f"'{path}': {error}") from error


def check_seeds(first: int, last: int) -> None:
    """Check that the first and the last of a range of seeds are seeds (`ValueError`)."""
    if first < 0 or last > LAST_SEED:
        raise ValueError(f"seeds must lie between 0 and {LAST_SEED}; got {first} to {last}")


def _seeds(given: Sequence[int]) -> tuple[int, ...]:
    """The seeds as Python's integers, or an error."""
    for seed in given:
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool):
            raise TypeError(f"seeds must be integers; got {seed!r}, of type {type(seed).__name__}")
    seeds = tuple(map(int, given))
    if not seeds:
        raise ValueError("a run needs at least one seed; got none")
    check_seeds(min(seeds), max(seeds))
    repeated = [seed for seed, count in Counter(seeds).items() if count > 1]
    if repeated:
        raise ValueError(f"every seed can be trained once; got {repeated[0]} several times")
    return seeds


def _check_sweep(name: str, values: Sequence[float], *, is_list: bool) -> None:
    if not values:
        raise ValueError(f"a sweep needs values; got none for {name}")
    for value in values:
        check_float32(name, value)
    if not is_list and len(set(map(np.float32, values))) < len(values):
        given = ", ".join(f"{value:g}" for value in values)
        raise ValueError(f"the values of a sweep must differ in float32; got {given} for {name}")
