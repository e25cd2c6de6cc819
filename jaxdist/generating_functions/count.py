"""Generating functions of distributions of counts."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.bases.trials import failure_prob, success_odds, trial_probability
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.discrete_laplace import DiscreteLaplace
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.negative_binomial import NegativeBinomial
from jaxdist.families.count.poisson import Poisson
from jaxdist.families.count.poisson_binomial import PoissonBinomial
from jaxdist.families.count.skellam import Skellam
from jaxdist.generating_functions.averages import infinite_outside, log_average_of_trial, polar
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT
from jaxdist.special import expm1, log1mexp, log1p_square, masked_log, softplus

_LARGE = 40.0  # of which the exponential, times another one, is finite


def _events(rate: Array, t: Array) -> Array:
    r"""Return :math:`\mathrm{rate}\, (e^t - 1)`, whose second factor alone may overflow."""
    largest = math.log(float(jnp.finfo(t.dtype).max))
    finite = lax.stop_gradient(masked_log(rate) + t < largest)
    t = jnp.where(finite, jnp.minimum(t, 1.9 * largest), 0)  # its root is finite, also for rate 0
    half = expm1(t / 2)
    return jnp.where(finite, rate * half * (half + 2), math.inf)


@CUMULANT.register(Poisson)
def poisson(d: Poisson, t: Array) -> Array:
    """Return the mean number of events, weighted by what each adds."""
    return _events(d.rate, t)


@CHARACTERISTIC.register(Poisson)
def poisson_characteristic(d: Poisson, t: Array) -> Array:
    """Return the exponential of a circle."""
    return polar(-2 * d.rate * jnp.sin(t / 2) ** 2, d.rate * jnp.sin(t))


@CUMULANT.register(Skellam)
def skellam(d: Skellam, t: Array) -> Array:
    """Return the sum for both counts."""
    return _events(d.rate1, t) + _events(d.rate2, -t)


@CHARACTERISTIC.register(Skellam)
def skellam_characteristic(d: Skellam, t: Array) -> Array:
    """Return the product for both counts."""
    log_modulus = -2 * (d.rate1 + d.rate2) * jnp.sin(t / 2) ** 2
    return polar(log_modulus, (d.rate1 - d.rate2) * jnp.sin(t))


@CUMULANT.register(Binomial)
def binomial(d: Binomial, t: Array) -> Array:
    """Return that of as many trials."""
    return d.total_count * log_average_of_trial(trial_probability(d), t)


@CUMULANT.register(PoissonBinomial)
def poisson_binomial(d: PoissonBinomial, t: Array) -> Array:
    """Return the sum for all trials."""
    return jnp.sum(log_average_of_trial(trial_probability(d), t[..., None]), -1)


def _polar_parts_of_trial(d: Binomial | PoissonBinomial, t: Array) -> tuple[Array, Array]:
    """Return the logarithm of the modulus, and the angle, of the function of one trial."""
    square = jnp.sin(t / 2) ** 2
    lost = 4 * d.probs * failure_prob(d) * square
    log_modulus = jnp.where(lost < 1, jnp.log1p(-jnp.where(lost < 1, lost, 0)) / 2, -math.inf)
    return log_modulus, jnp.arctan2(d.probs * jnp.sin(t), 1 - 2 * d.probs * square)


@CHARACTERISTIC.register(Binomial)
def binomial_characteristic(d: Binomial, t: Array) -> Array:
    """Return a power of the function of one trial."""
    log_modulus, angle = _polar_parts_of_trial(d, t)
    count = d.total_count
    return polar(
        jnp.where(count > 0, count * jnp.where(count > 0, log_modulus, 0), 0), count * angle
    )


@CHARACTERISTIC.register(PoissonBinomial)
def poisson_binomial_characteristic(d: PoissonBinomial, t: Array) -> Array:
    """Return the product for all trials."""
    log_modulus, angle = _polar_parts_of_trial(d, t[..., None])
    return polar(jnp.sum(log_modulus, -1), jnp.sum(angle, -1))


def _finite(odds: Array) -> Array:
    """Clip odds, so that their products with 0 are 0, and with larger numbers do not overflow."""
    return jnp.minimum(odds, float(jnp.finfo(odds.dtype).max) / 4)


def _waiting(count: Array | float, logits: Array, odds: Array, t: Array) -> Array:
    r"""Return :math:`-n \log(1 - o (e^t - 1))`, of the successes before n failures with odds o.

    Args:
      count: the number n of failures.
      logits: the logarithm of the odds.
      odds: o, which may overflow.
      t: any shape broadcastable with these.
    """
    odds = _finite(odds)
    far = (t > _LARGE) | ((logits > _LARGE) & (t < 0))
    grown = jnp.where(far, 0, odds) * expm1(jnp.where(far, 0, t))
    of_near = infinite_outside(grown < 1, grown, lambda grown: -count * jnp.log1p(-grown))
    log_grown = logits + jnp.maximum(t, 0) + log1mexp(jnp.where(far, jnp.abs(t), 1))
    inside = log_grown < 0
    of_positive = -count * log1mexp(-jnp.where(inside, log_grown, -1))
    of_positive = jnp.where(inside, of_positive, math.inf)
    of_far = jnp.where(t > 0, of_positive, -count * softplus(log_grown))
    return jnp.where(far, of_far, of_near)


def _polar_parts_of_waiting(odds: Array, t: Array) -> tuple[Array, Array]:
    """Return the logarithm of the modulus, and the angle, of the function of one failure."""
    odds, sine = _finite(odds), jnp.sin(t / 2)
    log_modulus = -log1p_square(2 * sine * (jnp.sqrt(odds) * jnp.sqrt(1 + odds))) / 2
    return log_modulus, jnp.arctan2(odds * jnp.sin(t), 1 + 2 * odds * sine**2)


@CUMULANT.register(NegativeBinomial)
def negative_binomial(d: NegativeBinomial, t: Array) -> Array:
    """Return that of as many failures."""
    return _waiting(d.total_count, d.logits, success_odds(d), t)


@CHARACTERISTIC.register(NegativeBinomial)
def negative_binomial_characteristic(d: NegativeBinomial, t: Array) -> Array:
    """Return a power of the function of one failure."""
    log_modulus, angle = _polar_parts_of_waiting(success_odds(d), t)
    return polar(d.total_count * log_modulus, d.total_count * angle)


def _failure_odds(d: Geometric) -> Array:
    return failure_prob(d) / d.probs


@CUMULANT.register(Geometric)
def geometric(d: Geometric, t: Array) -> Array:
    """Return that of the failures before one success."""
    return _waiting(1.0, -d.logits, _failure_odds(d), t)


@CHARACTERISTIC.register(Geometric)
def geometric_characteristic(d: Geometric, t: Array) -> Array:
    """Return that of the failures before one success."""
    return polar(*_polar_parts_of_waiting(_failure_odds(d), t))


def _half_sinh(x: Array) -> Array:
    r"""Return :math:`2 e^{-x / 2} \sinh(x / 2)` for x >= 0."""
    return -expm1(-x)


@CUMULANT.register(DiscreteLaplace)
def discrete_laplace(d: DiscreteLaplace, t: Array) -> Array:
    r"""Return that of a difference of geometric draws.

    .. math:: -\log\left(1 - \frac{\sinh(t / 2)^2}{\sinh(\mathrm{rate} / 2)^2}\right)
    """

    def formula(t: Array) -> Array:
        size = jnp.where(t < 0, -t, t)
        ratio = jnp.exp((size - d.rate) / 2) * (_half_sinh(size) / _half_sinh(d.rate))
        return -jnp.log1p(-ratio * ratio)

    return infinite_outside(jnp.abs(t) < d.rate, t, formula)


@CHARACTERISTIC.register(DiscreteLaplace)
def discrete_laplace_characteristic(d: DiscreteLaplace, t: Array) -> Array:
    """Return a real number."""
    sinh = _half_sinh(d.rate) * jnp.exp(d.rate / 2) / 2
    return polar(-log1p_square(jnp.sin(t / 2) / sinh), jnp.zeros_like(t))
