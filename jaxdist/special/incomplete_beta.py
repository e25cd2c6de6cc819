"""The regularised incomplete beta function, its logarithm, derivatives and inverses.

The lower tail is the density at x times a positive integral, so that no digits cancel:

.. math:: I_x(a, b) = \\frac{x^a (1 - x)^b}{B(a, b)} \\int_0^\\infty e^{-a u}
                      \\left(1 - x + x e^{-u}\\right)^{-a - b} du

Below the mean the integrand falls monotonically, so that a fixed rule of quadrature is exact;
above it, the upper tail is the lower one of 1 - x.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.special.approximation import elementwise, integrate, negligible
from jaxdist.special.beta import lbeta, log_beta_at_end, log_binomial_kernel
from jaxdist.special.elementary import expm1mx, log1mexp, log1pmx
from jaxdist.special.normal import ndtri_exp


@elementwise
def betainc(a: Array, b: Array, x: Array, y: Array | None = None) -> Array:
    r"""Regularised incomplete beta function, differentiable in all arguments.

    .. math:: I_x(a, b) = \frac{1}{B(a, b)} \int_0^x t^{a - 1} (1 - t)^{b - 1} dt

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      x: in [0, 1].
      y: `1 - x`, where it is known more exactly than x tells.
    """
    return _tails(a, b, x, _complement(x, y))[0]


@elementwise
def betaincc(a: Array, b: Array, x: Array, y: Array | None = None) -> Array:
    """Complement of `betainc`, exact where it is small."""
    return _tails(a, b, x, _complement(x, y))[1]


@elementwise
def log_betainc(a: Array, b: Array, x: Array, y: Array | None = None) -> Array:
    """Logarithm of `betainc`, finite where that underflows."""
    return _log_tails(a, b, x, _complement(x, y))[0]


@elementwise
def log_betaincc(a: Array, b: Array, x: Array, y: Array | None = None) -> Array:
    """Logarithm of `betaincc`, finite where that underflows."""
    return _log_tails(a, b, x, _complement(x, y))[1]


def _complement(x: Array, y: Array | None) -> Array:
    return 1 - x if y is None else y


@jax.custom_jvp
def _log_tails(a: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Compute the logarithms of the lower and the upper tail."""
    lower, log_tail, _ = _smaller_tail(a, b, *_inside(x, y)[1:])
    return _log_both(lower, log_tail, x, y)


@_log_tails.defjvp
def _log_tails_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (a, b, x, y), (a_dot, b_dot, x_dot, y_dot) = primals, tangents
    inside, z, w = _inside(x, y)
    lower, log_tail, log_hazard, slope = _along_shapes(a, b, z, w, a_dot, b_dot)
    rising = jnp.where(lower, 0.5, -0.5) * jnp.exp(log_hazard) / (z * w)
    dot = jnp.where(inside, slope + rising * (x_dot - y_dot), 0)
    odds = jnp.exp(log_tail - log1mexp(-log_tail))
    return _log_both(lower, log_tail, x, y), _both(lower, dot, -odds * dot)


