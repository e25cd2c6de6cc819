r"""Entropies, by the error of Stirling's formula, so that no large terms cancel.

.. math:: \log \Gamma(x) = (x - 1/2) \log x - x + \log(2 \pi) / 2 + \delta(x), \quad
          \psi(x) = \log x - 1 / (2 x) + \delta'(x)
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import horner
from jaxdist.promotion import custom_jvp
from jaxdist.special.beta import sort_pair
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.elementwise import elementwise
from jaxdist.special.infinite_slopes import along
from jaxdist.special.polygamma import digamma_difference, trigamma
from jaxdist.special.products import half
from jaxdist.special.quotient import log_quotient, quotient
from jaxdist.special.stirling import sqrt_two_pi_times, stirling_error, stirling_slope
from jaxdist.special.student_t_density import student_t_log_normalizer

_TINY = 1e-20  # parameters beside whose inverse logarithms are nothing


def _stirling(*args: Array) -> tuple[tuple[Array, Array], ...]:
    """Return the error and its slope at each argument; stacked, they compile once."""
    n = jnp.stack(args)
    return tuple(zip(stirling_error(n), stirling_slope(n), strict=True))


def _without_pole(a: Array) -> tuple[Array, Array, Array]:
    """Return where a is so small that all is nothing beside its inverse, another a there; it."""
    is_tiny = a < _TINY
    pole = quotient(jnp.ones_like(a), jnp.where(is_tiny, a, 1))
    return is_tiny, jnp.where(is_tiny, 1, a), pole


@elementwise
def gamma_entropy(a: Array) -> Array:
    r"""Entropy of the standard gamma distribution, for a concentration a > 0.

    .. math:: a + \log \Gamma(a) + (1 - a) \psi(a)

    Args:
      a: positive, any shape.
    """
    is_tiny, a, pole = _without_pole(a)
    error, slope = stirling_error(a), stirling_slope(a)
    regular = jnp.log(sqrt_two_pi_times(a)) + error + (a - 1) / a / 2 - (a - 1) * slope
    return jnp.where(is_tiny, -pole, regular)


@elementwise
def inverse_gamma_entropy(a: Array, rate: Array) -> Array:
    r"""Entropy of the inverse gamma distribution, for a concentration a and a rate > 0.

    .. math:: a + \log (\Gamma(a)\, \mathrm{rate}) - (1 + a) \psi(a)

    Args:
      a: positive, any shape broadcastable with `rate`.
      rate: positive.
    """
    is_tiny, a, pole = _without_pole(a)
    error, slope = stirling_error(a), stirling_slope(a)
    logs = LOG_TWO_PI / 2 + log_quotient(rate, a) - jnp.log(a) / 2
    regular = logs + error + (a - 1) / a / 2 - (a - 1) * slope + (1 / a - 2 * slope)
    return jnp.where(is_tiny, pole, regular)


@elementwise
def beta_entropy(a: Array, b: Array) -> Array:
    r"""Entropy of the beta distribution, for a, b > 0.

    .. math:: \log B(a, b) - (a - 1) \psi(a) - (b - 1) \psi(b) + (a + b - 2) \psi(a + b)

    Args:
      a: positive, any shape broadcastable with `b`.
      b: positive.
    """
    is_wide = a + b == math.inf  # then it changes by the logarithm of a root
    a, b = jnp.where(is_wide, a / 4, a), jnp.where(is_wide, b / 4, b)  # XLA joins a / c + b / c
    c = a + b
    (error_a, slope_a), (error_b, slope_b), (error_c, slope_c) = _stirling(a, b, c)
    logs = (LOG_TWO_PI + jnp.log(a) + jnp.log(b) - 3 * jnp.log(c)) / 2
    logs -= jnp.where(is_wide, math.log(2), 0)
    halves = ((a - 1) / a + (b - 1) / b - (c - 2) / c) / 2
    slopes = (a - 1) * slope_a + (b - 1) * slope_b - (c - 2) * slope_c
    return logs + error_a + error_b - error_c + halves - slopes


@elementwise
def betaprime_entropy(a: Array, b: Array) -> Array:
    r"""Entropy of the beta prime distribution, for a, b > 0.

    .. math:: \log B(a, b) + (1 - a) \psi(a) - (1 + b) \psi(b) + (a + b) \psi(a + b)

    Args:
      a: positive, any shape broadcastable with `b`.
      b: positive.
    """
    return f_entropy(a, b) + jnp.log(a / b)


@elementwise
def f_entropy(a: Array, b: Array) -> Array:
    r"""Entropy of the F distribution of 2 a and 2 b degrees of freedom, for a, b > 0.

    .. math:: \log B(a, b) + (1 - a) \psi(a) - (1 + b) \psi(b) + (a + b) \psi(a + b)
              + \log (b / a)

    Args:
      a: positive, any shape broadcastable with `b`.
      b: positive.
    """
    (is_tiny_a, a, pole_a), (is_tiny_b, b, pole_b) = _without_pole(a), _without_pole(b)
    c = jnp.where(a + b < math.inf, a + b, float(jnp.finfo(a.dtype).max))
    (error_a, slope_a), (error_b, slope_b), (error_c, slope_c) = _stirling(a, b, c)
    smaller, larger = sort_pair(a, b)
    is_huge = smaller > 1 / _TINY
    of_huge = LOG_TWO_PI + jnp.log1p(smaller / larger) - jnp.log(smaller)
    of_sum = jnp.log(jnp.where(is_huge, 1, 2 * math.pi * (1 / a + 1 / b)))
    leading = (1 + jnp.where(is_huge, of_huge, of_sum)) / 2
    terms_a = error_a + (1 - a) * slope_a - 0.5 / a
    terms_b = error_b - (1 + b) * slope_b + 0.5 / b
    regular = leading + terms_a + terms_b - (error_c - c * slope_c)
    return regular + jnp.where(is_tiny_b, pole_b, 0) - jnp.where(is_tiny_a, pole_a, 0)


@elementwise
@custom_jvp
def student_t_entropy(df: Array) -> Array:
    r"""Entropy of the standard Student's t distribution with density p, for df > 0.

    .. math:: -\log p(0) + \frac{\nu + 1}{2}
              \left(\psi\left(\frac{\nu + 1}{2}\right) - \psi\left(\frac{\nu}{2}\right)\right),
              \quad \nu = \mathrm{df}

    Args:
      df: positive degrees of freedom, any shape.
    """
    is_tiny = df < _TINY
    v = jnp.where(is_tiny, 1, df)
    regular = (v + 1) / 2 * digamma_difference(v / 2, 0.5) - student_t_log_normalizer(v)
    return jnp.where(is_tiny, 1 / df, regular)


# Minus the slope in h, times h^2, in powers of 1 / h: the integral of Binet's kind
# exp(-h t) k(t) dt with k(t) = g - 1/2 + t (g' + g / 2), g(t) = 1 / (1 + exp(-t / 2)).
_STUDENT_T_SLOPE = (
    1 / 2,
    1 / 8,
    -1 / 16,
    -1 / 32,
    3 / 64,
    3 / 128,
    -17 / 256,
    -17 / 512,
    155 / 1024,
    155 / 2048,
    -2073 / 4096,
    -2073 / 8192,
    38227 / 16384,
    38227 / 32768,
)


@student_t_entropy.defjvp
def _student_t_entropy_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    r"""The slope in h = df / 2 is :math:`\frac{1}{2 h} - (h + 1/2) (\psi'(h) - \psi'(h + 1/2))`."""
    (df,), (df_dot,) = primals, tangents
    h = half(df)
    is_large = h > (4 if jnp.finfo(h.dtype).eps > 1e-10 else 16)
    inverse = 1 / jnp.where(is_large, h, 4)
    of_large = -horner(_STUDENT_T_SLOPE, inverse) * inverse * inverse
    small = jnp.where(is_large, 1, h)
    of_small = 0.5 / small - (small + 0.5) * (trigamma(small) - trigamma(small + 0.5))
    return student_t_entropy(df), along(jnp.where(is_large, of_large, of_small) / 2, df_dot)
