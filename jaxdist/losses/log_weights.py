"""The weights of draws from a guide, which the bounds of several draws share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.arguments import as_integer, check_callable, check_key
from jaxdist.distribution import Distribution, require_distribution

LogJoint = Callable[[Any], ArrayLike]


def stop(tree: Any) -> Any:
    """Return a tree whose arrays have no derivatives."""
    return jax.tree.map(lax.stop_gradient, tree)


def as_scalar(owner: str, value: ArrayLike) -> Array:
    """Return a log-probability as an array, or raise a ValueError unless it is one number."""
    array = jnp.asarray(value)
    if array.shape:
        raise ValueError(
            f"{owner}: log_joint must return one number for a draw; got shape {array.shape}. Sum "
            "the log-probabilities of independent parts, and use jax.vmap for a batch of losses"
        )
    return array


class WeightedDraws(NamedTuple):
    """K draws from a guide, with log-probabilities of shape `(K,)`.

    Attributes:
      log_joint: log p(x, z).
      log_guide: log q(z).
    """

    log_joint: Array
    log_guide: Array


def weighted_draws(
    owner: str,
    log_joint: LogJoint,
    guide: Distribution,
    key: Array,
    num_samples: int,
    *,
    pathwise: bool = False,
    minimum: int = 1,
) -> WeightedDraws:
    """Draw from a guide and evaluate the log-probabilities.

    Args:
      owner: name of the loss, for errors.
      log_joint: function of a draw.
      guide: the distribution to draw from.
      key: a PRNG key.
      num_samples: number K of draws.
      pathwise: whether draws have derivatives.
      minimum: the smallest valid K.
    """
    check_callable(owner, "log_joint", log_joint)
    require_distribution(guide, "guide")
    as_integer(owner, "num_samples", num_samples, minimum=minimum)
    draw = guide.rsample if pathwise else guide.sample
    z = jax.vmap(draw)(jax.random.split(check_key(key), num_samples))

    def evaluate(z: Any) -> tuple[Array, Array]:
        return as_scalar(owner, log_joint(z)), jnp.sum(guide.log_prob(z))

    return WeightedDraws(*jax.vmap(evaluate)(z))
