"""Hyper-parameters of algorithms that learn from a replay buffer."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import optax

import jaxdist as jd

from ..actor_critic.config import Config
from ..experience import environments
from ..experience.replay import Experience
from ..experience.spaces import Box, Discrete, is_bounded
from ..networks.critics import Critic, make_action_critic
from ..networks.custom import custom_critic
from ..networks.layers import Activation
from ..validation import check_fraction, check_positive


class OffPolicyConfig(Config):
    """Hyper-parameters of algorithms that take gradient steps on batches of a replay buffer."""

    # What the buffer stores of a step.
    row: ClassVar[type[Experience]] = Experience

    total_steps: int = jd.static(default=20_000)
    """Environment steps of training, the warm-up included; rounded down to whole updates."""
    num_envs: int = jd.static(default=4)
    """Number of parallel environments."""
    num_steps: int = jd.static(default=64)
    """Steps per environment and update."""
    gradient_steps: int = jd.static(default=2)
    """Gradient steps after each step of the parallel environments."""
    warmup_steps: int = jd.static(default=2000)
    """Steps with random actions before the first update; rounded down to whole repetitions."""
    warmup_hold: int = jd.static(default=25)
    """Number of times the warm-up repeats each random action."""
    buffer_size: int = jd.static(default=100_000)
    """Capacity of the replay buffer, in steps over all streams; rounded down to whole steps."""
    batch_size: int = jd.static(default=256)
    """Transitions sampled from the replay buffer per gradient step."""
    learning_rate: float = 2e-3
    """Adam's learning rate."""
    tau: float = 0.02
    """Polyak averaging rate of the target critics, per gradient step."""
    activation: Activation = jd.static(default="relu")
    layer_norm: bool = jd.static(default=False)
    """Whether to normalize the hidden layers of critics, for values that do not diverge."""
    critic: Any = jd.static(default=None)
    """Your own network to the values of all actions, or in a box from [s, a]."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "num_envs", "num_steps", "gradient_steps", "warmup_hold")
        check_positive(self, "batch_size", "learning_rate", "tau")
        check_fraction(self, "tau")
        self.check_budget()

    @property
    def distribution(self) -> str:
        """The distribution of the policy."""
        is_discrete = isinstance(environments.make(self.env).action_space, Discrete)
        return "auto" if is_discrete else "squashed"

    def make_critic(self) -> Critic:
        """The network of the values of actions: see `critics.make_action_critic`."""
        env = environments.make(self.env)
        if self.critic is None:
            return make_action_critic(env, self.hidden_sizes, self.activation, self.layer_norm)
        space, size = env.action_space, env.observation_size
        if isinstance(space, Discrete):
            return custom_critic(self.critic, (space.n,), size, env.unflatten)
        return custom_critic(self.critic, (), size + math.prod(space.shape), lambda x: x)

    @property
    def repetition_steps(self) -> int:
        """Environment steps per random action of the warm-up, over all streams."""
        return self.num_envs * self.warmup_hold

    @property
    def num_repetitions(self) -> int:
        """Number of random actions of each stream in the warm-up."""
        return self.warmup_steps // self.repetition_steps

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the streams: see `collection.random_numbers`."""
        return math.gcd(self.num_envs, self.batch_size)

    @property
    def gradient_rows(self) -> int:
        """The transitions of a batch."""
        return self.batch_size

    @property
    def num_updates(self) -> int:
        """Number of updates in a training run, after the warm-up."""
        steps = self.total_steps - self.num_repetitions * self.repetition_steps
        return steps // (self.num_envs * self.num_steps)

    def check_budget(self) -> None:
        """Check that the steps allow for the warm-up and for an update (`ValueError`)."""
        repetition, update = self.repetition_steps, self.num_envs * self.num_steps
        warm_up = self.num_repetitions * repetition
        if self.warmup_steps < repetition:
            raise ValueError(
                f"warmup_steps must allow for one hold of num_envs * warmup_hold = {repetition} "
                f"steps; got {self.warmup_steps}"
            )
        if self.buffer_size < repetition:
            raise ValueError(
                f"buffer_size must be at least num_envs * warmup_hold = {repetition}; "
                f"got {self.buffer_size}"
            )
        if self.num_updates < 1:
            raise ValueError(
                f"total_steps must allow for the warm-up of {warm_up} steps and one update of "
                f"num_envs * num_steps = {update}; got {self.total_steps}"
            )


def annealed_rate(config: Any) -> Any:
    """The learning rate of gradient steps, which decays linearly to zero if it is annealed.

    Args:
      config: an `OffPolicyConfig` with a field `anneal`.
    """
    if not config.anneal:
        return config.learning_rate
    length = config.num_updates * config.num_steps * config.gradient_steps
    return optax.linear_schedule(config.learning_rate, 0.0, length)


def check_action_space(config: Config, algorithm: str, *supported: type[Any]) -> None:
    """Check that the actions of the environment are Discrete, or a bounded Box.

    Args:
      config: the config.
      algorithm: the name of the algorithm, for the error.
      *supported: `Discrete`, `Box` or both.

    Raises:
      ValueError: they are not.
    """
    space = environments.make(config.env).action_space
    is_supported = isinstance(space, supported)
    if not is_supported or (isinstance(space, Box) and not is_bounded(space)):
        names = [{Discrete: "Discrete", Box: "bounded Box"}[kind] for kind in supported]
        raise ValueError(
            f"{algorithm} supports {' and '.join(names)} action spaces; '{config.env}' has {space}"
        )
