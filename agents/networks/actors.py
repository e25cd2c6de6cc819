"""Policies: from what a network says to a distribution over the actions of a space."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments import spaces
from jax import Array

import jaxdist as jd
from agents.experience.environments import Environment, parts
from agents.networks.layers import Network, Params, mlp

Actor = Network[jd.Distribution]

KINDS = ("auto", "bernoulli", "beta", "normal", "squashed", "tanh-normal")
"""Families of policies: `auto` is Categorical for choices and Normal for boxes."""

LOG_SCALE_BOUNDS = (-5.0, 2.0)
"""Between which a network may choose the logarithm of a scale."""


class Head(NamedTuple):
    """Turns numbers into a distribution.

    Attributes:
      size: how many numbers a network has to give.
      free: the first values of the numbers that are parameters, whatever the observation.
      distribution: from `[..., size]` and free numbers to a distribution of batch shape `[...]`.
    """

    size: int
    free: tuple[float, ...]
    distribution: Callable[[Array, Array], jd.Distribution]


def actor(
    env: Environment,
    hidden_sizes: Sequence[int],
    activation: str,
    kind: str = "auto",
    input_size: int | None = None,
) -> Actor:
    """The policy that suits an environment's actions: a multilayer perceptron under a head.

    Args:
      env: the environment.
      hidden_sizes: the widths of the hidden layers.
      activation: a key of `networks.ACTIVATIONS`.
      kind: one of `KINDS`.
      input_size: what the actor looks at, beginning with the mask of actions if there is one; the
        environment's observation, if not given.

    Returns:
      The actor; where the environment masks actions, those that are not possible have probability
      0. Actions of a Dict or Tuple space are drawn independently of each other.

    Raises:
      ValueError: the space has no policy of this kind.
    """
    head = head_for(env, kind)
    sizes = (input_size or env.observation_size, *hidden_sizes, head.size)
    network = mlp(sizes, activation, final_scale=0.01)

    def init(key: Array) -> Params:
        return {"network": network.init(key), "free": jnp.asarray(head.free, jnp.float32)}

    def apply(params: Params, s: Array) -> jd.Distribution:
        return head.distribution(network.apply(params["network"], s), params["free"])

    return _masked(Network(init, apply), env.mask_size)


def head_for(env: Environment, kind: str = "auto") -> Head:
    """The head of a policy for an environment, without its mask.

    Args:
      env: the environment.
      kind: one of `KINDS`.

    Returns:
      The head.

    Raises:
      ValueError: the space has no policy of this kind.
    """
    if env.mask_size and kind != "auto":
        raise ValueError(f"distribution '{kind}' cannot mask the actions of {env.name}")
    return _head(env.action_space, kind)


def is_bounded(space: spaces.Box) -> bool:
    """Whether a box ends in all directions."""
    return bool(np.all(np.isfinite(_bounds(space))))


def onto_box(space: spaces.Box) -> jd.AffineTransform:
    """The map from [-1, 1] in every coordinate onto a bounded box."""
    low, high = _bounds(space)
    return jd.AffineTransform((low + high) / 2, (high - low) / 2)


def mask_logits(logits: Array, mask: Array) -> Array:
    """Minus infinity where an action is not possible.

    Args:
      logits: `[..., num_actions]`.
      mask: 1 where an action is possible, else 0; of the same shape.
    """
    return jnp.where(mask > 0.5, logits, -jnp.inf)


def _masked(actor: Actor, mask_size: int) -> Actor:
    if not mask_size:
        return actor

    def apply(params: Params, s: Array) -> jd.Distribution:
        logits: Array = actor.apply(params, s).logits  # type: ignore[attr-defined]
        return jd.Categorical(logits=mask_logits(logits, s[..., :mask_size]))

    return Network(actor.init, apply)


def _head(space: spaces.Space, kind: str) -> Head:
    within = parts(space)
    if within is not None:
        return _joint_head(within, kind)
    if isinstance(space, spaces.Discrete):
        return _discrete_head(space, kind)
    return _box_head(space, kind)


def _joint_head(within: Any, kind: str) -> Head:
    """One head beside the other; each reads its share of the numbers."""
    heads = [_head(space, "auto" if _ill_suited(space, kind) else kind) for space in _list(within)]
    sizes, frees = [head.size for head in heads], [len(head.free) for head in heads]

    def distribution(x: Array, free: Array) -> jd.Distribution:
        shares = zip(_split(x, sizes), _split(free, frees), strict=True)
        many = [head.distribution(*share) for head, share in zip(heads, shares, strict=True)]
        tree = dict(zip(within, many, strict=True)) if isinstance(within, dict) else tuple(many)
        return jd.Joint(tree)

    return Head(sum(sizes), tuple(number for head in heads for number in head.free), distribution)


def _discrete_head(space: spaces.Discrete, kind: str) -> Head:
    """Categorical(logits = x), or Bernoulli(logits = x) over the actions 0 and 1."""
    if _ill_suited(space, kind):
        raise ValueError(f"distribution '{kind}' is not one over {space}; take 'auto'")
    if kind == "bernoulli":
        return Head(1, (), lambda x, _: jd.Bernoulli(logits=jnp.squeeze(x, -1)))
    return Head(space.n, (), lambda x, _: jd.Categorical(logits=x))


def _box_head(space: spaces.Box, kind: str) -> Head:
    """Independent along each coordinate.

    Normal(x, exp(free)); the scale does not look at the observation. Tanh-normal is the same,
    squashed into the box. Squashed is so too, Normal(x_1, exp(x_2)), with a scale that does look
    (Haarnoja et al. 2018, appendix C). Beta(1 + softplus(x_1), 1 + softplus(x_2)), stretched to
    the box, has a single peak inside it.
    """
    if _ill_suited(space, kind):
        raise ValueError(f"distribution '{kind}' is not one over {space}; take 'auto'")
    size = math.prod(space.shape)
    if kind in ("beta", "squashed", "tanh-normal") and not is_bounded(space):
        raise ValueError(f"distribution '{kind}' needs a bounded box; got {space}")

    def normal(x: Array, free: Array) -> jd.Distribution:
        return _over(space, jd.Normal(_shaped(space, x), log_scale=free.reshape(space.shape)))

    def tanh_normal(x: Array, free: Array) -> jd.Distribution:
        inside = jd.TanhNormal(_shaped(space, x), log_scale=free.reshape(space.shape))
        return _over(space, jd.TransformedDistribution(inside, onto_box(space)))

    def squashed(x: Array, _: Array) -> jd.Distribution:
        loc, log_scale = (_shaped(space, y) for y in jnp.split(x, 2, -1))
        inside = jd.TanhNormal(loc, log_scale=jnp.clip(log_scale, *LOG_SCALE_BOUNDS))
        return _over(space, jd.TransformedDistribution(inside, onto_box(space)))

    def beta(x: Array, _: Array) -> jd.Distribution:
        first, second = (1 + jax.nn.softplus(_shaped(space, y)) for y in jnp.split(x, 2, -1))
        low, high = _bounds(space)
        onto = jd.AffineTransform(low, high - low)
        return _over(space, jd.TransformedDistribution(jd.Beta(first, second), onto))

    if kind in ("beta", "squashed"):
        return Head(2 * size, (), beta if kind == "beta" else squashed)
    return Head(size, (0.0,) * size, tanh_normal if kind == "tanh-normal" else normal)


def _ill_suited(space: spaces.Space, kind: str) -> bool:
    """Whether a kind of policy is not one over a simple space."""
    if isinstance(space, spaces.Discrete):
        return kind != "auto" and not (kind == "bernoulli" and space.n == 2)
    return isinstance(space, spaces.Box) and kind == "bernoulli"


def _bounds(space: spaces.Box) -> tuple[np.ndarray, np.ndarray]:
    low, high = np.broadcast_arrays(space.low, space.high, np.empty(space.shape))[:2]
    return low.astype(np.float32), high.astype(np.float32)


def _shaped(space: spaces.Box, x: Array) -> Array:
    return x.reshape(*x.shape[:-1], *space.shape)


def _over(space: spaces.Box, distribution: jd.Distribution) -> jd.Distribution:
    return jd.Independent(distribution, len(space.shape))


def _list(within: Any) -> list[spaces.Space]:
    return list(within.values()) if isinstance(within, dict) else list(within)


def _split(x: Array, sizes: Sequence[int]) -> list[Array]:
    return jnp.split(x, np.cumsum(sizes)[:-1], axis=-1)
