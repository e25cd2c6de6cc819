"""Log-densities of the beta and the Dirichlet distribution.

No large logarithms cancel: they are ratios of gamma densities, by the error of Stirling's formula.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.promotion import custom_jvp
from jaxdist.special.beta import sort_pair
from jaxdist.special.binomial_density import log_binomial_kernel, split_binomial_kernel
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.deviance import log_gamma_kernel, log_ratio
from jaxdist.special.elementwise import elementwise
from jaxdist.special.infinite_slopes import along
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.polygamma import digamma_minus_log
from jaxdist.special.quotient import log1p_quotient, quotient
from jaxdist.special.stirling import (
    shift_by_recurrence,
    slope_series,
    slope_series_difference,
    sqrt_two_pi_times,
    stirling_error,
    stirling_series,
    stirling_slope,
)


@elementwise
def beta_log_prob(a: Array, b: Array, x: Array) -> Array:
    r"""Log-density of the beta distribution, for a, b > 0 and 0 <= x <= 1.

    .. math:: \log \frac{x^{a - 1} (1 - x)^{b - 1}}{B(a, b)}

    Accurate to 4 eps.

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      x: in [0, 1].
    """
    low, high = x == 0, x == 1
    log_prob = _beta_inside(a, b, jnp.where(low | high, 0.5, x))
    distance = jnp.where(low, x, jnp.where(high, 1 - x, 0))  # 0, with a derivative in x
    nearer, other = jnp.where(low, a, b), jnp.where(low, b, a)
    slope = jnp.where(nearer == 1, other - 1, 0)
    at_end = log_beta_at_end(nearer, other) + slope * jnp.log1p(-distance)
    return jnp.where(low | high, at_end, log_prob)


@custom_jvp
def _beta_inside(a: Array, b: Array, x: Array) -> Array:
    return log_beta_density(a, b, x, 1 - x)


def log_beta_density(a: Array, b: Array, x: Array, y: Array, excess: Array | None = None) -> Array:
    """Compute `beta_log_prob` for 0 < x < 1 and y = 1 - x, which is rounded less than x.

    It is the product of gamma densities at t x and t y, for t = m + n, over that of their sum. At
    x = 0 or y = 0 it is right if the exponent of that one is 0.

    Args:
      a: positive, of one shape and dtype with the others.
      b: positive.
      x: inside (0, 1).
      y: `1 - x`.
      excess: `b x - a y` for a and b of at least 1/2, where it is known more exactly.
    """
    unit = _unit_of_sum(a, b)
    a, b, excess = a / unit, b / unit, None if excess is None else excess / unit
    (small_a, m, _), (small_b, n, _) = shift_by_recurrence(a), shift_by_recurrence(b)
    t, excess = m + n, n * x - m * y if excess is None else excess
    kernel_x = log_gamma_kernel(jnp.where(small_a, a, a - 1), m, x, t, excess)
    kernel_y = log_gamma_kernel(jnp.where(small_b, b, b - 1), n, y, t, -excess)
    of_b = jnp.where(small_b, b / jnp.where(small_b, y, 1), 1)
    shift = jnp.where(small_a, a / jnp.where(small_a, x, 1), 1)
    shift = shift * jnp.where(small_a & small_b, of_b / (a + b), of_b)
    is_shifted, divisor = small_a | small_b, jnp.where(small_b, m, a) + b
    share = jnp.where(is_shifted, t / divisor, t)
    larger, smaller = jnp.maximum(m, n), jnp.minimum(m, n)  # whose ratio may underflow
    factor = jnp.log(shift) + jnp.log(share / sqrt_two_pi_times(smaller * (larger / t)))
    log_prob = (factor + jnp.log(unit) / 2) + (kernel_x + kernel_y) * unit
    return log_prob + stirling_series(t) - stirling_series(m) - stirling_series(n)


@_beta_inside.defjvp
def _beta_inside_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (a, b, x), (a_dot, b_dot, x_dot) = primals, tangents
    y = 1 - x
    slope_a, slope_b = beta_scores(a, b, x, y)
    slope_x = 4 * (quotient((a - 1) / 4, x) - quotient((b - 1) / 4, y))  # both may overflow
    dot = slope_a * a_dot + slope_b * b_dot + along(slope_x, x_dot)
    return _beta_inside(a, b, x), dot


def _unit_of_sum(a: Array, b: Array) -> Array:
    """Return a unit of concentrations in which their sum is finite: 4, or 1 where it is.

    Divided by it, they are so large that differences of their gamma functions are pure powers.
    """
    return jnp.where(a + b < math.inf, 1.0, 4.0).astype(a.dtype)


def beta_scores(a: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Return the derivatives of `log_beta_density` in a and b.

    That in a is log x + psi(a + b) - psi(a). The terms may be small for the larger one of x and y,
    and are large and cancel for the smaller.
    """
    unit = _unit_of_sum(a, b)
    a, b, low = a / unit, b / unit, x < y
    p, c, d = jnp.where(low, x, y), jnp.where(low, a, b), jnp.where(low, b, a)
    small_c, m, inverse = shift_by_recurrence(c)
    small_d, n, inverse_d = shift_by_recurrence(d)
    t, total = m + n, a + b
    rest = c / (n + c) * 0.5 / n + slope_series_difference(n, c) + c / total * inverse_d
    of_larger = (jnp.log1p(-p) + log1p_quotient(c, n)) + rest
    shift = jnp.where(small_c, d / total * inverse, -jnp.where(small_d, 1 / total, 0))
    shift -= jnp.where(small_c & small_d, 1 / (total + 1), 0)
    psi = slope_series(t) - slope_series(m) + n / t * 0.5 / m + shift
    of_smaller = log_ratio(p, t, m, n * p - m * (1 - p)) + psi
    return jnp.where(low, of_smaller, of_larger), jnp.where(low, of_larger, of_smaller)


