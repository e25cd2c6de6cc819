"""The regularized incomplete gamma functions, their logarithms, derivatives and inverses.

Both tails are the density at x times a positive integral, so that no digits cancel:

.. math:: Q(a, x) = \frac{x^a e^{-x}}{\\Gamma(a)} \\int_0^\\infty e^{a u - x (e^u - 1)} du, \\quad
          P(a, x) = \frac{x^a e^{-x}}{\\Gamma(a)} \\int_0^\\infty e^{-a u + x (1 - e^{-u})} du

by :math:`t = x e^{\\pm u}` in the definitions (DLMF 8.2). The integrand of the smaller tail falls
monotonically, so that a fixed rule of quadrature is exact.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.quadrature import integrate, negligible_exponent
from jaxdist.promotion import custom_jvp
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import expm1mx
from jaxdist.special.gamma import lgamma, lgamma1p
from jaxdist.special.gamma_density import gamma_log_prob, poisson_log_prob
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import along
from jaxdist.special.tails import (
    Pair,
    SmallerTail,
    both_log_tails,
    both_log_tails_dot,
    both_tails,
    differentiate_in_shapes,
    exp_times,
    normal_quantile,
    solve_log_tail,
)

_LEAST = 1e-30  # product whose derivatives do not underflow
_HUGE = 1e30  # number whose root is beyond the digits of a number near 1


@elementwise
def gammainc(a: Array, x: Array) -> Array:
    r"""Regularized lower incomplete gamma function, for a > 0 and x >= 0.

    .. math:: P(a, x) = \frac{1}{\Gamma(a)} \int_0^x t^{a - 1} e^{-t} dt

    DLMF 8.2.4. Differentiable in both arguments. Accurate to 4 eps.

    Args:
      a: positive, any shape broadcastable with `x`.
      x: non-negative.
    """
    return _tails(a, x)[0]


@elementwise
def gammaincc(a: Array, x: Array) -> Array:
    r"""Regularized upper incomplete gamma function, for a > 0 and x >= 0.

    .. math:: Q(a, x) = 1 - P(a, x) = \frac{1}{\Gamma(a)} \int_x^\infty t^{a - 1} e^{-t} dt

    DLMF 8.2.4. Differentiable in both arguments. Accurate to 4 eps, also where it is small.

    Args:
      a: positive, any shape broadcastable with `x`.
      x: non-negative.
    """
    return _tails(a, x)[1]


@elementwise
def log_gammainc(a: Array, x: Array) -> Array:
    """Logarithm of `gammainc`, finite where that underflows; accurate to 4 eps."""
    return _log_tails(a, x)[0]


@elementwise
def log_gammaincc(a: Array, x: Array) -> Array:
    """Logarithm of `gammaincc`, finite where that underflows; accurate to 4 eps."""
    return _log_tails(a, x)[1]


@custom_jvp
def _log_tails(a: Array, x: Array) -> Pair:
    """Compute `log P(a, x)` and `log Q(a, x)`."""
    inside, z = _inside(x)
    return both_log_tails(_smaller_tail(a, z), inside, _at_end(x))


@_log_tails.defjvp
def _log_tails_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Pair, Pair]:
    (a, x), (a_dot, x_dot) = primals, tangents
    inside, z = _inside(x)
    tail, slope_a = _differentiate_in_a(a, z)
    slope_x = tail.sign * jnp.exp(tail.log_hazard) / z
    dot = along(jnp.where(inside, slope_a, 0), a_dot) + along(jnp.where(inside, slope_x, 0), x_dot)
    dots = both_log_tails_dot(tail, dot)
    return both_log_tails(tail, inside, _at_end(x)), dots


@custom_jvp
def _tails(a: Array, x: Array) -> Pair:
    """Compute P(a, x) and Q(a, x)."""
    inside, z = _inside(x)
    return both_tails(_smaller_tail(a, z), inside, _at_end(x))


@_tails.defjvp
def _tails_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Pair, Pair]:
    (a, x), (a_dot, x_dot) = primals, tangents
    inside, z = _inside(x)
    tail, slope_a = _differentiate_in_a(a, z)
    slope_a = jnp.where(inside, tail.sign * tail.times_prob(slope_a), 0)
    at_end = jnp.where(x > 0, 0, jnp.exp(gamma_log_prob(a, 1, jnp.zeros_like(x))))
    density = jnp.where(inside, _density(a, z), at_end)
    p_dot = along(slope_a, a_dot) + along(density, x_dot)
    return both_tails(tail, inside, _at_end(x)), (p_dot, -p_dot)


@custom_jvp
def _density(a: Array, x: Array) -> Array:
    return exp_times(poisson_log_prob(a, x), a / x)


@_density.defjvp
def _density_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Differentiate its logarithm: squares of a tiny x would underflow."""
    (a, x), (a_dot, x_dot) = primals, tangents
    density, one = _density(a, x), jnp.ones_like(x)
    _, dot = jax.jvp(lambda a, x: gamma_log_prob(a, one, x), (a, x), (a_dot, x_dot))
    return density, density * dot


