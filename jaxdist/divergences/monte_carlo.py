"""Monte Carlo estimates of divergences, for pairs without a closed form."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.constraints import Range
from jaxdist.distribution import Distribution
from jaxdist.divergences.registry import common_batch_shape
from jaxdist.divergences.supports import contains_support
from jaxdist.precision import narrow, widen
from jaxdist.special import expm1mx
from jaxdist.validation import Shape, check_key


class KLEstimate(NamedTuple):
    """A Monte Carlo estimate of a divergence.

    Attributes:
      estimate: the estimate, shape: the batch shape.
      standard_error: its standard error, of the same shape.
    """

    estimate: Array
    standard_error: Array


def monte_carlo_kl(p: Distribution, q: Distribution, key: Array, num_samples: int) -> KLEstimate:
    r"""Estimate a divergence from draws of p.

    .. math:: KL(p \| q) = E_p[(r - 1) - \log r], \quad r = q(x) / p(x)

    Each term is non-negative, and close to 0 where p and q agree. The estimate is unbiased because
    E_p[r] = 1, unless q has mass outside p's support: if the bounds of the supports show this,
    :math:`-\log r` is averaged instead. The gradient is unbiased too: pathwise if p has
    `has_rsample`, by the score function otherwise.

    Args:
      p: the distribution to draw from.
      q: another one, with the same event shape.
      key: a PRNG key.
      num_samples: number of draws, at least 2.

    Returns:
      The estimate and its standard error; shape: both batch shapes broadcast together. Both are
      infinite if a draw has probability 0 under q.

    Raises:
      ValueError: if the event shapes differ, the batch shapes do not broadcast, or `num_samples`
        is below 2.

    References:
      Schulman 2020, "Approximating KL divergence" (the estimator k3);
      Foerster et al. 2018, "DiCE" (the weight that carries the score).
    """
    if num_samples < 2:
        raise ValueError(f"monte_carlo_kl: num_samples must be at least 2; got {num_samples}")
    return _estimate(p, q, check_key(key), num_samples, common_batch_shape(p, q))


@functools.partial(jax.jit, static_argnums=(3, 4))
def _estimate(
    p: Distribution, q: Distribution, key: Array, num_samples: int, shape: Shape
) -> KLEstimate:
    dtype = jnp.result_type(p.dtype, q.dtype)
    p, q = (widen(d).expand(shape) for d in (p, q))
    draw = p.rsample_and_log_prob if p.has_rsample else p.sample_and_log_prob
    x, log_p = draw(key, num_samples)
    log_ratio = q.log_prob(x) - log_p
    possible = log_ratio > -math.inf
    log_ratio = jnp.where(possible, log_ratio, 0)
    terms = jnp.where(_has_mass_outside(q, p), -log_ratio, expm1mx(log_ratio))
    if not p.has_rsample:
        terms = terms * jnp.exp(log_p - lax.stop_gradient(log_p))
    is_finite = jnp.all(possible, 0)
    mean = jnp.where(is_finite, jnp.mean(terms, 0), math.inf)
    error = jnp.std(lax.stop_gradient(terms), 0, ddof=1) / math.sqrt(num_samples)
    error = jnp.where(is_finite, error, math.inf)
    return KLEstimate(narrow(mean, dtype), narrow(error, dtype))


def _has_mass_outside(q: Distribution, p: Distribution) -> Array:
    """Return where the bounds of the supports show that q has mass outside p's support."""
    if isinstance(q.support, Range) and isinstance(p.support, Range):
        return ~contains_support(p, q)
    return jnp.array(False)
