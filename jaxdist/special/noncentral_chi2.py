r"""Density and tails of the noncentral chi-squared distribution, by Bessel functions of real order.

With a = x / 2 and b = λ / 2, and the function that for whole n is the probability of a difference
of Poisson counts,

.. math:: q_n = e^{-a - b} (a / b)^{n / 2} I_n(2 \sqrt{a b}), \quad
          \frac{\partial q_n}{\partial a} = q_{n - 1} - q_n, \quad
          \frac{\partial q_n}{\partial b} = q_{n + 1} - q_n,

the density is q with n = k / 2 - 1, halved, and the tails are sums or integrals of positive terms.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.differentiation import derivative
from jaxdist.numerics.quadrature import integrate, negligible_exponent
from jaxdist.numerics.summation import tail_nodes
from jaxdist.promotion import custom_jvp
from jaxdist.special.exp_log import log1mexp
from jaxdist.special.incomplete_gamma import log_gammaincc
from jaxdist.special.products import half
from jaxdist.special.skellam_density import skellam_log_prob

_SMALLEST = 8.0  # in units of the smallest normal number; below it, functions are powers of x
_FARTHEST = 60  # standard deviations from the first term of a tail to the last that matters


def noncentral_chi2_log_prob(x: Array, df: Array, noncentrality: Array) -> Array:
    r"""Evaluate the log-density, by the recurrence to positive orders.

    .. math:: q_n = \frac{n + 1}{a} q_{n + 1} + \frac{b}{a} q_{n + 2}

    Args:
      x: positive, of one shape and dtype with the others.
      df: positive degrees of freedom k.
      noncentrality: non-negative λ.
    """
    regular, log_power = _regular(x)
    a, b, order = regular / 2, noncentrality / 2, half(df)
    # One call for both orders: the Hessian of two copies would compile for minutes.
    log_next, log_second = skellam_log_prob(jnp.stack([order, order + 1]), a, b)
    ratio = jnp.exp(log_second - log_next)
    return log_next + order * log_power + jnp.log(order + b * ratio) - jnp.log(x)


def _regular(x: Array) -> tuple[Array, Array]:
    """Return an x whose half is a normal number, and the logarithm by which that is too large."""
    least = _SMALLEST * jnp.finfo(x.dtype).tiny
    below = x < least  # by which a slope is selected: it may be infinite, times 0
    return jnp.where(below, least, x), jnp.log(jnp.where(below, x, least) / least)


@custom_jvp
def noncentral_chi2_log_tails(x: Array, df: Array, noncentrality: Array) -> tuple[Array, Array]:
    r"""Return log P(X <= x) and log P(X > x), the smaller of which is computed.

    .. math:: P(X \le x) = \sum_{j \ge 0} q_{k/2 + j}, \quad
              P(X > x) = \frac{\Gamma(k/2, a)}{\Gamma(k/2)} + \int_0^b q_{k/2}\, db

    Args:
      x: positive, of one shape and dtype with the others.
      df: positive degrees of freedom k.
      noncentrality: non-negative λ.
    """
    mean = _mean(df, noncentrality)
    is_lower = x < mean
    lower = _log_lower(jnp.where(is_lower, x, mean), df, noncentrality)
    upper = _log_upper(jnp.where(is_lower, mean, x), df, noncentrality)
    tail = jnp.where(is_lower, lower, upper)
    below_zero = tail < 0
    other = log1mexp(-jnp.where(below_zero, tail, -1))
    other = jnp.where(below_zero, other, -math.inf)
    return jnp.where(is_lower, tail, other), jnp.where(is_lower, other, tail)


@noncentral_chi2_log_tails.defjvp
def _log_tails_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    """Differentiate in x and λ by the formulas of the terms, in k term by term."""
    (x, df, noncentrality), (x_dot, df_dot, noncentrality_dot) = primals, tangents
    lower, upper = tails = noncentral_chi2_log_tails(x, df, noncentrality)
    mean = _mean(df, noncentrality)
    is_lower = x < mean
    smaller = jnp.where(is_lower, lower, upper)
    sign = jnp.where(is_lower, 1, -1)
    of_x = jnp.exp(noncentral_chi2_log_prob(x, df, noncentrality) - smaller)
    of_b = -jnp.exp(skellam_log_prob(df / 2, x / 2, noncentrality / 2) - smaller)
    of_lower = derivative(_log_lower, 1)(jnp.where(is_lower, x, mean), df, noncentrality)
    of_upper = derivative(_log_upper, 1)(jnp.where(is_lower, mean, x), df, noncentrality)
    dot = sign * (of_x * x_dot + of_b / 2 * noncentrality_dot)
    dot += jnp.where(is_lower, of_lower, of_upper) * df_dot
    other = jnp.where(is_lower, upper, lower)
    other_dot = -dot * jnp.exp(smaller - other)
    return tails, (jnp.where(is_lower, dot, other_dot), jnp.where(is_lower, other_dot, dot))


def _mean(df: Array, noncentrality: Array) -> Array:
    """Return the mean, or the largest number."""
    mean = df + noncentrality
    return jnp.minimum(mean, float(jnp.finfo(mean.dtype).max))


def _log_lower(x: Array, df: Array, noncentrality: Array) -> Array:
    """Sum the terms, at ever fewer orders far out."""
    x, log_power = _regular(x)
    a, b, start = x / 2, noncentrality / 2, lax.stop_gradient(df / 2)
    steps, weights = tail_nodes(jnp.zeros_like(start))
    matters = steps < (_FARTHEST * (1 + jnp.sqrt(a + b)))[..., None]
    steps, weights = jnp.where(matters, steps, 0), jnp.where(matters, weights, 0)
    log_terms = skellam_log_prob((df / 2)[..., None] + steps, a[..., None], b[..., None])
    largest = lax.stop_gradient(jnp.maximum(jnp.max(log_terms, -1), jnp.finfo(x.dtype).min))
    log_sum = largest + jnp.log(jnp.sum(weights * jnp.exp(log_terms - largest[..., None]), -1))
    return log_sum + df / 2 * log_power


def _log_upper(x: Array, df: Array, noncentrality: Array) -> Array:
    """Integrate from λ downwards, as far as the integrand matters."""
    a, b, order = x / 2, noncentrality / 2, df / 2
    of_central = log_gammaincc(order, a)
    at_end, next_at_end = skellam_log_prob(jnp.stack([order, order + 1]), a, b)
    growth = jnp.expm1(next_at_end - at_end)
    growth, width = lax.stop_gradient((jnp.maximum(growth, 0), a + b))
    exponent = negligible_exponent(x.dtype)
    reach = 2 * exponent / (growth + jnp.sqrt(growth**2 + exponent / width))
    reach = jnp.where(reach < b, reach, b)

    def ratio(step: Array) -> Array:
        return jnp.exp(skellam_log_prob(order, a, b - step) - at_end)

    integral = integrate(ratio, reach)
    positive = integral > 0
    of_rest = at_end + jnp.log(jnp.where(positive, integral, 1))
    return jnp.where(positive, jnp.logaddexp(of_central, of_rest), of_central)
