"""The regularized incomplete beta function, its logarithm, derivatives and inverses.

The lower tail is the density at x times a positive integral, so that no digits cancel:

.. math:: I_x(a, b) = \frac{x^a (1 - x)^b}{B(a, b)} \\int_0^\\infty e^{-a u}
                      \\left(1 - x + x e^{-u}\right)^{-a - b} du

Below the mean the integrand falls monotonically, so that a fixed rule of quadrature is exact;
above it, the upper tail is the lower one of 1 - x (DLMF 8.17.4).
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.quadrature import integrate, negligible_exponent
from jaxdist.promotion import custom_jvp
from jaxdist.special.beta import lbeta
from jaxdist.special.beta_density import log_beta_at_end
from jaxdist.special.binomial_density import log_binomial_kernel, split_binomial_kernel
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import expm1mx, log1mexp, log1pmx
from jaxdist.special.gamma import lgamma1p, log_gamma_ratio
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import along
from jaxdist.special.quotient import quotient
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

_HUGE = 1e30  # numbers whose roots are beyond the digits of a share
_WIDEST = 1e36  # numbers whose inverses are regular
_RARE = -1e5  # logarithm of a probability of huge parameters


@elementwise
def betainc(a: Array, b: Array, x: Array, y: Array | None = None) -> Array:
    r"""Regularized incomplete beta function, for a, b > 0 and 0 <= x <= 1.

    .. math:: I_x(a, b) = \frac{1}{B(a, b)} \int_0^x t^{a - 1} (1 - t)^{b - 1} dt

    DLMF 8.17.2. Differentiable in all arguments. Accurate to 4 eps.

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      x: in [0, 1].
      y: `1 - x`, where it is known more exactly than by x.
    """
    return _tails(a, b, x, _complement(x, y))[0]


@elementwise
def betaincc(a: Array, b: Array, x: Array, y: Array | None = None) -> Array:
    r"""Complement of `betainc`, :math:`1 - I_x(a, b) = I_{1 - x}(b, a)`.

    Differentiable in all arguments, which are those of `betainc`. Accurate to 4 eps, also where it
    is small.
    """
    return _tails(a, b, x, _complement(x, y))[1]


@elementwise
def log_betainc(a: Array, b: Array, x: Array, y: Array | None = None) -> Array:
    """Logarithm of `betainc`, finite where that underflows; accurate to 6 eps."""
    return _log_tails(a, b, x, _complement(x, y))[0]


@elementwise
def log_betaincc(a: Array, b: Array, x: Array, y: Array | None = None) -> Array:
    """Logarithm of `betaincc`, finite where that underflows; accurate to 6 eps."""
    return _log_tails(a, b, x, _complement(x, y))[1]


def _complement(x: Array, y: Array | None) -> Array:
    return 1 - x if y is None else y


@custom_jvp
def _log_tails(a: Array, b: Array, x: Array, y: Array) -> Pair:
    """Compute the logarithms of the lower and the upper tail."""
    inside, z, w = _inside(x, y)
    return both_log_tails(smaller_tail(a, b, z, w), inside, (x, y))


@_log_tails.defjvp
def _log_tails_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Pair, Pair]:
    (a, b, x, y), (a_dot, b_dot, x_dot, y_dot) = primals, tangents
    inside, z, w = _inside(x, y)
    tail, slope = _differentiate_in_shapes(a, b, z, w, a_dot, b_dot)
    slope_x = tail.sign / 2 * jnp.exp(tail.log_hazard) / (z * w)
    dot = jnp.where(inside, slope + slope_x * (x_dot - y_dot), 0)
    dots = both_log_tails_dot(tail, dot)
    return both_log_tails(tail, inside, (x, y)), dots


@custom_jvp
def _tails(a: Array, b: Array, x: Array, y: Array) -> Pair:
    """Compute the lower and the upper tail."""
    inside, z, w = _inside(x, y)
    return both_tails(smaller_tail(a, b, z, w), inside, (x, y))


@_tails.defjvp
def _tails_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Pair, Pair]:
    (a, b, x, y), (a_dot, b_dot, x_dot, y_dot) = primals, tangents
    inside, z, w = _inside(x, y)
    tail, slope = _differentiate_in_shapes(a, b, z, w, a_dot, b_dot)
    slope = jnp.where(inside, tail.sign * tail.times_prob(slope), 0)
    at_end = jnp.exp(log_beta_at_end(jnp.where(x > 0, b, a), jnp.where(x > 0, a, b)))
    density = jnp.where(inside, tail.times_prob(jnp.exp(tail.log_hazard) / z / w), at_end)
    p_dot = slope + density * (x_dot - y_dot) / 2
    return both_tails(tail, inside, (x, y)), (p_dot, -p_dot)


def _inside(x: Array, y: Array) -> tuple[Array, Array, Array]:
    """Return whether x is inside (0, 1), and an x and y that are."""
    inside = (x > 0) & (y > 0)
    return inside, jnp.where(inside, x, 0.5), jnp.where(inside, y, 0.5)


def _differentiate_in_shapes(
    a: Array, b: Array, x: Array, y: Array, a_dot: Array, b_dot: Array
) -> tuple[SmallerTail, Array]:
    """Return the smaller tail, and the derivative of its logarithm along the shape parameters."""
    return differentiate_in_shapes(lambda a, b: smaller_tail(a, b, x, y), (a, b), (a_dot, b_dot))


def smaller_tail(
    a: Array, b: Array, x: Array, y: Array, excess: Array | None = None
) -> SmallerTail:
    """Return the lower tail up to the mean, and the upper one beyond it; t is logit x.

    Args:
      a: positive, of one shape and dtype with the others.
      b: positive.
      x: inside (0, 1).
      y: `1 - x`.
      excess: `a y - b x`, where it is known more exactly than by these.
    """
    # Where the sum of both might overflow, or one over them underflow, the variable is constant up
    # to rounding, and the logarithms of probabilities are in proportion to both.
    is_wide = jnp.minimum(a, b) > _WIDEST
    scale = jnp.where(is_wide, 1024, 1)
    a, b = (jnp.where(is_wide, n / 1024, n) for n in (a, b))  # XLA joins a / c + b / c
    excess = None if excess is None else excess / scale
    distance = a * y - b * x if excess is None else excess
    lower = distance >= 0
    a, b = jnp.where(lower, a, b), jnp.where(lower, b, a)
    x, y = jnp.where(lower, x, y), jnp.where(lower, y, x)
    # With a + 1 the integral does not extend over 1 / a; by parts it gives that of a.
    n = a + b + 1
    distance = jnp.abs(distance)
    # Of huge ones squares of u underflow: there u is in units, as only its square counts.
    unit = jnp.where(jnp.minimum(a, b) > _HUGE, 2.0**-20, 1).astype(x.dtype)
    number, slope = unit * unit * n, unit * (distance + y)
    end = cutoff(*lax.stop_gradient((number, x, y, slope)))
    integral = integrate(lambda u: jnp.exp(-cost(number, x, y, slope, u)), end)
    growth = unit * (a + b) * x * integral
    # Where b is small, its share is; growth is as large, and their logarithms would cancel.
    share = quotient(b, a + b)
    total = share + unit * b * x * integral
    # All terms are small where the probability is near 1.
    small = (a < 0.5) & (a < b)
    c, d, z = jnp.where(small, a, 0.25), jnp.where(small, b, 1), jnp.where(small, x, 0.25)
    of_small = c * jnp.log(z) + d * jnp.log1p(-z) - log_beta_power_factor(c, d)
    if excess is None:
        kernel = log_binomial_kernel(a, b, x, y)
    else:
        remainder, ratio = split_binomial_kernel(a, b, x, y, distance)
        kernel = remainder + jnp.log(ratio) / 2
    kernel = jnp.where(small, of_small, kernel)
    total = jnp.where(small, 1 + growth, total)
    log_total = jnp.where(small, jnp.log1p(growth), jnp.log(total))
    log_tail = kernel + log_total
    is_far = (scale > 1) & (log_tail < _RARE)
    log_tail = jnp.where(is_far, scale * log_tail, log_tail)
    log_scale = jnp.where(is_far, jnp.log(scale), jnp.log(scale) / 2)
    log_hazard = jnp.log(a / (1 + growth)) + log_scale
    return SmallerTail(lower, exp_times(kernel, total), log_tail, log_hazard)


def cost(n: Array, x: Array, y: Array, slope: Array, u: Array) -> Array:
    """Minus the logarithm of the integrand."""
    return slope * u + n * _cumulant(x, y, u)


def _cumulant(x: Array, y: Array, u: Array) -> Array:
    """Compute `log(y + x exp(-u)) + x u` by the smaller of x and y, without cancellation."""
    p = jnp.where(x < y, x, y)
    v = jnp.where(x < y, -u, u)
    near = jnp.abs(v) < 1
    w, far = jnp.where(near, v, 0), jnp.where(near, 1, v)
    curved = expm1mx(w)
    close = log1pmx(p * (curved + w)) + p * curved
    return jnp.where(near, close, jnp.log1p(p * jnp.expm1(far)) - p * far)


def cutoff(n: Array, x: Array, y: Array, slope: Array) -> Array:
    """Find a u somewhat beyond which the integrand is negligible."""
    exponent = negligible_exponent(x.dtype)
    u = 2 * exponent / (slope + hypot(slope, jnp.sqrt(2 * n * x * y * exponent)))
    growth = 1.5 * exponent / (n * y)
    u = jnp.where(x > y, jnp.minimum(u, jnp.log1p(growth + jnp.sqrt(2 * growth))), u)

    def newton(_: int, u: Array) -> Array:
        steepness = slope + n * x * y * -jnp.expm1(-u) / (y + x * jnp.exp(-u))
        return jnp.minimum(u + (exponent - cost(n, x, y, slope, u)) / steepness, 80)

    # On a convex function it ends beyond the root.
    return lax.fori_loop(0, 2, newton, jnp.minimum(u, 80))


_FARTHEST = 80.0  # logit of which the probability is a normal number
_LARGEST_LOGIT = 40.0  # beyond it logit(x) is log(x), or -log(1 - x), in float64 too


@elementwise
def logit_beta_implicit_derivative(a: Array, b: Array, logit: Array) -> tuple[Array, Array]:
    r"""Derivatives in a and in b of the logit of a beta variate, at fixed `betainc`.

    .. math:: \frac{d \operatorname{logit} x}{d a}
              = -\frac{\partial I_x(a, b) / \partial a}{x (1 - x)\, p(x; a, b)}

    Figurnov, Mohamed and Mnih, Implicit Reparameterization Gradients (2018).

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      logit: of the variate, which may itself round to 0 or 1.
    """
    # Near an end the tail is a power, and the derivative is linear in the logit.
    clipped = jnp.clip(logit, -_LARGEST_LOGIT, _LARGEST_LOGIT)
    x, y = jax.nn.sigmoid(clipped), jax.nn.sigmoid(-clipped)
    a_dots = jnp.stack([jnp.ones_like(a), jnp.zeros_like(a)])
    b_dots = jnp.stack([jnp.zeros_like(b), jnp.ones_like(b)])  # each of its own type in shard_map
    tail, slopes = jax.vmap(
        lambda a_dot, b_dot: _differentiate_in_shapes(a, b, x, y, a_dot, b_dot),
        out_axes=(None, 0),
    )(a_dots, b_dots)
    slope_a, slope_b = -tail.sign * slopes * jnp.exp(-tail.log_hazard)
    return (
        slope_a + (clipped - jnp.minimum(logit, _LARGEST_LOGIT)) / a,
        slope_b + (clipped - jnp.maximum(logit, -_LARGEST_LOGIT)) / b,
    )


@elementwise
def betaincinv(a: Array, b: Array, p: Array) -> Array:
    r"""Inverse of `betainc`: the x with :math:`I_x(a, b) = p`, for a, b > 0 and 0 <= p <= 1.

    Differentiable in all arguments. :math:`I_x(a, b)` is p to 8 eps.

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


