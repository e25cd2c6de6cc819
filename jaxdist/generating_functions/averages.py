"""Averages of exponentials, without cancellation where they are nearly 1, and without overflow."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxdist.special import Probability, expm1, masked_logsumexp, softplus

_LARGE = 60.0  # the exponential is finite, and 1 is below its rounding


def log_average_of_exponentials(log_weights: Array, x: Array) -> Array:
    r"""Return :math:`\log \sum_k w_k e^{x_k}`, by the differences from 1 if all are small.

    Args:
      log_weights: logarithms of weights that sum to 1, shape `(..., n)`; `-inf` for none.
      x: shape `(..., n)`; may be infinite.

    Returns:
      Shape `(...)`; infinite where any x of a positive weight is.
    """
    possible = log_weights > -math.inf
    infinite = jnp.any(possible & (x == math.inf), -1)
    x = jnp.where(possible & (x != math.inf), x, 0)
    small = x <= _LARGE
    more = jnp.sum(jnp.exp(log_weights) * expm1(jnp.where(small, x, 0)), -1)
    near = jnp.all(small, -1) & (more > -0.5)
    by_difference = jnp.log1p(jnp.where(near, more, 0))
    by_sum = masked_logsumexp(log_weights + jnp.where(near[..., None], 0, x))
    return jnp.where(infinite, math.inf, jnp.where(near, by_difference, by_sum))


def log_average_of_trial(trial: Probability, x: Array) -> Array:
    r"""Return :math:`\log(q + p e^x)`, for a trial that succeeds with probability p = 1 - q.

    For x < 0 and p > 1/2 the difference from 1 would cancel: it is that from :math:`e^x` if x is
    small, otherwise the sum.

    Args:
      trial: p, q and their logarithms.
      x: any shape broadcastable with these; may be infinite.
    """
    likely = (x < 0) & (trial.x > 0.5)
    flipped = likely & (x > -1)
    prob = jnp.where(flipped, trial.y, trial.x)
    size = jnp.where(flipped, -x, jnp.where(likely, 0, x))
    of_small = jnp.log1p(prob * expm1(jnp.minimum(size, _LARGE)))
    of_small += jnp.where(flipped, x, 0)
    large = (x > _LARGE) & (trial.log_x > -math.inf)
    of_large = softplus(jnp.where(large, trial.log_x + x, 0))
    summed = likely & ~flipped
    of_sum = jnp.logaddexp(trial.log_y, trial.log_x + jnp.where(summed, x, 0))
    return jnp.where(large, of_large, jnp.where(summed, of_sum, of_small))


def average_of_exponentials(log_weights: Array, x: Array) -> Array:
    r"""Return :math:`\sum_k w_k e^{i x_k}`, for weights given by their logarithms.

    Args:
      log_weights: shape `(..., n)`.
      x: shape `(..., n)`.
    """
    return jnp.sum(polar(log_weights, x), -1)


def polar(log_modulus: Array, angle: Array) -> Array:
    """Return complex numbers with the given logarithms of moduli, and angles in radians.

    Where the modulus is 0, the angle may overflow.
    """
    modulus = jnp.exp(log_modulus)
    angle = jnp.where(modulus > 0, angle, 0)
    return modulus * jnp.cos(angle) + 1j * (modulus * jnp.sin(angle))


def infinite_outside(inside: Array, x: Array, formula: Callable[[Array], Array]) -> Array:
    """Return a function of x where it converges, and infinity elsewhere, with gradient 0.

    Args:
      inside: where it converges, the shape of `x`.
      x: numbers.
      formula: the function, which is finite at 0.
    """
    return jnp.where(inside, formula(jnp.where(inside, x, 0)), math.inf)
