"""Log-probabilities of the gamma and the Poisson distribution, by the error of Stirling's formula.

No large logarithms cancel: Loader, Fast and Accurate Computation of Binomial Probabilities (2000).
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.deviance import log_gamma_kernel, log_ratio
from jaxdist.special.elementwise import elementwise
from jaxdist.special.infinite_slopes import along
from jaxdist.special.polygamma import digamma_minus_log
from jaxdist.special.quotient import quotient, rescale
from jaxdist.special.stirling import shift_by_recurrence, sqrt_two_pi_times, stirling_series


@elementwise
@custom_jvp
def poisson_log_prob(k: Array, rate: Array) -> Array:
    r"""Log-probability of the Poisson distribution, for k, rate >= 0.

    .. math:: \log \frac{\lambda^k e^{-\lambda}}{k!}, \quad \lambda = \mathrm{rate}

    Accurate to 4 eps.

    Args:
      k: non-negative, any shape broadcastable with `rate`; need not be an integer.
      rate: non-negative.
    """
    n = k + 1
    kernel = log_gamma_kernel(k, n, rate, 1.0, rate - n)
    positive = kernel - jnp.log(sqrt_two_pi_times(n)) - stirling_series(n)
    return jnp.where(k == 0, -rate, jnp.where(rate == 0, -math.inf, positive))


def split_poisson(k: Array, rate: Array) -> tuple[Array, Array]:
    """Split `poisson_log_prob` for a positive rate into e and f of `e + log(f)`.

    Sums of several round least where the f are multiplied before the logarithm is taken.
    """
    n = k + 1
    exponent = log_gamma_kernel(k, n, rate, 1.0, rate - n) - stirling_series(n)
    is_none = k == 0
    return jnp.where(is_none, -rate, exponent), jnp.where(is_none, 1, 1 / sqrt_two_pi_times(n))


@poisson_log_prob.defjvp
def _poisson_log_prob_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Differentiate: log(rate) - psi(k + 1) in k, and k / rate - 1 in the rate."""
    (k, rate), (k_dot, rate_dot) = primals, tangents
    n = k + 1
    slope = log_ratio(rate, 1.0, n, rate - n) - digamma_minus_log(n)
    divisor = jnp.maximum(rate, jnp.finfo(rate.dtype).tiny)
    dot = along(slope, k_dot) + along(quotient(k, divisor) - 1, rate_dot)
    return poisson_log_prob(k, rate), dot


@elementwise
@custom_jvp
def gamma_log_prob(concentration: Array, rate: Array, x: Array) -> Array:
    r"""Log-density of the gamma distribution, for concentration, rate > 0 and x >= 0.

    .. math:: \log \frac{\beta^\alpha x^{\alpha - 1} e^{-\beta x}}{\Gamma(\alpha)}, \quad
              \alpha = \mathrm{concentration}, \beta = \mathrm{rate}

    Accurate to 4 eps.

    Args:
      concentration: positive, any shape broadcastable with the others.
      rate: positive, in one over the units of `x`.
      x: non-negative.
    """
    a = concentration
    small, n, _ = shift_by_recurrence(a)
    k = jnp.where(small, a, a - 1)
    factor, log_unit = rescale(jnp.where(small, a, rate))
    divisor, log_divisor_unit = rescale(jnp.where(small, x, 1))
    factor = factor / divisor / sqrt_two_pi_times(n)
    overflows = rate * x == math.inf
    kernel = log_gamma_kernel(k, n, x, rate, jnp.where(overflows, 0, rate * x - n))
    log_factor = jnp.log(factor) + (log_unit - log_divisor_unit)
    inside = log_factor + kernel - stirling_series(n)
    at_zero = jnp.where(a < 1, math.inf, jnp.where(a > 1, -math.inf, jnp.log(rate)))
    return jnp.where(x == 0, at_zero, jnp.where(overflows, -math.inf, inside))


@gamma_log_prob.defjvp
def _gamma_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Differentiate: log(rate x) - psi(a) in a, a / rate - x in rate, (a - 1) / x - rate in x."""
    (a, rate, x), (a_dot, rate_dot, x_dot) = primals, tangents
    divisor = jnp.maximum(x, jnp.finfo(x.dtype).tiny)
    slope_x = quotient(a - 1, divisor) - rate
    dot = along(gamma_score(a, rate, x), a_dot) + along(quotient(a, rate) - x, rate_dot)
    return gamma_log_prob(a, rate, x), dot + along(slope_x, x_dot)


def gamma_score(a: Array, rate: Array, x: Array) -> Array:
    """Return the derivative of `gamma_log_prob` in the concentration, log(rate x) - psi(a)."""
    _, n, inverse = shift_by_recurrence(a)
    largest = float(jnp.finfo(x.dtype).max)
    difference = jnp.where(rate * x < math.inf, rate * x - n, largest)
    return log_ratio(x, rate, n, difference) - digamma_minus_log(n) + inverse
