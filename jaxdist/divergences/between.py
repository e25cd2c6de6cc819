r"""Divergences between families on the line.

.. math:: KL(p \| q) = -H(p) - E_p[\log q(x)]

The log-density of q is a combination of a few functions of x, and the table is made of their means
under p: of x and its square, log x, log(1 - x), |x - c| and exp(-x / s). Where the support of q
does not contain that of p the divergence is infinite.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.divergences.means import (
    log_mean_exp,
    mean_distance,
    mean_log,
    mean_log_complement,
)
from jaxdist.divergences.registry import infinite, register_kl
from jaxdist.divergences.terms import inside_support
from jaxdist.families.interval.beta import Beta
from jaxdist.families.interval.continuous_bernoulli import ContinuousBernoulli
from jaxdist.families.interval.kumaraswamy import Kumaraswamy
from jaxdist.families.interval.relaxed_bernoulli import RelaxedBernoulli
from jaxdist.families.interval.tanh_normal import TanhNormal
from jaxdist.families.interval.truncated_normal import TruncatedNormal
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.fisher_snedecor import FisherSnedecor
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.generalized_pareto import GeneralizedPareto
from jaxdist.families.positive.half_cauchy import HalfCauchy
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.positive.weibull import Weibull
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.normal import Normal
from jaxdist.families.real.student_t import StudentT
from jaxdist.special import lbeta, lgamma

ON_THE_LINE = (Normal, Laplace, Logistic, Gumbel, Cauchy, StudentT)
FROM_ZERO = (Exponential, Gamma, InverseGamma, LogNormal, Weibull, HalfNormal, HalfCauchy)
UPWARDS = (*FROM_ZERO, FisherSnedecor, Pareto)
ON_AN_INTERVAL = (Beta, Kumaraswamy, ContinuousBernoulli, RelaxedBernoulli)
BOUNDED = (*ON_AN_INTERVAL, Uniform, TanhNormal, TruncatedNormal)
ALL = (*ON_THE_LINE, *UPWARDS, *BOUNDED, GeneralizedPareto)

Classes = tuple[type[Distribution], ...]
Expectation = Callable[[Any, Any], Array]


def _register(from_: Classes, to: type[Distribution]) -> Callable[[Expectation], Expectation]:
    """Register divergences by a function that returns the mean under p of q's log-density."""

    def register(expectation: Expectation) -> Expectation:
        def divergence(p: Distribution, q: Distribution) -> Array:
            return inside_support(p, q, -p._entropy() - expectation(p, q))

        divergence.__doc__ = expectation.__doc__
        for type_p in from_:
            register_kl(type_p, to)(divergence)
        return expectation

    return register


def _where_finite(moment: Array, function: Callable[[Array], Array]) -> Array:
    """Apply a function to a moment, and return `-inf` with gradient 0 where that is infinite."""
    finite = jnp.isfinite(moment)
    return jnp.where(finite, function(jnp.where(finite, moment, 1)), -math.inf)


@_register(tuple(c for c in ALL if c is not Normal), Normal)
def _to_normal(p: Distribution, q: Normal) -> Array:
    """A quadratic function: by mean and variance."""
    variance = p._variance()
    mean = jnp.where(jnp.isfinite(variance), p._mean(), 0)
    return _where_finite(
        variance, lambda variance: q._log_prob(mean) - (jnp.sqrt(variance) / q.scale) ** 2 / 2
    )


@_register(
    tuple(c for c in (*UPWARDS, *BOUNDED, GeneralizedPareto) if c not in (Exponential, Gamma)),
    Exponential,
)
@_register(tuple(c for c in BOUNDED if c is not ContinuousBernoulli), ContinuousBernoulli)
def _to_exponential(p: Distribution, q: Exponential | ContinuousBernoulli) -> Array:
    """A linear function: its value at the mean."""
    return _where_finite(p._mean(), q._log_prob)


@_register(tuple(c for c in ALL if c is not Uniform), Uniform)
def _to_uniform(p: Distribution, q: Uniform) -> Array:
    """A constant."""
    return -q._entropy()


WITH_MEAN_LOG = (
    InverseGamma,
    LogNormal,
    Weibull,
    HalfNormal,
    HalfCauchy,
    Pareto,
    Uniform,
    Beta,
    Kumaraswamy,
)


@_register(WITH_MEAN_LOG, Gamma)
def _to_gamma(p: Distribution, q: Gamma) -> Array:
    """By the means of x and log(x)."""
    a, rate = q.concentration, q.rate
    return _where_finite(
        p._mean(), lambda mean: a * jnp.log(rate) - lgamma(a) + (a - 1) * mean_log(p) - rate * mean
    )


@_register((Uniform,), Pareto)
def _to_pareto(p: Distribution, q: Pareto) -> Array:
    """By the mean of log(x)."""
    return jnp.log(q.alpha) + q.alpha * jnp.log(q.scale) - (q.alpha + 1) * mean_log(p)


@_register((Uniform, Kumaraswamy), Beta)
def _to_beta(p: Distribution, q: Beta) -> Array:
    """By the means of log(x) and log(1 - x)."""
    a, b = q.concentration1, q.concentration0
    return (a - 1) * mean_log(p) + (b - 1) * mean_log_complement(p) - lbeta(a, b)


@_register((Normal, Laplace, Logistic, Exponential, Gamma, Uniform), Gumbel)
def _to_gumbel(p: Distribution, q: Gumbel) -> Array:
    """By the means of x and of its exponential, which is infinite for heavy tails."""
    log_mean = log_mean_exp(p, q.loc, 1 / q.scale)
    possible = log_mean < math.inf
    mean = jnp.exp(jnp.where(possible, log_mean, 0))
    value = -(p._mean() - q.loc) / q.scale - mean - jnp.log(q.scale)
    return jnp.where(possible, value, -math.inf)


@_register((Normal, Logistic, Exponential, Uniform), Laplace)
def _to_laplace(p: Distribution, q: Laplace) -> Array:
    """By the mean distance from the location of q."""
    return -mean_distance(p, q.loc) / q.scale - jnp.log(2 * q.scale)


for _below_all in (*ON_THE_LINE, *FROM_ZERO, *ON_AN_INTERVAL, FisherSnedecor, TanhNormal):
    register_kl(_below_all, Pareto)(infinite)