@jax.custom_jvp
def _tails(a: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Compute the lower and the upper tail."""
    lower, log_tail, _ = _smaller_tail(a, b, *_inside(x, y)[1:])
    return _exp_both(lower, log_tail, x, y)


@_tails.defjvp
def _tails_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (a, b, x, y), (a_dot, b_dot, x_dot, y_dot) = primals, tangents
    inside, z, w = _inside(x, y)
    lower, log_tail, log_hazard, slope = _along_shapes(a, b, z, w, a_dot, b_dot)
    along_shapes = jnp.where(inside, jnp.where(lower, 1, -1) * jnp.exp(log_tail) * slope, 0)
    at_end = log_beta_at_end(jnp.where(x > 0, b, a), jnp.where(x > 0, a, b))
    density = jnp.exp(jnp.where(inside, log_tail + log_hazard - jnp.log(z * w), at_end))
    p_dot = along_shapes + density * (x_dot - y_dot) / 2
    return _exp_both(lower, log_tail, x, y), (p_dot, -p_dot)


def _inside(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return whether x is inside (0, 1), and an x and y that are."""
    inside = (x > 0) & (y > 0)
    return inside, jnp.where(inside, x, 0.5), jnp.where(inside, y, 0.5)


def _both(lower: Array, tail: Array, rest: Array) -> tuple[Array, Array]:
    """Return what belongs to the lower tail and what to the upper one."""
    return jnp.where(lower, tail, rest), jnp.where(lower, rest, tail)


def _exp_both(lower: Array, log_tail: Array, x: Array, y: Array) -> tuple[Array, Array]:
    inside = _inside(x, y)[0]
    p, q = _both(lower, jnp.exp(log_tail), -jnp.expm1(log_tail))
    return jnp.where(inside, p, x), jnp.where(inside, q, y)


def _log_both(lower: Array, log_tail: Array, x: Array, y: Array) -> tuple[Array, Array]:
    inside = _inside(x, y)[0]
    log_p, log_q = _both(lower, log_tail, log1mexp(-log_tail))
    return jnp.where(inside, log_p, jnp.log(x)), jnp.where(inside, log_q, jnp.log(y))


def _along_shapes(
    a: Array, b: Array, x: Array, y: Array, a_dot: Array, b_dot: Array
) -> tuple[Array, Array, Array, Array]:
    """Return `_smaller_tail`, and the derivative of its logarithm along the shape parameters."""

    def smaller_tail(a: Array, b: Array) -> tuple[Array, tuple[Array, Array]]:
        lower, log_tail, log_hazard = _smaller_tail(a, b, x, y)
        return log_tail, (lower, log_hazard)

    log_tail, slope, (lower, log_hazard) = jax.jvp(
        smaller_tail, (a, b), (a_dot, b_dot), has_aux=True
    )
    return lower, log_tail, log_hazard, slope


def _smaller_tail(a: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return whether the lower tail is meant, its logarithm, and `log(x y density / tail)`."""
    lower = a * y >= b * x
    a, b = jnp.where(lower, a, b), jnp.where(lower, b, a)
    x, y = jnp.where(lower, x, y), jnp.where(lower, y, x)
    # With a + 1 the integral does not extend over 1 / a; by parts it gives that of a.
    n = a + b + 1
    slope = (a * y - b * x) + y

    def cost(u: Array) -> Array:
        return slope * u + n * _cumulant(x, y, u)

    cutoff = lax.stop_gradient(_cutoff(cost, n, x, y, slope))
    integral = integrate(lambda u: jnp.exp(-cost(u)), cutoff)
    log_integral = jnp.log1p((a + b) * x * integral)
    log_share = jnp.log(b / (a + b))
    return (
        lower,
        log_binomial_kernel(a, b, x, y) + log_integral + log_share,
        jnp.log(a) - log_integral,
    )


def _cumulant(x: Array, y: Array, u: Array) -> Array:
    """Compute `log(y + x exp(-u)) + x u` by the smaller of x and y, without cancellation."""
    p = jnp.where(x < y, x, y)
    v = jnp.where(x < y, -u, u)
    near = jnp.abs(v) < 1
    w, far = jnp.where(near, v, 0), jnp.where(near, 1, v)
    curved = expm1mx(w)
    close = log1pmx(p * (curved + w)) + p * curved
    return jnp.where(near, close, jnp.log1p(p * jnp.expm1(far)) - p * far)


def _cutoff(cost: Callable[[Array], Array], n: Array, x: Array, y: Array, slope: Array) -> Array:
    """Find a u somewhat beyond which the integrand is negligible."""
    much = negligible(x.dtype)
    u = 2 * much / (slope + jnp.hypot(slope, jnp.sqrt(2 * n * x * y * much)))
    growth = 1.5 * much / (n * y)
    u = jnp.where(x > y, jnp.minimum(u, jnp.log1p(growth + jnp.sqrt(2 * growth))), u)
    for _ in range(2):
        # Newton's method on a convex function, which ends beyond the root.
        u = jnp.minimum(u, 80)
        e = jnp.exp(-u)
        steepness = slope + n * x * y * -jnp.expm1(-u) / (y + x * e)
        u = u + (much - cost(u)) / steepness
    return jnp.minimum(u, 80)


_FAR = 40.0  # logits beyond it differ from a logarithm by less than any precision


@elementwise
def logit_beta_path(a: Array, b: Array, logit: Array) -> tuple[Array, Array]:
    r"""Derivatives in a and in b of the logit of a beta variate, at fixed `betainc`.

    .. math:: \frac{d \operatorname{logit} x}{d a}
              = -\frac{\partial I_x(a, b) / \partial a}{x (1 - x)\, p(x; a, b)}

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      logit: of the variate, which may itself round to 0 or 1.
    """
    # Near an end the tail is a power, and the derivative is linear in the logit.
    held = jnp.clip(logit, -_FAR, _FAR)
    x, y = jax.nn.sigmoid(held), jax.nn.sigmoid(-held)
    one, zero = jnp.ones_like(a), jnp.zeros_like(a)
    lower, _, log_hazard, slopes = jax.vmap(
        lambda a_dot, b_dot: _along_shapes(a, b, x, y, a_dot, b_dot), out_axes=(None, None, None, 0)
    )(jnp.stack([one, zero]), jnp.stack([zero, one]))
    along_a, along_b = jnp.where(lower, -1, 1) * slopes * jnp.exp(-log_hazard)
    return along_a + (held - jnp.minimum(logit, _FAR)) / a, along_b + (
        held - jnp.maximum(logit, -_FAR)
    ) / b


@elementwise
def betaincinv(a: Array, b: Array, p: Array) -> Array:
    """Inverse of `betainc` in x, differentiable in all arguments.

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      p: in [0, 1].
    """
    return jax.nn.sigmoid(_logit(a, b, p, 1 - p))


@elementwise
def logit_betaincinv(a: Array, b: Array, p: Array) -> Array:
    """Logit of `betaincinv`, `log(x) - log(1 - x)`, which is exact near both ends."""
    return _logit(a, b, p, 1 - p)


@jax.custom_jvp
def _logit(a: Array, b: Array, p: Array, q: Array) -> Array:
    """Solve for logit x by the smaller of p and q, where p + q = 1.

    Halley's method in logit x, in which the logarithm of either tail is concave.
    """
    lower = p <= q
    sign = jnp.where(lower, 1, -1)
    inside = (p > 0) & (q > 0)
    target = jnp.log(jnp.where(inside, jnp.minimum(p, q), 0.5))

    def improve(_: int, logit: Array) -> Array:
        x, y = jax.nn.sigmoid(logit), jax.nn.sigmoid(-logit)
        from_below, log_smaller, log_hazard = _smaller_tail(a, b, x, y)
        log_tail = _log_tail(lower, from_below, log_smaller)
        hazard = jnp.exp(log_hazard + log_smaller - log_tail)
        newton = sign * (target - log_tail) / hazard
        halley = newton / jnp.maximum(1 + newton * (a * y - b * x - sign * hazard) / 2, 0.5)
        return jnp.clip(logit + jnp.clip(halley, -8, 8), -80, 80)

    c, other = jnp.where(lower, a, b), jnp.where(lower, b, a)
    first_term = (target + jnp.log(c) + lbeta(a, b)) / c
    start = jnp.clip(_first_guess(a, b, target, lower, first_term), -80, 80)
    logit = lax.fori_loop(0, 8, improve, start)
    vanished = first_term < -negligible(logit.dtype) - jnp.log1p(other)
    logit = jnp.where(vanished, sign * first_term, logit)
    return jnp.where(inside, logit, jnp.where(p > 0, math.inf, -math.inf))


def _log_tail(wanted: Array, lower: Array, log_tail: Array) -> Array:
    """Return the logarithm of the wanted tail, given that of one of them."""
    return jnp.where(wanted == lower, log_tail, log1mexp(-log_tail))


def _first_guess(a: Array, b: Array, target: Array, lower: Array, first_term: Array) -> Array:
    """Guess logit x by Carter (Abramowitz and Stegun 26.5.22), or by one term of a series."""
    s, t = 1 / (2 * jnp.maximum(a, 1) - 1), 1 / (2 * jnp.maximum(b, 1) - 1)
    z = jnp.where(lower, 1, -1) * ndtri_exp(target)
    h, l = 2 / (s + t), (z * z - 3) / 6
    w = -z * jnp.sqrt(jnp.maximum(h + l, 0)) / h - (t - s) * (l + 5 / 6 - 2 / (3 * h))
    carter = jnp.log(a / b) - 2 * w
    near_end = first_term < -0.1
    logit = first_term - log1mexp(-jnp.where(near_end, first_term, -1))
    series = jnp.where(near_end, jnp.where(lower, logit, -logit), jnp.log(a / b))
    return jnp.where((a > 1) & (b > 1), carter, series)


@_logit.defjvp
def _logit_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    (a, b, p, q), (a_dot, b_dot, p_dot, q_dot) = primals, tangents
    logit = _logit(a, b, p, q)
    inside = jnp.abs(logit) < math.inf
    z = jnp.where(inside, logit, 0)
    x, y = jax.nn.sigmoid(z), jax.nn.sigmoid(-z)
    lower, log_tail, log_hazard, slope = _along_shapes(a, b, x, y, a_dot, b_dot)
    along_p = jnp.exp(-log_tail) * (p_dot - q_dot) / 2
    logit_dot = jnp.exp(-log_hazard) * (jnp.where(lower, -1, 1) * slope + along_p)
    return logit, jnp.where(inside, logit_dot, 0)