def _inside(x: Array) -> tuple[Array, Array]:
    """Return whether x is positive and finite, and an x that is."""
    inside = (x > 0) & (x < math.inf)
    return inside, jnp.where(inside, x, 1)


def _at_end(x: Array) -> Pair:
    """Return P and Q at 0 and at infinity, NaN at NaN."""
    p = jnp.where(x > 0, 1, 0 * x)
    return p, 1 - p


def _differentiate_in_a(a: Array, x: Array) -> tuple[SmallerTail, Array]:
    """Return the smaller tail, and the derivative of its logarithm in a."""
    return differentiate_in_shapes(lambda a: _smaller_tail(a, x), (a,), (jnp.ones_like(a),))


def _smaller_tail(a: Array, x: Array) -> SmallerTail:
    """Return P(a, x) up to x = a, or for small arguments, and Q(a, x) elsewhere; t is log x."""
    tiny = (a < 0.5) & (x < 0.5)
    lower = x <= a
    # With a + 1 the integral does not extend over 1 / a; by parts it gives that of a (DLMF 8.8.5).
    shape = jnp.where(lower, a + 1, a)
    slope = jnp.where(lower, (a - x) + 1, x - a)
    slope, z = jnp.where(tiny, 1, slope), jnp.where(tiny, 1, x)
    sign = jnp.where(lower, -1, 1)
    # Of a huge z squares of u underflow: there u is in units, as only its square counts.
    unit = jnp.where(z > _HUGE, 2.0**-20, 1).astype(x.dtype)
    steep, curved = unit * slope, unit * unit * z
    integral = integrate(
        lambda u: jnp.exp(-steep * u - curved * expm1mx(sign * u)),
        lax.stop_gradient(_cutoff(unit * unit * shape, curved, steep, lower)),
    )
    # One over a huge x may underflow.
    integral = jnp.maximum(integral, float(jnp.finfo(x.dtype).tiny) / unit)
    growth = jnp.where(lower, unit * z * integral, 0)
    ratio = jnp.where(lower, 1 + growth, unit * a * integral)  # of the tail and the kernel
    integral *= unit
    # The logarithms of a product's factors would cancel: they are for one that underflows.
    is_regular = ratio > _LEAST
    log_of_ratio = jnp.log(jnp.where(is_regular, ratio, 1))
    log_upper = jnp.where(is_regular, log_of_ratio, jnp.log(a) + jnp.log(integral))
    log_kernel = poisson_log_prob(a, z)
    log_tail = log_kernel + jnp.where(lower, jnp.log1p(growth), log_upper)
    tail = exp_times(log_kernel, ratio)
    log_hazard = jnp.where(lower, jnp.log(a / (1 + growth)), -jnp.log(integral))
    near_zero = _log_near_zero(jnp.where(tiny, a, 0.25), jnp.where(tiny, x, 0.25))
    return SmallerTail(
        tiny | lower,
        jnp.where(tiny, jnp.exp(near_zero), tail),
        jnp.where(tiny, near_zero, log_tail),
        jnp.where(tiny, poisson_log_prob(a, x) + jnp.log(a) - near_zero, log_hazard),
    )


def _cutoff(a: Array, x: Array, slope: Array, lower: Array) -> Array:
    """Bound the u beyond which the integrand is negligible, from above and within a factor of 2."""
    exponent = negligible_exponent(x.dtype)
    # From exp(-u) - 1 + u >= u^2 / (2 + u).
    b = 2 * slope - exponent
    below = 4 * exponent / (b + hypot(b, jnp.sqrt(a) * jnp.sqrt(8 * exponent)))
    # From exp(u) - 1 - u >= u^2 / 2, and from its growth.
    half = slope / 2  # of which the sum does not overflow
    above = exponent / (half + hypot(half, jnp.sqrt(x) * jnp.sqrt(exponent / 2)))
    above = jnp.minimum(above, jnp.log1p(exponent / x + jnp.sqrt(2 * exponent / x)))
    return jnp.where(lower, below, above)


def _log_near_zero(a: Array, x: Array) -> Array:
    """Compute `log P(a, x)` for small arguments by the power series (DLMF 8.7.1), exact near 1."""
    series = jnp.zeros_like(x)
    for n in range(15, 0, -1):
        series = x * ((-1.0) ** (n - 1) / math.factorial(n) / (a + n) + series)
    return a * jnp.log(x) - lgamma1p(a) + jnp.log1p(-a * series)


