"""What is computed from divergences, and what stands in for them."""

from __future__ import annotations

import functools
import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.constraints import Range
from jaxdist.distribution import Distribution
from jaxdist.divergences.registry import common_batch_shape, kl_divergence
from jaxdist.divergences.terms import covers
from jaxdist.precision import narrow, widen
from jaxdist.special import expm1mx
from jaxdist.validation import Shape, check_key


class KLEstimate(NamedTuple):
    """An estimate of a divergence, and its standard error, both of the batch shape."""

    estimate: Array
    standard_error: Array


def cross_entropy(p: Distribution, q: Distribution) -> Array:
    r"""Cross-entropy of q relative to p, in nats: the mean code length of p's draws in q's code.

    .. math:: H(p, q) = -E_p[\log q(x)] = H(p) + KL(p \| q)

    Args:
      p: the distribution that the expectation is over.
      q: another one, with the same event shape.

    Returns:
      Shape: both batch shapes broadcast together; infinite where the divergence is.

    Raises:
      ValueError: if the event shapes differ, or the batch shapes do not broadcast.
      NotImplementedError: if the entropy or the divergence has no closed form.
    """
    common_batch_shape(p, q)
    wide_p, wide_q = widen(p), widen(q)
    value = wide_p.entropy() + kl_divergence(wide_p, wide_q)
    return narrow(value, jnp.result_type(p.dtype, q.dtype))


def monte_carlo_kl(p: Distribution, q: Distribution, key: Array, num_samples: int) -> KLEstimate:
    r"""Estimate a divergence from draws of p.

    .. math:: KL(p \| q) = E_p[(r - 1) - \log r], \quad r = q(x) / p(x)

    Each term is non-negative and close to 0 where p and q agree. The mean of r is 1, and with it
    the estimate unbiased, unless q has mass where p has none: where the bounds of the supports
    tell so, :math:`-\log r` is averaged instead. The derivatives are unbiased too: through the
    draws where p has pathwise derivatives, else by the score function.

    Args:
      p: the distribution to draw from.
      q: another one, with the same event shape.
      key: a PRNG key.
      num_samples: how many draws, at least 2.

    Returns:
      The estimate and its standard error; shape: both batch shapes broadcast together.

    Raises:
      ValueError: if the event shapes differ, the batch shapes do not broadcast, or there are too
        few draws.

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
    covered = log_ratio > -math.inf
    log_ratio = jnp.where(covered, log_ratio, 0)
    terms = jnp.where(_reaches_beyond(q, p), -log_ratio, expm1mx(log_ratio))
    if not p.has_rsample:
        terms = terms * jnp.exp(log_p - lax.stop_gradient(log_p))
    everywhere = jnp.all(covered, 0)
    mean = jnp.where(everywhere, jnp.mean(terms, 0), math.inf)
    error = jnp.std(lax.stop_gradient(terms), 0, ddof=1) / math.sqrt(num_samples)
    error = jnp.where(everywhere, error, math.inf)
    return KLEstimate(narrow(mean, dtype), narrow(error, dtype))


def _reaches_beyond(q: Distribution, p: Distribution) -> Array:
    """Tell where the support of q is known to exceed that of p."""
    if isinstance(q.support, Range) and isinstance(p.support, Range):
        return ~covers(p, q)
    return jnp.array(False)