def log_beta_at_end(a: Array, b: Array) -> Array:
    """Log-density of the beta distribution at 0."""
    return jnp.where(a < 1, math.inf, jnp.where(a > 1, -math.inf, jnp.log(b)))


@of_arrays()
def log_beta_kernel(a: Array, b: Array, x: Array, y: Array) -> Array:
    r"""Compute :math:`\log \frac{x^a y^b}{B(a, b)}` for 0 < x < 1 and y = 1 - x.

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      x: inside (0, 1).
      y: `1 - x`.
    """
    a, b, x, y = jnp.broadcast_arrays(a, b, x, y)
    inside, of_powers = _regular_powers(a, b, x, y)
    return log_binomial_kernel(a, b, *inside) + of_powers + jnp.log(_parallel(a, b))


def split_beta_kernel(a: Array, b: Array, x: Array, y: Array) -> tuple[Array, Array]:
    """Split `log_beta_kernel` into e and f of `e + log(f)`.

    Sums of several round least where the f are multiplied before the logarithm is taken.
    """
    (x, y), of_powers = _regular_powers(a, b, x, y)
    exponent, ratio = split_binomial_kernel(a, b, x, y, a * y - b * x)
    factor = _parallel(a, b)
    tiny = factor < 1e-30  # its product with others may underflow
    exponent += of_powers + jnp.where(tiny, jnp.log(factor), 0)
    return exponent, jnp.sqrt(ratio) * jnp.where(tiny, 1, factor)


def _parallel(a: Array, b: Array) -> Array:
    """Return `a b / (a + b)`, where neither the product nor a quotient is out of range."""
    smaller, larger = sort_pair(a, b)
    return smaller * (larger / (a + b))


def _regular_powers(a: Array, b: Array, x: Array, y: Array) -> tuple[tuple[Array, Array], Array]:
    """Return x and y that are not too small, and the logarithm of their powers that is missing.

    Of a smaller one, the product with a + b may underflow; there the kernel is a pure power.
    """
    least = lax.stop_gradient(8 * jnp.finfo(x.dtype).tiny / jnp.clip(a + b, 1e-20, 8))
    below, above = (jnp.log(jnp.minimum(v, least)) - jnp.log(least) for v in (x, y))
    return (jnp.maximum(x, least), jnp.maximum(y, least)), a * below + b * above


@of_arrays(axes=1)
@custom_jvp
def dirichlet_log_prob(a: Array, x: Array) -> Array:
    r"""Log-density of the Dirichlet distribution, for a > 0 and x >= 0.

    .. math:: \log \Gamma\Big(\sum_i a_i\Big) \prod_i \frac{x_i^{a_i - 1}}{\Gamma(a_i)}

    It is the density of gamma variates at :math:`t x_i` over that of their sum t, for
    :math:`t = \sum_i a_i`, after x, which sums to one up to rounding, is normalized.

    Args:
      a: positive, shape `(..., k)`, broadcastable with `x`.
      x: non-negative, shape `(..., k)`.
    """
    t, sum_of_x = jnp.sum(a, -1, keepdims=True), jnp.sum(x, -1, keepdims=True)
    x = _normalize(x)
    small, n, _ = shift_by_recurrence(a)
    shift = jnp.where(small, a / t, 1) / jnp.sqrt(2 * math.pi * n / t) / jnp.where(small, x, 1)
    kernels = log_gamma_kernel(jnp.where(small, a, a - 1), n, x, t, t * x - n)
    terms = jnp.log(shift) + kernels - stirling_series(n)
    total = (a.shape[-1] - 1) / 2 * jnp.log(t) + (LOG_TWO_PI / 2 + stirling_error(t))
    total += (t - a.shape[-1]) * jnp.log(sum_of_x)
    log_prob = jnp.sum(terms, -1) + total[..., 0]
    zero = (x == 0) & (a != 1)
    at_edge = jnp.where(jnp.any(zero & (a > 1), -1), -math.inf, math.inf)
    return jnp.where(jnp.any(zero, -1), at_edge, log_prob)


@dirichlet_log_prob.defjvp
def _dirichlet_log_prob_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Differentiate: log(x) + psi(t) - psi(a) in a, (a - 1) / x in x; 0 at edges."""
    (a, x), (a_dot, x_dot) = primals, tangents
    t, probs = jnp.sum(a, -1, keepdims=True), _normalize(x)
    _, n, inverse = shift_by_recurrence(a)
    psi_t = stirling_slope(t) - 0.5 / t
    slope_a = log_ratio(probs, t, n, t * probs - n) - digamma_minus_log(n) + inverse + psi_t
    slope_x = quotient(a - 1, jnp.maximum(x, jnp.finfo(x.dtype).tiny))
    dot = jnp.sum(slope_a * a_dot + slope_x * x_dot, -1)
    at_edge = jnp.any((x == 0) & (a != 1), -1)
    return dirichlet_log_prob(a, x), jnp.where(at_edge, 0, dot)


def _normalize(x: Array) -> Array:
    """Return `x / sum(x)`: 0 where x is, and nowhere else."""
    probs = x / jnp.sum(x, -1, keepdims=True)
    return jnp.where(x > 0, jnp.maximum(probs, jnp.finfo(x.dtype).tiny), 0)
