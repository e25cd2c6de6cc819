"""Hyper-parameters that algorithms share."""

from __future__ import annotations

import dataclasses
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, ClassVar, Self

from jax import Array

import jaxdist as jd

from ..experience import environments
from ..experience.environment import Environment
from ..experience.minibatches import streams_per_group
from ..networks import actors, adapters
from ..networks.actors import Actor, PolicyDistribution, make_actor
from ..networks.critics import Critic, make_critic
from ..networks.custom import custom_actor, custom_critic
from ..networks.layers import Activation
from ..networks.torsos import check_images
from ..networks.value_heads import VALUE_HEADS, ValueHead
from ..validation import (
    check_fields,
    check_fraction,
    check_known,
    check_not_negative,
    check_positive,
)
from .field_docs import field_docs

NETWORKS = ("actor", "critic")
"""The fields for your own networks."""


class Config(jd.Pytree):
    """Hyper-parameters of every algorithm.

    Subclasses are dataclasses whose fields have defaults, and a docstring under the field where it
    is new; `help` of the class lists them all.
    """

    # Inherited fields whose default is the only value that the algorithm supports.
    fixed: ClassVar[tuple[str, ...]] = ()

    env: str = jd.static(default="CartPole-v1")
    """Name of the environment; module:Class is one of your own."""
    gamma: float = 0.99
    """Discount factor."""
    hidden_sizes: tuple[int, ...] = jd.static(default=(64, 64))
    """Widths of the hidden layers of each network."""
    activation: Activation = jd.static(default="tanh")
    """Activation function of the hidden layers."""
    actor: Any = jd.static(default=None)
    """Your own network, from observations to logits, location and scale, or a distribution."""
    critic: Any = jd.static(default=None)
    """Your own network, from observations to values."""

    @property
    def channels(self) -> tuple[int, ...]:
        """The channels of convolutions before the hidden layers."""
        return ()

    @property
    def distribution(self) -> str:
        """The distribution of the policy, one of `actors.DISTRIBUTIONS`."""
        raise NotImplementedError

    @property
    def noise_steps(self) -> int:
        """The number of steps for which state-dependent noise is held; 0 without it."""
        return 0

    @property
    def value_head(self) -> str:
        """How the output of the critic represents a value, a key of `VALUE_HEADS`."""
        return "linear"

    @property
    def values(self) -> ValueHead:
        """The representation of values by the output of the critic."""
        return VALUE_HEADS[self.value_head]

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the streams; they must divide it."""
        raise NotImplementedError

    @property
    def gradient_rows(self) -> int:
        """The number of rows over which a gradient step averages, of all streams."""
        raise NotImplementedError

    @property
    def num_updates(self) -> int:
        """The number of updates in a training run."""
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
        object.__setattr__(self, "env", environments.name_of(self.env))
        check_fields(self)
        self.check_fixed()
        self.check_env()
        check_positive(self, "hidden_sizes")
        check_fraction(self, "gamma")
        for name in NETWORKS:
            object.__setattr__(self, name, adapters.as_field(name, getattr(self, name)))

    def check_fixed(self) -> None:
        """Check that what the algorithm does not support has its default (`ValueError`)."""
        for field in dataclasses.fields(self):
            if field.name in self.fixed and getattr(self, field.name) != field.default:
                raise ValueError(f"{field.name} is not supported by this algorithm; leave it out")

    def check_env(self) -> None:
        """Check that there is such an environment (`ValueError`)."""
        environments.make(self.env)

    def replace(self, **changes: Any) -> Self:
        """A config with other values of some fields.

        Raises:
          TypeError: a field is unknown, or a value has another type.
          ValueError: a value is invalid.
        """
        check_known(type(self), changes)
        return dataclasses.replace(self, **changes)

    def with_networks(self, **networks: Any) -> Self:
        """A config with your own networks, where they are given."""
        given = {name: network for name, network in networks.items() if network is not None}
        return self.replace(**given) if given else self

    @property
    def shared_features(self) -> int:
        """The number of features that actor and critic share; 0 if each has its own layers."""
        return 0

    @property
    def head_sizes(self) -> tuple[int, ...]:
        """Widths of the hidden layers of actor and critic, after the features they share."""
        return self.hidden_sizes

    def make_actor(self) -> Actor:
        """The network of the policy, from observations or shared features.

        Raises:
          TypeError: your own network does not return what it must.
        """
        env = environments.make(self.env)
        size, view = self._network_input(env)
        if self.actor is None:
            return make_actor(
                env,
                self.head_sizes,
                self.activation,
                self.distribution,
                size if self.shared_features else None,
                channels=self.channels,
                state_dependent=self.noise_steps > 0,
            )
        return custom_actor(self.actor, env, self.distribution, size, view)

    def make_critic(self) -> Critic:
        """The network of the value function, from observations or shared features.

        Raises:
          TypeError: your own network does not return what it must.
        """
        env = environments.make(self.env)
        size, view = self._network_input(env)
        if self.critic is None:
            return make_critic(
                env,
                self.head_sizes,
                self.activation,
                size if self.shared_features else None,
                channels=self.channels,
                num_outputs=self.values.size,
            )
        return custom_critic(self.critic, self.critic_shape, size, view)

    def _network_input(self, env: Environment) -> tuple[int, Callable[[Array], Any]]:
        """The length of the input of actor and critic, and what your own networks take of it."""
        if not self.shared_features:
            return env.observation_size, env.unflatten
        mask_size = env.mask_size
        return mask_size + self.shared_features, lambda x: x[..., mask_size:]

    @property
    def critic_shape(self) -> tuple[int, ...]:
        """The shape of the output of your own critic for one state."""
        return () if self.values.size == 1 else (self.values.size,)


class OnPolicyConfig(Config):
    """Hyper-parameters of algorithms that learn from steps of the current policy."""

    total_steps: int = jd.static(default=500_000)
    """Environment steps per seed, over all parallel environments; rounded down to whole updates."""
    num_envs: int = jd.static(default=4)
    """Number of parallel environments."""
    num_steps: int = jd.static(default=128)
    """Steps per environment and update (rollout length)."""
    channels: tuple[int, ...] = jd.static(default=())
    """Channels of convolutions (3 x 3) of images before the hidden layers; none if empty."""
    gae_lambda: float = 0.95
    """Lambda of generalized advantage estimation: 0 is one-step TD, 1 is Monte Carlo."""
    normalize_observations: bool = jd.static(default=False)
    """Whether to normalize observations by their running mean and standard deviation."""
    normalize_rewards: bool = jd.static(default=False)
    """Whether to divide rewards by the running standard deviation of the discounted return."""
    distribution: PolicyDistribution = jd.static(default="auto")
    """Distribution of the policy; auto is Categorical for discrete actions, Normal for boxes."""
    noise_steps: int = jd.static(default=0)
    """Steps for which state-dependent noise of actions (gSDE) is held; 0 is independent noise."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "num_envs", "num_steps", "channels")
        check_not_negative(self, "noise_steps")
        check_fraction(self, "gae_lambda")
        self.check_noise()
        if self.channels:
            check_images(environments.make(self.env), len(self.channels))
        if self.actor is None:
            actors.make_head(environments.make(self.env), self.distribution)
        if self.num_updates < 1:
            raise ValueError(
                f"total_steps must allow for one update of num_envs * num_steps = "
                f"{self.steps_per_update} steps; got {self.total_steps}"
            )

    def check_noise(self) -> None:
        """Check that the policy supports state-dependent noise, if there is any (`ValueError`)."""
        if not self.noise_steps:
            return
        if self.actor is not None:
            raise ValueError("noise_steps is for the networks of this package; leave out actor")
        actors.check_state_dependent(environments.make(self.env), self.distribution)

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


