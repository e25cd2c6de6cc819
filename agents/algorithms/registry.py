"""The registry of algorithms, and the interface that the outer loop uses."""

from __future__ import annotations

from typing import Any, Protocol

from jax import Array

from .. import algorithms
from ..execution.shards import ALL_STREAMS, Shard
from ..experience.rollout import Policy


class Algorithm(Protocol):
    """The functions that the outer loop calls; each algorithm's module has them.

    An algorithm's state is a pytree that holds everything: parameters, optimizer, environments and
    key. All of these are pure functions, for one seed.
    """

    @property
    def Config(self) -> type[Any]:
        """The hyper-parameters, a pytree: numbers are leaves, structure is static.

        `num_updates` is the number of updates in a training run.
        """

    def train(self, key: Array, config: Any) -> tuple[Any, dict[str, Array]]:
        """All updates in one scan, which can be jitted as a whole."""

    def policy(self, state: Any, config: Any) -> Policy:
        """The policy of a state."""

    def make_problem(self, config: Any, shard: Shard = ALL_STREAMS) -> Any:
        """The objects that a config describes; to be built inside a transformed function.

        With a shard, `init` and `update` are the program of this shard of the streams, in
        `execution.devices.over_members`.
        """

    def init(self, key: Array, problem: Any) -> Any:
        """The state before the first update."""

    def update(self, state: Any, problem: Any) -> tuple[Any, dict[str, Array]]:
        """Learn from new experience.

        Args:
          state: the state after the last update.
          problem: what `make_problem` returns.

        Returns:
          The new state and its metrics, scalars. Among them are `steps`, the environment steps so
          far; `episodes`, the number of episodes that ended; and their mean `episode_return` and
          `episode_length`.
        """


ALGORITHMS: dict[str, Algorithm] = {
    name.replace("_", "-"): getattr(algorithms, name) for name in dir(algorithms)
}
"""Every algorithm, by the name of its command. They are listed in `__init__.pyi`."""
