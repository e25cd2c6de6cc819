r"""Divergences by the expected log-density of q.

.. math:: KL(p \| q) = -H(p) - E_p[\log q(x)]

The log-density of q is a linear combination of a few functions of x, whose expected values under p
have closed forms: x and its square, and those of `expected_values`.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.divergences.expected_values import (
    expected_distance,
    expected_log,
    expected_log_complement,
    log_expected_exp,
)
from jaxdist.divergences.supports import infinite_outside_support
from jaxdist.families.interval.beta import Beta
from jaxdist.families.interval.continuous_bernoulli import ContinuousBernoulli
from jaxdist.families.interval.truncated_normal import (
    TruncatedNormal,
    truncated_normal_cross_entropy,
)
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.normal import Normal
from jaxdist.special import lbeta, lgamma


def expected_log_ratio(p: Distribution, q: Distribution) -> Array:
    r"""Divergence as the expected log-ratio, :math:`-H(p) - E_p[\log q(x)]`."""
    divergence = -p._entropy() - expected_log_prob(q, p)
    return infinite_outside_support(p, q, divergence)


@functools.singledispatch
def expected_log_prob(q: Distribution, p: Distribution) -> Array:
    r"""Expected log-density of q under p, :math:`E_p[\log q(x)]`.

    Args:
      q: the distribution whose log-density is evaluated; the function dispatches on its class.
      p: the distribution of x.

    Returns:
      Numbers of the shape of both batch shapes broadcast together; `-inf`, with gradient 0, where
      an expected value is infinite, and any number where p has mass outside q's support.
    """
    raise q._missing("the expected log-density")


def _where_finite(moment: Array, function: Callable[[Array], Array]) -> Array:
    """Apply a function to a moment; return `-inf`, with gradient 0, where that is infinite."""
    is_finite = jnp.isfinite(moment)
    return jnp.where(is_finite, function(jnp.where(is_finite, moment, 1)), -math.inf)


@expected_log_prob.register
def _(q: Normal, p: Distribution) -> Array:
    """Use the mean and the variance of p: the log-density is quadratic."""
    variance = p._variance()
    mean = jnp.where(jnp.isfinite(variance), p._mean(), 0)
    return _where_finite(
        variance, lambda variance: q._log_prob(mean) - (jnp.sqrt(variance) / q.scale) ** 2 / 2
    )


@expected_log_prob.register
def _(q: TruncatedNormal, p: TruncatedNormal) -> Array:
    """Use the mean and the variance of p: the log-density is quadratic."""
    return -truncated_normal_cross_entropy(p, q)


@expected_log_prob.register(Exponential)
@expected_log_prob.register(ContinuousBernoulli)
def _(q: Exponential | ContinuousBernoulli, p: Distribution) -> Array:
    """Use the mean of p: the log-density is linear."""
    return _where_finite(p._mean(), q._log_prob)


@expected_log_prob.register
def _(q: Uniform, p: Distribution) -> Array:
    """Return the log-density, which is constant."""
    return -q._entropy()


@expected_log_prob.register
def _(q: Gamma, p: Distribution) -> Array:
    r"""Use the expected values of x and log x.

    .. math:: a \log r - \log \Gamma(a) + (a - 1) E_p[\log x] - r E_p[x]
    """
    a, rate = q.concentration, q.rate
    return _where_finite(
        p._mean(),
        lambda mean: a * jnp.log(rate) - lgamma(a) + (a - 1) * expected_log(p) - rate * mean,
    )


@expected_log_prob.register
def _(q: Pareto, p: Distribution) -> Array:
    r"""Use the expected value of log x.

    .. math:: \log \alpha + \alpha \log \mathrm{scale} - (\alpha + 1) E_p[\log x]
    """
    return jnp.log(q.alpha) + q.alpha * jnp.log(q.scale) - (q.alpha + 1) * expected_log(p)


@expected_log_prob.register
def _(q: Beta, p: Distribution) -> Array:
    r"""Use the expected values of log x and log(1 - x).

    .. math:: (a - 1) E_p[\log x] + (b - 1) E_p[\log(1 - x)] - \log B(a, b)
    """
    a, b = q.concentration1, q.concentration0
    return (a - 1) * expected_log(p) + (b - 1) * expected_log_complement(p) - lbeta(a, b)


@expected_log_prob.register
def _(q: Gumbel, p: Distribution) -> Array:
    r"""Use the expected values of x and of its exponential, which is infinite for heavy tails.

    .. math:: -E_p[z] - E_p[e^{-z}] - \log \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}
    """
    log_mean = log_expected_exp(p, q.loc, 1 / q.scale)
    is_finite = log_mean < math.inf
    mean = jnp.exp(jnp.where(is_finite, log_mean, 0))
    value = -(p._mean() - q.loc) / q.scale - mean - jnp.log(q.scale)
    return jnp.where(is_finite, value, -math.inf)


@expected_log_prob.register
def _(q: Laplace, p: Distribution) -> Array:
    r"""Use the expected distance from the location of q.

    .. math:: -E_p |x - \mathrm{loc}| / \mathrm{scale} - \log(2\, \mathrm{scale})
    """
    return -expected_distance(p, q.loc) / q.scale - jnp.log(2 * q.scale)