@custom_jvp
def _logit(a: Array, b: Array, p: Array, q: Array) -> Array:
    """Solve for logit x by the smaller of p and q, where p + q = 1."""
    lower = p <= q
    inside = (p > 0) & (q > 0)
    target = jnp.log(jnp.where(inside, jnp.minimum(p, q), 0.5))

    def evaluate(logit: Array) -> tuple[SmallerTail, Array]:
        x, y = jax.nn.sigmoid(logit), jax.nn.sigmoid(-logit)
        return smaller_tail(a, b, x, y), a * y - b * x

    c, other = jnp.where(lower, a, b), jnp.where(lower, b, a)
    first_term = (target + jnp.log(c) + lbeta(a, b)) / c
    logit = solve_log_tail(evaluate, lower, target, _first_guess(a, b, target, lower, first_term))
    threshold = -negligible_exponent(logit.dtype)
    is_power = first_term < threshold - jnp.log1p(other)
    logit = jnp.where(is_power, jnp.where(lower, 1, -1) * first_term, logit)
    # The larger tail may be a power as well, that of a tiny parameter.
    log_larger = jnp.log1p(-jnp.exp(target))
    of_larger = (log_larger + log_beta_power_factor(other, c)) / other
    is_power = of_larger < threshold - jnp.log1p(c)
    logit = jnp.where(is_power, jnp.where(lower, -1, 1) * of_larger, logit)
    # All quantiles are next to an end where one is many times the other.
    middle = jnp.log(a) - jnp.log(b)
    is_far = (jnp.abs(middle) > _FARTHEST - 5) & (jnp.minimum(a, b) > 0.01)
    logit = jnp.where(is_far, middle, logit)
    return jnp.where(inside, logit, jnp.where(p > 0, math.inf, -math.inf))


