r"""Expected values under p, in closed form: of log x, log(1 - x), exp(-x) and |x - c|.

Each function dispatches on the class of p.
"""

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

# --- E log x -------------------------------------------------------------------------------------


@functools.singledispatch
def expected_log(p: Distribution) -> Array:
    r"""Expected logarithm, :math:`E_p[\log x]`."""
    raise p._missing("the expected value of log(x)")


@expected_log.register
def _(p: Gamma) -> Array:
    return digamma(p.concentration) - jnp.log(p.rate)


@expected_log.register
def _(p: InverseGamma) -> Array:
    return jnp.log(p.rate) - digamma(p.concentration)


@expected_log.register
def _(p: LogNormal) -> Array:
    return p.loc


@expected_log.register
def _(p: Weibull) -> Array:
    return jnp.log(p.scale) - np.euler_gamma / p.concentration


@expected_log.register
def _(p: Pareto) -> Array:
    return jnp.log(p.scale) + 1 / p.alpha


@expected_log.register
def _(p: HalfNormal) -> Array:
    return jnp.log(p.scale) - (np.euler_gamma + math.log(2)) / 2


@expected_log.register
def _(p: HalfCauchy) -> Array:
    return jnp.log(p.scale)


@expected_log.register
def _(p: Beta) -> Array:
    return -digamma_difference(p.concentration1, p.concentration0)


@expected_log.register
def _(p: Kumaraswamy) -> Array:
    one = jnp.ones_like(p.concentration0)
    return -digamma_difference(one, p.concentration0) / p.concentration1


@expected_log.register
def _(p: Uniform) -> Array:
    return _expected_log_uniform(p.low, p.high)


def _expected_log_uniform(low: Array, high: Array) -> Array:
    r"""Expected logarithm of a uniform x on [low, high], where that is positive; else finite.

    .. math:: \log h - 1 - \frac{l}{h - l} \log \frac{l}{h}
    """
    is_positive = high > 0
    high = jnp.where(is_positive, high, 1)
    width = jnp.clip((high - jnp.where(is_positive, low, 0)) / high, None, 1)
    return jnp.log(high) - 1 - xlog1py(1 - width, -width) / width


# --- E log(1 - x) --------------------------------------------------------------------------------


@functools.singledispatch
def expected_log_complement(p: Distribution) -> Array:
    r"""Expected logarithm of the complement, :math:`E_p[\log(1 - x)]`."""
    raise p._missing("the expected value of log(1 - x)")


@expected_log_complement.register
def _(p: Uniform) -> Array:
    return _expected_log_uniform(1 - p.high, 1 - p.low)


_LOG_SURPRISALS = np.linspace(-37, 4.7, 256)


@expected_log_complement.register
def _(p: Kumaraswamy) -> Array:
    r"""Integrate over y = -log(1 - F(x)) by the trapezoidal rule in s = log y.

    .. math:: \int e^{s - e^s} \log\left(1 - (1 - e^{-y / b})^{1 / a}\right) ds
    """
    a, b = p.concentration1, p.concentration0

    def log_complement(s: Array) -> Array:
        return log1mexpexp(log_neg_log1mexp(jnp.exp(s) / b) - jnp.log(a))

    s = _LOG_SURPRISALS
    weights = (s[1] - s[0]) * np.exp(s - np.exp(s))
    return weighted_sum(log_complement, weights, s, dtype=a.dtype)


# --- log E exp -----------------------------------------------------------------------------------


@functools.singledispatch
def log_expected_exp(p: Distribution, center: Array, rate: Array) -> Array:
    r"""Log of an expected exponential, :math:`\log E_p[e^{-\mathrm{rate} (x - \mathrm{center})}]`.

    It is the cumulant-generating function at -rate; infinite where the expected value is.

    Args:
      p: the distribution of x.
      center: any shape broadcastable with the batch shape of p.
      rate: positive, the same.
    """
    raise p._missing("the expected value of exp(-x)")


@log_expected_exp.register
def _(p: Normal, center: Array, rate: Array) -> Array:
    return -rate * (p.loc - center) + (rate * p.scale) ** 2 / 2


@log_expected_exp.register
def _(p: Exponential, center: Array, rate: Array) -> Array:
    return rate * center - jnp.log1p(rate / p.rate)


@log_expected_exp.register
def _(p: Gamma, center: Array, rate: Array) -> Array:
    return rate * center - p.concentration * jnp.log1p(rate / p.rate)


@log_expected_exp.register
def _(p: Uniform, center: Array, rate: Array) -> Array:
    return -rate * (p.low - center) + log_expm1_ratio(-rate * (p.high - p.low))


@log_expected_exp.register
def _(p: Laplace, center: Array, rate: Array) -> Array:
    t = rate * p.scale
    is_finite = t < 1
    spread = -jnp.log1p(-(jnp.where(is_finite, t, 0) ** 2))
    return jnp.where(is_finite, spread - rate * (p.loc - center), math.inf)


@log_expected_exp.register
def _(p: Logistic, center: Array, rate: Array) -> Array:
    t = rate * p.scale
    is_finite = t < 1
    inner = jnp.where(is_finite, t, 0)
    spread = lgamma(1 - inner) + lgamma(1 + inner)
    return jnp.where(is_finite, spread - rate * (p.loc - center), math.inf)


# --- E |x - c| -----------------------------------------------------------------------------------


@functools.singledispatch
def expected_distance(p: Distribution, center: Array) -> Array:
    r"""Expected distance from a point, :math:`E_p |x - \mathrm{center}|`.

    Args:
      p: the distribution of x.
      center: any shape broadcastable with the batch shape of p.
    """
    raise p._missing("the expected distance from a point")


@expected_distance.register
def _(p: Normal, center: Array) -> Array:
    z = (p.loc - center) / p.scale
    density = jnp.exp(-z * z / 2) * math.sqrt(2 / math.pi)
    return p.scale * (density + z * (ndtr(z) - ndtr(-z)))


@expected_distance.register
def _(p: Logistic, center: Array) -> Array:
    distance = jnp.abs(p.loc - center)
    return distance + 2 * p.scale * jnp.log1p(jnp.exp(-distance / p.scale))


@expected_distance.register
def _(p: Exponential, center: Array) -> Array:
    below = jnp.exp(-p.rate * jnp.maximum(center, 0))
    return jnp.abs(center) + jnp.where(center > 0, 2 * below - 1, 1) / p.rate


@expected_distance.register
def _(p: Uniform, center: Array) -> Array:
    inner = jnp.clip(center, p.low, p.high)
    squares = (inner - p.low) ** 2 + (p.high - inner) ** 2
    inside = squares / (2 * (p.high - p.low))
    outside = jnp.abs(p._mean() - center)
    return jnp.where(inner == center, inside, outside)
