"""Means of functions of one draw: what the divergences between families are made of."""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.families.interval.beta import Beta
from jaxdist.families.interval.kumaraswamy import Kumaraswamy, log_neg_log1mexp
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.half_cauchy import HalfCauchy
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.positive.weibull import Weibull
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.normal import Normal
from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.special import (
    digamma,
    digamma_difference,
    lgamma,
    log1mexpexp,
    log_expm1_ratio,
    ndtr,
    xlog1py,
)

_LOG_SURPRISALS = np.linspace(-37, 4.7, 256)


# --- the logarithm -------------------------------------------------------------------------------


@functools.singledispatch
def mean_log(p: Distribution) -> Array:
    """Mean of log(x)."""
    raise p._missing("the mean of log(x)")


@mean_log.register
def _(p: Gamma) -> Array:
    return digamma(p.concentration) - jnp.log(p.rate)


@mean_log.register
def _(p: InverseGamma) -> Array:
    return jnp.log(p.rate) - digamma(p.concentration)


@mean_log.register
def _(p: LogNormal) -> Array:
    return p.loc


@mean_log.register
def _(p: Weibull) -> Array:
    return jnp.log(p.scale) - np.euler_gamma / p.concentration


@mean_log.register
def _(p: Pareto) -> Array:
    return jnp.log(p.scale) + 1 / p.alpha


@mean_log.register
def _(p: HalfNormal) -> Array:
    return jnp.log(p.scale) - (np.euler_gamma + math.log(2)) / 2


@mean_log.register
def _(p: HalfCauchy) -> Array:
    return jnp.log(p.scale)


@mean_log.register
def _(p: Beta) -> Array:
    return -digamma_difference(p.concentration1, p.concentration0)


@mean_log.register
def _(p: Kumaraswamy) -> Array:
    one = jnp.ones_like(p.concentration0)
    return -digamma_difference(one, p.concentration0) / p.concentration1


@mean_log.register
def _(p: Uniform) -> Array:
    return _mean_log_between(p.low, p.high)


def _mean_log_between(low: Array, high: Array) -> Array:
    """Mean of log(x) over an interval of positive numbers; finite for any other."""
    positive = high > 0
    high = jnp.where(positive, high, 1)
    part = jnp.clip((high - jnp.where(positive, low, 0)) / high, None, 1)
    return jnp.log(high) - 1 - xlog1py(1 - part, -part) / part


@functools.singledispatch
def mean_log_complement(p: Distribution) -> Array:
    """Mean of log(1 - x)."""
    raise p._missing("the mean of log(1 - x)")


@mean_log_complement.register
def _(p: Uniform) -> Array:
    return _mean_log_between(1 - p.high, 1 - p.low)


@mean_log_complement.register
def _(p: Kumaraswamy) -> Array:
    r"""Integrate over the surprisal y of a draw, by the trapezoidal rule in s = log y.

    .. math:: \int e^{s - e^s} \log\left(1 - (1 - e^{-y / b})^{1 / a}\right) ds
    """
    a, b = p.concentration1, p.concentration0

    def at(s: Array) -> Array:
        return log1mexpexp(log_neg_log1mexp(jnp.exp(s) / b) - jnp.log(a))

    s = _LOG_SURPRISALS
    return weighted_sum(at, (s[1] - s[0]) * np.exp(s - np.exp(s)), s, dtype=a.dtype)


# --- the exponential -----------------------------------------------------------------------------


@functools.singledispatch
def log_mean_exp(p: Distribution, centre: Array, rate: Array) -> Array:
    """Logarithm of the mean of exp(-rate (x - centre)); infinite where that is."""
    raise p._missing("the mean of exp(-x)")


@log_mean_exp.register
def _(p: Normal, centre: Array, rate: Array) -> Array:
    return -rate * (p.loc - centre) + (rate * p.scale) ** 2 / 2


@log_mean_exp.register
def _(p: Exponential, centre: Array, rate: Array) -> Array:
    return rate * centre - jnp.log1p(rate / p.rate)


@log_mean_exp.register
def _(p: Gamma, centre: Array, rate: Array) -> Array:
    return rate * centre - p.concentration * jnp.log1p(rate / p.rate)


@log_mean_exp.register
def _(p: Uniform, centre: Array, rate: Array) -> Array:
    return -rate * (p.low - centre) + log_expm1_ratio(-rate * (p.high - p.low))


@log_mean_exp.register
def _(p: Laplace, centre: Array, rate: Array) -> Array:
    t = rate * p.scale
    light = t < 1
    spread = -jnp.log1p(-(jnp.where(light, t, 0) ** 2))
    return jnp.where(light, spread - rate * (p.loc - centre), math.inf)


@log_mean_exp.register
def _(p: Logistic, centre: Array, rate: Array) -> Array:
    t = rate * p.scale
    light = t < 1
    inner = jnp.where(light, t, 0)
    spread = lgamma(1 - inner) + lgamma(1 + inner)
    return jnp.where(light, spread - rate * (p.loc - centre), math.inf)


# --- the distance --------------------------------------------------------------------------------


@functools.singledispatch
def mean_distance(p: Distribution, centre: Array) -> Array:
    """Mean of |x - centre|."""
    raise p._missing("the mean distance from a point")


@mean_distance.register
def _(p: Normal, centre: Array) -> Array:
    z = (p.loc - centre) / p.scale
    density = jnp.exp(-z * z / 2) * math.sqrt(2 / math.pi)
    return p.scale * (density + z * (ndtr(z) - ndtr(-z)))


@mean_distance.register
def _(p: Logistic, centre: Array) -> Array:
    distance = jnp.abs(p.loc - centre)
    return distance + 2 * p.scale * jnp.log1p(jnp.exp(-distance / p.scale))


@mean_distance.register
def _(p: Exponential, centre: Array) -> Array:
    below = jnp.exp(-p.rate * jnp.maximum(centre, 0))
    return jnp.abs(centre) + jnp.where(centre > 0, 2 * below - 1, 1) / p.rate


@mean_distance.register
def _(p: Uniform, centre: Array) -> Array:
    inner = jnp.clip(centre, p.low, p.high)
    squares = (inner - p.low) ** 2 + (p.high - inner) ** 2
    inside = squares / (2 * (p.high - p.low))
    outside = jnp.abs(p._mean() - centre)
    return jnp.where(inner == centre, inside, outside)