def log_beta_power_factor(a: Array, b: Array) -> Array:
    r"""Compute :math:`\log a B(a, b)`, exact also for small a, where it is near 0."""
    small = a < 0.5
    s = jnp.where(small, a, 0.5)
    of_small = lgamma1p(s) - log_gamma_ratio(b, s) - s * jnp.log(b)
    return jnp.where(small, of_small, jnp.log(a) + lbeta(a, b))


def _first_guess(a: Array, b: Array, target: Array, lower: Array, first_term: Array) -> Array:
    """Guess logit x by Carter (Abramowitz and Stegun 26.5.22), or by one term of a series."""
    s, t = 1 / (2 * jnp.maximum(a, 1) - 1), 1 / (2 * jnp.maximum(b, 1) - 1)
    z = normal_quantile(lower, target)
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
    # Near an end the tail is a power, and the derivative is linear in the logit.
    clipped = jnp.clip(z, -_FARTHEST, _FARTHEST)
    x, y = jax.nn.sigmoid(clipped), jax.nn.sigmoid(-clipped)
    tail, slope = _differentiate_in_shapes(a, b, x, y, a_dot, b_dot)
    inverse = jnp.where(clipped == z, jnp.exp(-tail.log_prob), 1 / jnp.where(tail.is_lower, p, q))
    slope_p = along(inverse, (p_dot - q_dot) / 2)
    logit_dot = along(jnp.exp(-tail.log_hazard), slope_p - tail.sign * slope)
    low, high = jnp.minimum(z + _FARTHEST, 0), jnp.maximum(z - _FARTHEST, 0)
    logit_dot -= along(quotient(low, a), a_dot) + along(quotient(high, b), b_dot)
    return logit, jnp.where(inside, logit_dot, 0)
