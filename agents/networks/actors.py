"""Actors: networks from observations to distributions over actions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

import jaxdist as jd

from ..experience.environment import Environment
from ..experience.spaces import Box, Discrete, Space, bounds, box_transform, is_bounded, subspaces
from .layers import Network, Params, mlp
from .residual import residual
from .state_dependent import VARIANCE, StateDependent, featured
from .torsos import make_torso


class HeadedActor(NamedTuple):
    """An actor of two parts: a network, and a head without parameters of the network.

    Attributes:
      network: from observations `[..., input_size]` to the input of the head.
      head: function from the input of the head, the free parameters and the observations to a
        distribution.
      free: the initial values of parameters that do not depend on the observation.
    """

    network: Network[Array]
    head: Callable[[Array, Array, Array], jd.Distribution]
    free: tuple[float, ...]

    def init(self, key: Array) -> Params:
        """The initial parameters: those of the `"network"` and the `"free"` ones."""
        # XLA of jaxlib 0.11 crashes if a constant without elements is mapped over several devices.
        free = jnp.asarray(self.free, jnp.float32) if self.free else jnp.zeros(0, jnp.float32)
        return {"network": self.network.init(key), "free": free}

    def apply(self, params: Params, s: Array) -> jd.Distribution:
        """The distribution over actions."""
        return self.head(self.network.apply(params["network"], s), params["free"], s)


Actor = Network[jd.Distribution] | HeadedActor
"""From observations to distributions over actions."""

PolicyDistribution = Literal["auto", "bernoulli", "beta", "normal", "squashed", "tanh-normal"]
"""Distributions of a policy: `auto` is Categorical for discrete actions and Normal for boxes."""

LOG_SCALE_BOUNDS = (-5.0, 2.0)
"""Bounds of the log-scale that the network of a squashed policy gives."""


class Head(NamedTuple):
    """Map from the output of a network to a distribution.

    Attributes:
      size: the length of the network's output.
      free: the initial values of parameters that do not depend on the observation.
      distribution: function from the output `[..., size]` and the free parameters to a distribution
        of batch shape `[...]`.
    """

    size: int
    free: tuple[float, ...]
    distribution: Callable[[Array, Array], jd.Distribution]


def make_actor(
    env: Environment,
    hidden_sizes: Sequence[int],
    activation: str,
    distribution: str = "auto",
    input_size: int | None = None,
    channels: Sequence[int] = (),
    blocks: bool = False,
    state_dependent: bool = False,
) -> HeadedActor:
    """A multilayer perceptron with a head for the environment's actions.

    Actions that the environment masks have probability 0. The actions of a Dict or Tuple space are
    independent of each other.

    Args:
      env: the environment.
      hidden_sizes: the widths of the hidden layers.
      activation: a key of `layers.ACTIVATIONS`.
      distribution: one of `PolicyDistribution`.
      input_size: the length of the input, which begins with the mask of actions if there is one;
        that of an observation if not given.
      channels: the channels of convolutions before the hidden layers; see `make_torso`.
      blocks: whether the hidden layers are those of `residual`, and there are no convolutions.
      state_dependent: whether the noise of actions is `StateDependent`, on the features of the last
        hidden layer or, without one, of the input; there are no blocks.

    Raises:
      ValueError: the distribution does not support the action space.
    """
    if state_dependent:
        return _state_dependent_actor(
            env, hidden_sizes, activation, distribution, input_size, channels
        )
    head = make_head(env, distribution)
    sizes = (*hidden_sizes, head.size)
    if blocks:
        network = residual((env.observation_size, *sizes), activation, final_scale=0.01)
    elif input_size is None:
        network = make_torso(env, channels, sizes, activation, final_scale=0.01)
    else:
        network = mlp((input_size, *sizes), activation, final_scale=0.01)

    def distribution_of(x: Array, free: Array, s: Array) -> jd.Distribution:
        if env.mask_size:
            x = mask_logits(x, s[..., : env.mask_size])
        return head.distribution(x, free)

    return HeadedActor(network, distribution_of, head.free)


def check_state_dependent(env: Environment, distribution: str) -> None:
    """Check that the noise of a policy can depend on the state (`ValueError`)."""
    if not isinstance(env.action_space, Box):
        raise ValueError(
            f"state-dependent noise needs actions in a box; those of {env.name} are "
            f"{env.action_space}"
        )
    if distribution not in ("auto", "normal", "tanh-normal"):
        raise ValueError(
            "state-dependent noise needs the distribution normal or tanh-normal; got "
            f"'{distribution}'"
        )


def make_head(env: Environment, distribution: str = "auto") -> Head:
    """The head for an environment's actions, without its mask.

    Args:
      env: the environment.
      distribution: one of `PolicyDistribution`.

    Raises:
      ValueError: the distribution is not one over the action space.
    """
    if env.mask_size and distribution != "auto":
        raise ValueError(f"distribution '{distribution}' cannot mask the actions of {env.name}")
    return _head(env.action_space, distribution)


def mask_logits(logits: Array, mask: Array) -> Array:
    """Minus infinity where an action is not possible.

    Args:
      logits: `[..., num_actions]`.
      mask: 1 where an action is possible, else 0; of the same shape.
    """
    return jnp.where(mask > 0.5, logits, -jnp.inf)


def _state_dependent_actor(
    env: Environment,
    hidden_sizes: Sequence[int],
    activation: str,
    distribution: str,
    input_size: int | None,
    channels: Sequence[int],
) -> HeadedActor:
    """An actor with `StateDependent` noise; its free parameters are the log-scales of the noise.

    At first an action has the variance of the mean square of its features. The gradient of the
    noise does not reach the features, as in the paper.
    """
    check_state_dependent(env, distribution)
    space, gain = env.action_space, math.sqrt(2)
    num_actions = math.prod(space.shape)
    if input_size is None:
        input_size = env.observation_size
        torso = make_torso(env, channels, hidden_sizes, activation, gain) if hidden_sizes else None
    else:
        torso = mlp((input_size, *hidden_sizes), activation, gain) if hidden_sizes else None
    width = hidden_sizes[-1] if hidden_sizes else input_size

    def distribution_of(x: Array, free: Array, _: Array) -> jd.Distribution:
        loc, features = jnp.split(x, [num_actions], axis=-1)
        features, scale = jax.lax.stop_gradient(features), jnp.exp(free.reshape(width, -1))
        stddev = jnp.sqrt(features**2 @ scale**2 + VARIANCE)
        loc, stddev = _reshape(space, loc), _reshape(space, stddev)
        one_action = box_normal(space, distribution, loc, scale=stddev)
        return StateDependent(one_action, features, scale)

    free = (-0.5 * math.log(width),) * (width * num_actions)
    network = featured(torso, width, num_actions, activation)
    return HeadedActor(network, distribution_of, free)


def _head(space: Space, name: str) -> Head:
    children = subspaces(space)
    if children is not None:
        return _joint_head(children, name)
    if not _is_supported(space, name):
        raise ValueError(
            f"distribution '{name}' does not support the action space {space}; use 'auto'"
        )
    if isinstance(space, Discrete):
        return _discrete_head(space, name)
    assert isinstance(space, Box)
    return _box_head(space, name)


def _joint_head(children: Any, name: str) -> Head:
    """One head per space, side by side; those that do not support the distribution take `auto`."""
    leaves = list(children.values()) if isinstance(children, dict) else list(children)
    heads = [_head(space, name if _is_supported(space, name) else "auto") for space in leaves]
    sizes, num_free = [head.size for head in heads], [len(head.free) for head in heads]

    def distribution(x: Array, free: Array) -> jd.Distribution:
        inputs = zip(_split(x, sizes), _split(free, num_free), strict=True)
        each = [head.distribution(*pair) for head, pair in zip(heads, inputs, strict=True)]
        is_dict = isinstance(children, dict)
        return jd.Joint(dict(zip(children, each, strict=True)) if is_dict else tuple(each))

    return Head(sum(sizes), tuple(number for head in heads for number in head.free), distribution)


def _discrete_head(space: Discrete, name: str) -> Head:
    """Categorical(logits = x), or Bernoulli(logits = x) over the actions 0 and 1."""
    if name == "bernoulli":
        return Head(1, (), lambda x, _: jd.Bernoulli(logits=jnp.squeeze(x, -1)))
    return Head(space.n, (), lambda x, _: jd.Categorical(logits=x))


def _box_head(space: Box, name: str) -> Head:
    """Distributions of independent coordinates.

    normal: Normal(x, exp(free)), whose scale does not depend on the observation. tanh-normal: the
    same, squashed into the box. squashed: Normal(x_1, exp(x_2)) squashed into the box, whose scale
    depends on the observation (Haarnoja et al. 2018, appendix C). deterministic: tanh(x), scaled to
    the box. beta: Beta(1 + softplus(x_1), 1 + softplus(x_2)) scaled to the box, which has a single
    mode inside it.
    """
    size = math.prod(space.shape)
    if name in ("beta", "deterministic", "squashed", "tanh-normal") and not is_bounded(space):
        raise ValueError(f"distribution '{name}' needs a bounded box; got {space}")

    def normal(x: Array, free: Array) -> jd.Distribution:
        loc, log_scale = _reshape(space, x), _reshape(space, free)
        return box_normal(space, name, loc, log_scale=log_scale)

    def squashed(x: Array, _: Array) -> jd.Distribution:
        loc, log_scale = (_reshape(space, y) for y in jnp.split(x, 2, -1))
        return box_normal(space, name, loc, log_scale=jnp.clip(log_scale, *LOG_SCALE_BOUNDS))

    def beta(x: Array, _: Array) -> jd.Distribution:
        alpha, beta = (1 + jax.nn.softplus(_reshape(space, y)) for y in jnp.split(x, 2, -1))
        low, high = bounds(space)
        scaling = jd.AffineTransform(low, high - low)
        return _independent(space, jd.TransformedDistribution(jd.Beta(alpha, beta), scaling))

    def deterministic(x: Array, _: Array) -> jd.Distribution:
        return _independent(space, jd.Delta(box_transform(space)(jnp.tanh(_reshape(space, x)))))

    if name == "deterministic":
        return Head(size, (), deterministic)
    if name in ("beta", "squashed"):
        return Head(2 * size, (), beta if name == "beta" else squashed)
    return Head(size, (0.0,) * size, normal)


def box_normal(space: Box, name: str, loc: Array, **scale: Any) -> jd.Distribution:
    """Normal(loc, scale) in every coordinate, squashed into the box unless the name is "normal".

    Args:
      space: the box.
      name: one of `DISTRIBUTIONS`, but for "bernoulli" and "beta".
      loc: `[..., *shape of the box]`.
      **scale: `scale` or `log_scale`, broadcastable with `loc`.
    """
    if name not in ("squashed", "tanh-normal"):
        return _independent(space, jd.Normal(loc, **scale))
    unit = jd.TanhNormal(loc, **scale)
    return _independent(space, jd.TransformedDistribution(unit, box_transform(space)))


def _is_supported(space: Space, name: str) -> bool:
    """Whether a distribution is one over a space; all are over a Dict or Tuple."""
    if isinstance(space, Discrete):
        return name == "auto" or (name == "bernoulli" and space.n == 2)
    return not (isinstance(space, Box) and name == "bernoulli")


def _reshape(space: Box, x: Array) -> Array:
    return x.reshape(*x.shape[:-1], *space.shape)


def _independent(space: Box, distribution: jd.Distribution) -> jd.Distribution:
    return jd.Independent(distribution, len(space.shape))


def _split(x: Array, sizes: Sequence[int]) -> list[Array]:
    return jnp.split(x, np.cumsum(sizes)[:-1], axis=-1)
