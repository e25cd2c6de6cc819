"""The log-density of the PERT distribution, with slopes of which no large terms cancel."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.beta_density import log_beta_at_end, log_beta_density
from jaxdist.special.exp_log import artanh_remainder
from jaxdist.special.f_density import log_less_linear
from jaxdist.special.infinite_slopes import along
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.polygamma import digamma_minus_log
from jaxdist.special.quotient import quotient
from jaxdist.special.stirling import slope_series


@custom_jvp
def shares(x: Array, low: Array, high: Array) -> tuple[Array, Array]:
    """Return the shares of an interval below and above x, whose slopes do not cancel."""
    width = high - low
    return (x - low) / width, (high - x) / width


@shares.defjvp
def _shares_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (x, low, high), (x_dot, low_dot, high_dot) = primals, tangents
    below, above = shares(x, low, high)
    dot = quotient(x_dot - above * low_dot - below * high_dot, high - low)
    return (below, above), (dot, -dot)


@of_arrays()
@custom_jvp
def pert_log_prob(x: Array, low: Array, peak: Array, high: Array, temperature: Array) -> Array:
    r"""Log-density of the beta distribution on an interval that is given by its mode.

    .. math:: \log \frac{y^{t r} (1 - y)^{t (1 - r)}}{w B(1 + t r, 1 + t (1 - r))}, \quad
              (y, r) = \frac{(x, \mathrm{peak}) - \mathrm{low}}{w}, \quad
              w = \mathrm{high} - \mathrm{low}

    It is evaluated by the distance of x from the mode, without the rounding of the shares.

    Args:
      x: in the interval, of one shape and dtype with the others.
      low: lower end.
      peak: mode.
      high: upper end.
      temperature: positive t.
    """
    return log_density_of_share(x, low, peak, high, temperature) - jnp.log(high - low)


@custom_jvp
def log_density_of_share(
    x: Array, low: Array, peak: Array, high: Array, temperature: Array
) -> Array:
    """Return the log-density of the share of the interval below x."""
    y, rest, distance, inside = place(x, low, peak, high)
    a, b = (1 + temperature * part for part in shares(peak, low, high))
    log_density = log_beta_density(a, b, y, rest, temperature * distance + (y - rest))
    is_low = x - low < high - x
    at_end = log_beta_at_end(jnp.where(is_low, a, b), jnp.where(is_low, b, a))
    return jnp.where(inside, log_density, at_end)


@log_density_of_share.defjvp
def _log_density_of_share_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (_, low, _, high, _), (_, low_dot, _, high_dot, _) = primals, tangents
    _, dot = jax.jvp(pert_log_prob, primals, tangents)
    return log_density_of_share(*primals), dot + quotient(high_dot - low_dot, high - low)


def place(x: Array, low: Array, peak: Array, high: Array) -> tuple[Array, Array, Array, Array]:
    """Return the shares below and above x, that between the mode and x, and whether x is inside.

    They are those of the middle where x is not inside.
    """
    y, rest = shares(x, low, high)
    inside = (y > 0) & (rest > 0)
    inner = jnp.where(inside, x, low + (high - low) / 2)
    y, rest = shares(inner, low, high)
    return y, rest, (inner - peak) / (high - low), inside


@pert_log_prob.defjvp
def _pert_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, low, peak, high, t), (x_dot, low_dot, peak_dot, high_dot, t_dot) = primals, tangents
    width, (y, rest, distance, inside) = high - low, place(x, low, peak, high)
    rise, fall = shares(peak, low, high)
    of = pert_slopes(y, rest, distance, rise, fall, t)
    dot = along(of.x, x_dot) + along(of.low, low_dot)
    dot += along(of.peak, peak_dot) + along(of.high, high_dot)
    dot = quotient(dot, width) + along(of.temperature, t_dot)
    return pert_log_prob(x, low, peak, high, t), jnp.where(inside, dot, 0)


class PertSlopes(NamedTuple):
    """Derivatives of the log-density; those in all but the temperature times the width."""

    x: Array
    low: Array
    peak: Array
    high: Array
    temperature: Array


def pert_slopes(
    y: Array, rest: Array, distance: Array, rise: Array, fall: Array, t: Array
) -> PertSlopes:
    r"""Return the slopes, with a, b the concentrations, c = a + b and :math:`e = y c - a`.

    Args:
      y: share of the interval below x.
      rest: `1 - y`.
      distance: of x from the mode, as a share of the interval.
      rise: share of the interval below the mode.
      fall: `1 - rise`.
      t: temperature.
    """
    a, b = 1 + t * rise, 1 + t * fall
    c = a + b
    excess = t * distance + (y - rest)
    of_a, of_b, of_c = (digamma_minus_log(n) for n in (a, b, c))
    curved_a = log_less_linear(excess / a, jnp.log(y * (c / a)))
    curved_b = log_less_linear(-excess / b, jnp.log(rest * (c / b)))
    of_t = rise * curved_a + fall * curved_b + excess * ((rise - fall) / (a * b))
    of_x = -t * distance / (y * rest)
    # L - D of the derivatives in the share below the mode, t (L - D), and in the ends.
    logs = _log_quotient_near(y * b, rest * a, excess)
    psis = of_a - of_b
    of_low = 1 + t * (distance / y - fall * (logs - psis))
    of_high = -1 + t * (distance / rest - rise * (logs - psis))
    # Near the mode their terms of first order cancel.
    is_near = jnp.abs(excess) < 0.5 * jnp.minimum(a, b)
    second = curved_a - curved_b - psis
    linear = excess * (c / (a * b))
    near_low = rest / y - excess / y * (excess / a) + linear - fall * t * second
    near_high = -y / rest + excess / rest * (excess / b) + linear - rise * t * second
    return PertSlopes(
        of_x,
        jnp.where(is_near, near_low, of_low),
        t * (logs - psis),
        jnp.where(is_near, near_high, of_high),
        of_t - (rise * of_a + fall * of_b - of_c),
    )


def _log_quotient_near(x: Array, y: Array, difference: Array) -> Array:
    """Return log(x / y), by the difference x - y where that is small."""
    v = difference / y
    near = jnp.abs(v) < 0.5
    return jnp.where(near, jnp.log1p(jnp.where(near, v, 0)), jnp.log(x / y))


def pert_slope_moments(a: Array, b: Array) -> tuple[Array, Array, Array]:
    r"""Split the slopes in low, high and temperature into orders of the distance from the mean.

    .. math:: \alpha_0 + \alpha_1 e + \alpha_2 (e^2 - E[e^2]) + R(e), \quad e = y c - a

    The rests R are `pert_slope_rests`; the three coefficients are arrays of three.
    """
    c, t = a + b, jnp.maximum(a + b - 2, 1)  # the temperature, where it is used
    of_a, of_b, of_c = (slope_series(n) for n in (a, b, c))

    def of_low(a: Array, b: Array, psis: Array) -> tuple[Array, Array, Array]:
        constant = b / a * (a + c) / a + (b - 1) / b * (a - b) / (2 * a)
        square = (b - 1) * (1 / a - 1 / b) * (1 / a + 1 / b) / 2 - (a - 1) / a * (c / a) / a
        return constant / (c + 1) + (b - 1) * psis, c / a * (a - b) / a / b, square

    low, high = of_low(a, b, of_a - of_b), of_low(b, a, of_b - of_a)
    rise, fall = (a - 1) / t, (b - 1) / t
    constant = ((c + 2) - c / a * (c / b)) / c / t / (c + 1) / 2
    constant -= rise * of_a + fall * of_b - of_c
    return (
        jnp.stack([low[0], -high[0], constant]),
        jnp.stack([low[1], high[1], (rise - fall) / a / b]),
        jnp.stack([low[2], -high[2], -(rise / a / a + fall / b / b) / 2]),
    )


def pert_slope_rests(
    a: Array, b: Array, y: Array, rest: Array, excess: Array
) -> tuple[Array, Array, Array]:
    """Return the rests of `pert_slope_moments`, at the share y, its complement and e."""
    c, t = a + b, jnp.maximum(a + b - 2, 1)  # the temperature, where it is used
    v, w = excess / a, -excess / b
    of_a, of_b = _log_rest(v, y * (c / a)), _log_rest(w, rest * (c / b))
    low = (a - 1) / a * c * v**3 / (y * (c / a)) - (b - 1) * (of_a - of_b)
    high = (b - 1) / b * c * w**3 / (rest * (c / b)) - (a - 1) * (of_b - of_a)
    return low, -high, (a - 1) / t * of_a + (b - 1) / t * of_b


def _log_rest(v: Array, growth: Array) -> Array:
    """Return `log(1 + v) - v + v^2 / 2`, given 1 + v, which is exact where it is small."""
    near = (v > -0.5) & (v < 1)
    u = jnp.where(near, v, 0)
    r = u / (2 + u)
    series = u**3 / (2 * (2 + u)) + 2 * r * artanh_remainder(r)
    return jnp.where(near, series, jnp.log(growth) - v + v * v / 2)
