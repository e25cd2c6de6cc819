"""What an algorithm's file provides, and the table of those there are."""

from __future__ import annotations

from typing import Any, Protocol

from jax import Array

from agents.algorithms import a2c, apg, ppo, recurrent_ppo, reinforce, sac, trpo, vpg
from agents.experience.rollout import Policy


class Algorithm(Protocol):
    """The functions that the outer loop calls; each algorithm's module has them.

    An algorithm's state is a pytree, and holds everything: parameters, optimiser, environments and
    keys. All of these are pure functions, of one seed.
    """

    @property
    def Config(self) -> type[Any]:
        """What the algorithm is told: numbers are leaves, structure is static."""

    def init(self, key: Array, config: Any) -> Any:
        """The state before the first update."""

    def train(self, key: Array, config: Any) -> tuple[Any, dict[str, Array]]:
        """All updates in one scan, which can be jitted as a whole."""

    def update(self, state: Any, config: Any) -> tuple[Any, dict[str, Array]]:
        """Learn from new experience.

        Args:
          state: the state after the last update.
          config: what to do.

        Returns:
          The state after this update, and its metrics, scalars. Among them are `steps`, the
          environment steps so far, `episodes`, how many ended, and their mean `episode_return` and
          `episode_length`.
        """

    def num_updates(self, config: Any) -> int:
        """How many updates make a training run."""

    def policy(self, state: Any, config: Any) -> Policy:
        """The policy that a state has arrived at."""


ALGORITHMS: dict[str, Algorithm] = {
    "a2c": a2c,
    "apg": apg,
    "ppo": ppo,
    "recurrent-ppo": recurrent_ppo,
    "reinforce": reinforce,
    "sac": sac,
    "trpo": trpo,
    "vpg": vpg,
}
"""Every algorithm, by the name of its command. A new one is a file and an entry here."""
