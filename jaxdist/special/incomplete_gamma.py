"""The regularised incomplete gamma functions, their logarithms, derivatives and inverses.

Both tails are the density at x times a positive integral, so that no digits cancel:

.. math:: Q(a, x) = \\frac{x^a e^{-x}}{\\Gamma(a)} \\int_0^\\infty e^{a u - x (e^u - 1)} du, \\quad
          P(a, x) = \\frac{x^a e^{-x}}{\\Gamma(a)} \\int_0^\\infty e^{-a u + x (1 - e^{-u})} du

The integrand of the smaller tail falls monotonically, so that a fixed rule of quadrature is exact.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.special.approximation import elementwise, integrate, negligible
from jaxdist.special.elementary import expm1mx, log1mexp
from jaxdist.special.gamma import gamma_log_prob, lgamma, lgamma1p, poisson_log_prob
from jaxdist.special.normal import ndtri_exp


@elementwise
def gammainc(a: Array, x: Array) -> Array:
    r"""Regularised lower incomplete gamma function, differentiable in both arguments.

    .. math:: P(a, x) = \frac{1}{\Gamma(a)} \int_0^x t^{a - 1} e^{-t} dt

    Args:
      a: positive, any shape broadcastable with `x`.
      x: non-negative.
    """
    return _tails(a, x)[0]


@elementwise
def gammaincc(a: Array, x: Array) -> Array:
    """Complement of `gammainc`, exact where it is small."""
    return _tails(a, x)[1]


@elementwise
def log_gammainc(a: Array, x: Array) -> Array:
    """Logarithm of `gammainc`, finite where that underflows."""
    return _log_tails(a, x)[0]


@elementwise
def log_gammaincc(a: Array, x: Array) -> Array:
    """Logarithm of `gammaincc`, finite where that underflows."""
    return _log_tails(a, x)[1]


@jax.custom_jvp
def _log_tails(a: Array, x: Array) -> tuple[Array, Array]:
    """Compute `log P(a, x)` and `log Q(a, x)`."""
    lower, log_tail, _ = _smaller_tail(a, _inside(x)[1])
    return _log_both(lower, log_tail, x)


@_log_tails.defjvp
def _log_tails_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (a, x), (a_dot, x_dot) = primals, tangents
    inside, z = _inside(x)
    (lower, log_tail, log_hazard), (_, slope, _) = _along_a(a, z)
    rising = jnp.where(lower, 1, -1) * jnp.exp(log_hazard) / z
    dot = jnp.where(inside, slope, 0) * a_dot + jnp.where(inside, rising, 0) * x_dot
    odds = jnp.exp(log_tail - log1mexp(-log_tail))
    return _log_both(lower, log_tail, x), _both(lower, dot, -odds * dot)


@jax.custom_jvp
def _tails(a: Array, x: Array) -> tuple[Array, Array]:
    """Compute P(a, x) and Q(a, x)."""
    lower, log_tail, _ = _smaller_tail(a, _inside(x)[1])
    return _exp_both(lower, log_tail, x)


@_tails.defjvp
def _tails_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (a, x), (a_dot, x_dot) = primals, tangents
    inside, z = _inside(x)
    (lower, log_tail, _), (_, slope, _) = _along_a(a, z)
    along_a = jnp.where(inside, jnp.where(lower, 1, -1) * jnp.exp(log_tail) * slope, 0)
    density = jnp.where(
        x < math.inf, jnp.exp(gamma_log_prob(a, 1, jnp.where(x < math.inf, x, 1))), 0
    )
    p_dot = along_a * a_dot + density * x_dot
    return _exp_both(lower, log_tail, x), (p_dot, -p_dot)


def _inside(x: Array) -> tuple[Array, Array]:
    """Return whether x is positive and finite, and an x that is."""
    inside = (x > 0) & (x < math.inf)
    return inside, jnp.where(inside, x, 1)


def _both(lower: Array, tail: Array, rest: Array) -> tuple[Array, Array]:
    """Return what belongs to P and what to Q."""
    return jnp.where(lower, tail, rest), jnp.where(lower, rest, tail)


def _exp_both(lower: Array, log_tail: Array, x: Array) -> tuple[Array, Array]:
    inside, _ = _inside(x)
    p, q = _both(lower, jnp.exp(log_tail), -jnp.expm1(log_tail))
    at_end = jnp.where(x > 0, 1, 0 * x)
    return jnp.where(inside, p, at_end), jnp.where(inside, q, 1 - at_end)


def _log_both(lower: Array, log_tail: Array, x: Array) -> tuple[Array, Array]:
    inside, _ = _inside(x)
    log_p, log_q = _both(lower, log_tail, log1mexp(-log_tail))
    at_end = jnp.where(x > 0, 1, 0 * x)
    return jnp.where(inside, log_p, jnp.log(at_end)), jnp.where(inside, log_q, jnp.log(1 - at_end))


def _along_a(a: Array, x: Array) -> tuple[tuple[Array, ...], tuple[Array, ...]]:
    """Return `_smaller_tail` and its derivative in a."""
    return jax.jvp(lambda a: _smaller_tail(a, x), (a,), (jnp.ones_like(a),))


def _smaller_tail(a: Array, x: Array) -> tuple[Array, Array, Array]:
    """Return whether P is meant, its logarithm or that of Q, and `log(x * density / it)`."""
    tiny = (a < 0.5) & (x < 0.5)
    lower = x <= a
    # With a + 1 the integral does not extend over 1 / a; by parts it gives that of a.
    shape = jnp.where(lower, a + 1, a)
    slope = jnp.where(lower, (a - x) + 1, x - a)
    slope, z = jnp.where(tiny, 1, slope), jnp.where(tiny, 1, x)
    sign = jnp.where(lower, -1, 1)
    integral = integrate(
        lambda u: jnp.exp(-slope * u - z * expm1mx(sign * u)),
        lax.stop_gradient(_cutoff(shape, z, slope, lower)),
    )
    log_integral = jnp.where(
        lower, jnp.log1p(jnp.where(lower, z * integral, 0)), jnp.log(a) + jnp.log(integral)
    )
    log_tail = poisson_log_prob(a, z) + log_integral
    log_hazard = jnp.where(lower, jnp.log(a) - log_integral, -jnp.log(integral))
    near_zero = _log_near_zero(jnp.where(tiny, a, 0.25), jnp.where(tiny, x, 0.25))
    return (
        tiny | lower,
        jnp.where(tiny, near_zero, log_tail),
        jnp.where(tiny, poisson_log_prob(a, x) + jnp.log(a) - near_zero, log_hazard),
    )


def _cutoff(a: Array, x: Array, slope: Array, lower: Array) -> Array:
    """Bound the u beyond which the integrand is negligible, from above and within a factor of 2."""
    much = negligible(x.dtype)
    # From exp(-u) - 1 + u >= u^2 / (2 + u).
    b = 2 * slope - much
    below = 4 * much / (b + jnp.hypot(b, jnp.sqrt(8 * a * much)))
    # From exp(u) - 1 - u >= u^2 / 2, and from its growth.
    above = 2 * much / (slope + jnp.hypot(slope, jnp.sqrt(2 * x * much)))
    above = jnp.minimum(above, jnp.log1p(much / x + jnp.sqrt(2 * much / x)))
    return jnp.where(lower, below, above)


def _log_near_zero(a: Array, x: Array) -> Array:
    """Compute `log P(a, x)` for small arguments by the power series, exact where P is near 1."""
    series = jnp.zeros_like(x)
    for n in range(15, 0, -1):
        series = x * ((-1.0) ** (n - 1) / math.factorial(n) / (a + n) + series)
    return a * jnp.log(x) - lgamma1p(a) + jnp.log1p(-a * series)


@elementwise
def log_gamma_path(a: Array, log_x: Array) -> Array:
    r"""Derivative in a of the logarithm of a gamma variate, at fixed `gammainc`.

    .. math:: \frac{d \log x}{d a} = -\frac{\partial P(a, x) / \partial a}{x\, p(x; a)}

    Args:
      a: positive, any shape broadcastable with `log_x`.
      log_x: logarithm of the variate, which may underflow.
    """
    # Near 0, P is a power of x, and the derivative is linear in log x.
    lowest = math.log(float(jnp.finfo(log_x.dtype).tiny)) / 2
    held = jnp.maximum(log_x, lowest)
    (lower, _, log_hazard), (_, slope, _) = _along_a(a, jnp.exp(held))
    return jnp.where(lower, -1, 1) * slope * jnp.exp(-log_hazard) + (held - log_x) / a


@elementwise
def gammaincinv(a: Array, p: Array) -> Array:
    """Inverse of `gammainc` in x, differentiable in both arguments.

    Args:
      a: positive, any shape broadcastable with `p`.
      p: in [0, 1].
    """
    return _inverse(a, p, 1 - p)


@elementwise
def gammainccinv(a: Array, q: Array) -> Array:
    """Inverse of `gammaincc` in x, for `q` in [0, 1], differentiable in both arguments."""
    return _inverse(a, 1 - q, q)


@jax.custom_jvp
def _inverse(a: Array, p: Array, q: Array) -> Array:
    """Solve `P(a, x) = p` or `Q(a, x) = q`, whichever is smaller, where p + q = 1.

    Halley's method in log x, in which the logarithm of either tail is concave.
    """
    lower = p <= q
    inside = (p > 0) & (q > 0)
    target = jnp.log(jnp.where(inside, jnp.minimum(p, q), 0.5))

    def improve(_: int, y: Array) -> Array:
        x = jnp.exp(y)
        from_below, log_smaller, log_hazard = _smaller_tail(a, x)
        log_tail = jnp.where(lower == from_below, log_smaller, log1mexp(-log_smaller))
        hazard = jnp.exp(log_hazard + log_smaller - log_tail)
        excess = jnp.where(lower, 1, -1) * (target - log_tail)
        curvature = (a - x) - jnp.where(lower, 1, -1) * hazard
        newton = excess / hazard
        halley = newton / jnp.maximum(1 + newton * curvature / 2, 0.5)
        return jnp.clip(y + jnp.clip(halley, -8, 8), -80, 80)

    first_term = (jnp.log(jnp.where(inside, p, 0.5)) + lgamma(a + 1)) / a
    start = jnp.clip(_first_guess(a, target, lower, first_term), -80, 80)
    x = jnp.exp(lax.fori_loop(0, 8, improve, start))
    x = jnp.where(first_term < -negligible(x.dtype), jnp.exp(first_term), x)
    return jnp.where(inside, x, jnp.where(p > 0, math.inf, 0))


def _first_guess(a: Array, target: Array, lower: Array, first_term: Array) -> Array:
    """Guess log x by Wilson and Hilferty, or by the first term of a series far from the normal."""
    z = jnp.where(lower, 1, -1) * ndtri_exp(target)
    cube_root = 1 - 1 / (9 * a) + z / (3 * jnp.sqrt(a))
    exponential = jnp.log(jnp.maximum(-target - lgamma(a), 0.1))
    return jnp.where(
        cube_root > 0.3,
        jnp.log(a) + 3 * jnp.log(jnp.maximum(cube_root, 0.3)),
        jnp.where(lower, first_term, exponential),
    )


@_inverse.defjvp
def _inverse_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (a, p, q), (a_dot, p_dot, q_dot) = primals, tangents
    x = _inverse(a, p, q)
    inside = (x > 0) & (x < math.inf)
    z = jnp.where(inside, x, a)
    (lower, log_tail, log_hazard), (_, slope, _) = _along_a(a, z)
    along_a = jnp.where(lower, -1, 1) * slope * z * jnp.exp(-log_hazard)
    along_p = z * jnp.exp(-log_hazard - log_tail)
    x_dot = along_a * a_dot + along_p * (p_dot - q_dot) / 2
    return x, jnp.where(inside, x_dot, 0)
