"""Hyper-parameters that algorithms share."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any, ClassVar

import jaxdist as jd

from ..experience import environments
from ..networks import actors
from ..networks.actors import Actor, PolicyDistribution
from ..networks.critics import Critic
from ..networks.layers import Activation
from ..validation import (
    check_fields,
    check_fraction,
    check_not_negative,
    check_positive,
)
from .field_docs import field_docs


class Config(jd.Pytree):
    """Hyper-parameters of every algorithm.

    Subclasses are dataclasses whose fields have defaults, and a docstring under the field where it
    is new; `help` of the class lists them all.
    """

    # Inherited fields whose default is the only value that the algorithm supports.
    fixed: ClassVar[tuple[str, ...]] = ()

    env: str = jd.static(default="CartPole-v1")
    """Name of the environment; module:name imports the module that registers it first."""
    gamma: float = 0.99
    """Discount factor."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(64, 64))
    """Widths of the hidden layers of each network."""
    activation: Activation = jd.static(default="tanh")
    """Activation function of the hidden layers."""
    actor: Actor | None = jd.static(default=None)
    """Your own network, from observations to a distribution over actions."""
    critic: Critic | None = jd.static(default=None)
    """Your own network, from observations to values."""

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the streams; they must divide it."""
        raise NotImplementedError

    @property
    def gradient_rows(self) -> int:
        """The number of rows over which a gradient step averages, of all streams."""
        raise NotImplementedError

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        fields = [f"{name}: {doc}" for name, doc in field_docs(cls).items()]
        lines = [
            textwrap.fill(field, 96, subsequent_indent="  ", break_on_hyphens=False)
            for field in fields
        ]
        attributes = textwrap.indent("\n".join(lines), "  ")
        cls.__doc__ = f"{inspect.getdoc(cls)}\n\nAttributes:\n{attributes}"

    def __post_init__(self) -> None:
        check_fields(self)
        environments.make(self.env)
        check_positive(self, "hidden_sizes")
        check_fraction(self, "gamma")
        for name in ("actor", "critic"):
            network = getattr(self, name)
            if network is not None and not (hasattr(network, "init") and hasattr(network, "apply")):
                raise TypeError(
                    f"{name} must be a pair of functions init and apply, such as "
                    f"agents.networks.layers.Network; got {network!r}"
                )


class OnPolicyConfig(Config):
    """Hyper-parameters of algorithms that learn from steps of the current policy."""

    total_steps: int = jd.static(default=500_000)
    """Environment steps per seed, over all parallel environments; rounded down to whole updates."""
    num_envs: int = jd.static(default=4)
    """Number of parallel environments."""
    num_steps: int = jd.static(default=128)
    """Steps per environment and update (rollout length)."""
    gae_lambda: float = 0.95
    """Lambda of generalized advantage estimation: 0 is one-step TD, 1 is Monte Carlo."""
    normalize_observations: bool = jd.static(default=False)
    """Whether to normalize observations by their running mean and standard deviation."""
    normalize_rewards: bool = jd.static(default=False)
    """Whether to divide rewards by the running standard deviation of the discounted return."""
    distribution: PolicyDistribution = jd.static(default="auto")
    """Distribution of the policy; auto is Categorical for discrete actions, Normal for boxes."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "num_envs", "num_steps")
        check_fraction(self, "gae_lambda")
        if self.actor is None:
            actors.make_head(environments.make(self.env), self.distribution)
        if self.num_updates < 1:
            raise ValueError(
                f"total_steps must allow for one update of num_envs * num_steps = "
                f"{self.steps_per_update} steps; got {self.total_steps}"
            )

    @property
    def steps_per_update(self) -> int:
        """Environment steps per update, over all streams."""
        return self.num_envs * self.num_steps

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the streams: each can be one stream."""
        return self.num_envs

    @property
    def gradient_rows(self) -> int:
        """The steps of an update."""
        return self.steps_per_update

    @property
    def num_updates(self) -> int:
        """Number of updates in a training run."""
        return self.total_steps // self.steps_per_update


class JointLossConfig(OnPolicyConfig):
    """Hyper-parameters of algorithms that train actor and critic by the gradient of one loss."""

    learning_rate: float = 2.5e-4
    """Initial learning rate."""
    anneal: bool = jd.static(default=True)
    """Whether to decay the learning rate linearly to zero."""
    value_coef: float = 0.5
    """Weight of the value loss."""
    entropy_coef: float = 0.01
    """Weight of the entropy bonus."""
    max_grad_norm: float = 0.5
    """Global norm to which gradients are clipped."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "learning_rate", "max_grad_norm")
        check_not_negative(self, "value_coef", "entropy_coef")


class FittedCriticConfig(OnPolicyConfig):
    """Hyper-parameters of algorithms that fit the critic by regression, apart from the actor."""

    value_learning_rate: float = 1e-3
    """Adam's learning rate for the critic."""
    value_iterations: int = jd.static(default=20)
    """Gradient steps on the critic per update."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "value_learning_rate", "value_iterations")