class MinibatchConfig(OnPolicyConfig):
    """Hyper-parameters of algorithms that pass over the steps several times, by minibatches."""

    num_epochs: int = jd.static(default=4)
    """Passes over the collected steps per update."""
    num_minibatches: int = jd.static(default=4)
    """Minibatches per epoch; must divide num_envs * num_steps."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "num_epochs", "num_minibatches")
        self.check_minibatches()

    @property
    def rows_per_stream(self) -> int:
        """The number of rows of each stream that minibatches are made of: its steps."""
        return self.num_steps

    @property
    def stream_groups(self) -> int:
        """The largest number of shards of the streams: see `minibatches.minibatch_rows`."""
        return self.num_envs // streams_per_group(self.rows_per_stream, self.num_minibatches)

    @property
    def gradient_rows(self) -> int:
        """The steps of a minibatch."""
        return self.steps_per_update // self.num_minibatches

    def check_minibatches(self) -> None:
        """Check that the collected steps divide into minibatches (`ValueError`)."""
        if self.steps_per_update % self.num_minibatches:
            raise ValueError(
                f"num_minibatches must divide num_envs * num_steps = {self.steps_per_update}; "
                f"got {self.num_minibatches}"
            )


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
    anneal_entropy: bool = jd.static(default=False)
    """Whether to decay entropy_coef linearly to zero."""
    max_grad_norm: float = 0.5
    """Global norm to which gradients are clipped."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "learning_rate", "max_grad_norm")
        check_not_negative(self, "value_coef", "entropy_coef")
        if self.anneal_entropy and self.total_steps >= 2**32:
            raise ValueError(
                f"anneal_entropy needs total_steps below 2**32; got {self.total_steps}"
            )


class FittedCriticConfig(OnPolicyConfig):
    """Hyper-parameters of algorithms that fit the critic by regression, apart from the actor."""

    value_learning_rate: float = 1e-3
    """Adam's learning rate for the critic."""
    value_iterations: int = jd.static(default=20)
    """Gradient steps on the critic per update."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_positive(self, "value_learning_rate", "value_iterations")