@elementwise
def log_gamma_implicit_derivative(a: Array, log_x: Array) -> Array:
    r"""Derivative in a of the logarithm of a gamma variate, at fixed `gammainc`.

    .. math:: \frac{d \log x}{d a} = -\frac{\partial P(a, x) / \partial a}{x\, p(x; a)}

    Figurnov, Mohamed and Mnih, Implicit Reparameterization Gradients (2018).

    Args:
      a: positive, any shape broadcastable with `log_x`.
      log_x: logarithm of the variate, which may underflow.
    """
    # Near 0, P is a power of x, and the derivative is linear in log x.
    lowest = math.log(float(jnp.finfo(log_x.dtype).tiny)) / 2
    clipped = jnp.maximum(log_x, lowest)
    tail, slope = _differentiate_in_a(a, jnp.exp(clipped))
    derivative = -tail.sign * slope * jnp.exp(-tail.log_hazard) + (clipped - log_x) / a
    # Finite, because it is multiplied by variates that underflow.
    largest = float(jnp.finfo(log_x.dtype).max)
    return jnp.clip(derivative, -largest, largest)


@elementwise
def gammaincinv(a: Array, p: Array) -> Array:
    r"""Inverse of `gammainc`: the x with P(a, x) = p, for a > 0 and 0 <= p <= 1.

    Differentiable in both arguments. P(a, x) is p to 8 eps.

    Args:
      a: positive, any shape broadcastable with `p`.
      p: in [0, 1].
    """
    return _inverse(a, p, 1 - p)


@elementwise
def gammainccinv(a: Array, q: Array) -> Array:
    r"""Inverse of `gammaincc`: the x with Q(a, x) = q, for a > 0 and 0 <= q <= 1.

    Differentiable in both arguments.

    Args:
      a: positive, any shape broadcastable with `q`.
      q: in [0, 1].
    """
    return _inverse(a, 1 - q, q)


@custom_jvp
def _inverse(a: Array, p: Array, q: Array) -> Array:
    """Solve `P(a, x) = p` or `Q(a, x) = q`, whichever is smaller, where p + q = 1."""
    lower = p <= q
    inside = (p > 0) & (q > 0)
    target = jnp.log(jnp.where(inside, jnp.minimum(p, q), 0.5))

    def evaluate(log_x: Array) -> tuple[SmallerTail, Array]:
        x = jnp.exp(log_x)
        return _smaller_tail(a, x), a - x

    log_p = jnp.where(lower, target, jnp.log1p(-jnp.where(inside & ~lower, q, 0.5)))
    small = a < 0.5
    of_small = lgamma1p(jnp.where(small, a, 0))
    first_term = (log_p + jnp.where(small, of_small, lgamma(a + 1))) / a
    start = _first_guess(a, target, lower, first_term)
    x = jnp.exp(solve_log_tail(evaluate, lower, target, start))
    x = jnp.where(first_term < -negligible_exponent(x.dtype), jnp.exp(first_term), x)
    # For huge a, log x is rounded more than the distribution is wide.
    huge = a > 1 / float(jnp.finfo(x.dtype).eps)
    x = jnp.where(huge, a * _cube_root(jnp.where(huge, a, 1), target, lower) ** 3, x)
    return jnp.where(inside, x, jnp.where(p > 0, math.inf, 0))


def _first_guess(a: Array, target: Array, lower: Array, first_term: Array) -> Array:
    """Guess log x by Wilson and Hilferty (Abramowitz and Stegun 26.4.17).

    Far from the normal distribution it is the first term of a series.
    """
    cube_root = _cube_root(a, target, lower)
    exponential = jnp.log(jnp.maximum(-target - lgamma(a), 0.1))
    return jnp.where(
        cube_root > 0.3,
        jnp.log(a) + 3 * jnp.log(jnp.maximum(cube_root, 0.3)),
        jnp.where(lower, first_term, exponential),
    )


def _cube_root(a: Array, target: Array, lower: Array) -> Array:
    """Guess the cube root of x / a, which is nearly normal."""
    return 1 - 1 / (9 * a) + normal_quantile(lower, target) / (3 * jnp.sqrt(a))


@_inverse.defjvp
def _inverse_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (a, p, q), (a_dot, p_dot, q_dot) = primals, tangents
    x = _inverse(a, p, q)
    inside = (x > 0) & (x < math.inf)
    z = jnp.where(inside, x, a)
    tail, slope = _differentiate_in_a(a, z)
    slope_a = -tail.sign * slope * z * jnp.exp(-tail.log_hazard)
    slope_p = z * jnp.exp(-tail.log_hazard - tail.log_prob)
    slope_a, slope_p = (jnp.where(inside, slope, 0) for slope in (slope_a, slope_p))
    return x, along(slope_a, a_dot) + along(slope_p, (p_dot - q_dot) / 2)
