r"""Density and tails of the noncentral beta distribution, as Poisson mixtures of beta ones.

.. math:: p(x) = \sum_j \frac{e^{-\mu} \mu^j}{j!}\, p_{a + j, b}(x), \quad
          P(X \le x) = \sum_j \frac{e^{-\mu} \mu^j}{j!}\, I_x(a + j, b), \quad \mu = \lambda / 2

All terms are positive. As functions of j they are log-concave, and at most as wide as a Poisson
distribution: the sums are over the integers where these are few, or else over fewer real j at even
distances, which is as exact.
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.special.beta_density import log_beta_kernel
from jaxdist.special.beta_tails import Probability, log_beta_cdf
from jaxdist.special.gamma_density import poisson_log_prob

_SMALLEST = 8.0  # in units of the smallest normal number; below it, the density is a power of x
_NUMBER = 96  # of terms in float32
_FARTHEST = 10.0  # standard deviations between the mean of j and the largest term of a common tail


def noncentral_beta_log_kernel(at: Probability, a: Array, b: Array, rate: Array) -> Array:
    """Evaluate the logarithm of x (1 - x) times the density at x.

    Args:
      at: x and 1 - x, of one shape and dtype with the others.
      a: positive.
      b: positive.
      rate: non-negative mean μ of j.
    """
    rate = _positive(rate)
    center, spread = lax.stop_gradient(_largest_term(at, a, b, a, rate))

    least = _SMALLEST * jnp.finfo(rate.dtype).tiny
    x, y = (jnp.maximum(v, least) for v in (at.x, at.y))
    below, above = (jnp.minimum(v - jnp.log(least), 0) for v in (at.log_x, at.log_y))

    def log_term(j: Array) -> Array:
        return poisson_log_prob(j, rate) + log_beta_kernel(a + j, b, x, y)

    return _log_sum(log_term, center, center, spread) + a * below + b * above


def noncentral_beta_log_tail(
    at: Probability, a: Array, b: Array, rate: Array
) -> tuple[Array, Array]:
    """Return whether the lower tail is evaluated at x, and the logarithm of the tail.

    Args:
      at: x and 1 - x, of one shape and dtype with the others.
      a: positive.
      b: positive.
      rate: non-negative mean μ of j.
    """
    rate = _positive(rate)
    is_lower = b * at.x < (a + rate) * at.y
    other_end = Probability(at.y, at.x, at.log_y, at.log_x)
    own = jax.tree.map(lambda v, w: jnp.where(is_lower, v, w), at, other_end)
    center, spread = lax.stop_gradient(_largest_term(at, a, b, a + 1, rate))
    reach = _FARTHEST * spread
    other = jnp.clip(lax.stop_gradient(rate), center - reach, center + reach)

    def log_term(j: Array) -> Array:
        shape, rest = jnp.where(is_lower, a + j, b), jnp.where(is_lower, b, a + j)
        return poisson_log_prob(j, rate) + log_beta_cdf(shape, rest, own)

    return is_lower, _log_sum(log_term, center, other, spread)


def _positive(rate: Array) -> Array:
    """Return the rate, or where it is 0 a tiny one, of whose logarithm there are derivatives."""
    return rate + 1e-30


def _largest_term(
    at: Probability, a: Array, b: Array, divisor: Array, rate: Array
) -> tuple[Array, Array]:
    r"""Return the j of the largest term, and its spread in j.

    It solves :math:`(j + 1) (c + j) = \mu x\, (a + b + j)`, for c the `divisor`: the ratio of two
    terms is 1 there.
    """
    scaled = rate * at.x
    linear, constant = divisor + 1 - scaled, divisor - scaled * (a + b)
    root = jnp.sqrt(jnp.maximum(linear**2 - 4 * constant, 0))
    of_positive = -2 * constant / jnp.maximum(root + linear, jnp.finfo(rate.dtype).tiny)
    center = jnp.maximum(jnp.where(linear > 0, of_positive, (root - linear) / 2), 0)
    precision = 1 / (center + 1) + 1 / (center + divisor) - 1 / (center + a + b)
    return center, 1 / jnp.sqrt(precision)


def _log_sum(
    log_term: Callable[[Array], Array], center: Array, other: Array, spread: Array
) -> Array:
    """Sum terms over all j.

    Args:
      log_term: their logarithms.
      center: the j of a large term.
      other: another one: the largest term is between them.
      spread: how wide the terms are in j, at most.
    """
    is_single = jnp.finfo(center.dtype).eps > 1e-10
    number, deviations, least = (_NUMBER, 6, 12) if is_single else (2 * _NUMBER, 9, 30)
    reach = deviations * spread + least
    low = jnp.maximum(jnp.floor(jnp.minimum(center, other) - reach), 0)
    stride = jnp.maximum((jnp.maximum(center, other) + reach - low) / (number - 1), 1)
    largest = lax.stop_gradient(jnp.maximum(log_term(center), log_term(other)))
    total = weighted_sum(
        lambda step: jnp.exp(log_term(low + stride * step) - largest),
        np.ones(number),
        np.arange(number),
        dtype=center.dtype,
    )
    return largest + jnp.log(stride * total)
