"""The log-density of the PERT distribution, with slopes of which no large terms cancel."""

from __future__ import annotations

from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.beta_density import beta_log_prob
from jaxdist.special.f_density import log_less_linear
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.polygamma import digamma_minus_log
from jaxdist.special.quotient import quotient


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

    It is evaluated from the end that is nearer to x.

    Args:
      x: in the interval, of one shape and dtype with the others.
      low: lower end.
      peak: mode.
      high: upper end.
      temperature: positive t.
    """
    return log_density_of_share(x, low, peak, high, temperature) - jnp.log(high - low)


def log_density_of_share(
    x: Array, low: Array, peak: Array, high: Array, temperature: Array
) -> Array:
    """Return the log-density of the share of the interval below x."""
    width, is_low = high - low, x - low < high - x
    a, b = (1 + temperature * (part / width) for part in (peak - low, high - peak))
    a, b = jnp.where(is_low, a, b), jnp.where(is_low, b, a)
    y = jnp.where(is_low, x - low, high - x) / width
    return beta_log_prob(a, b, y)


@pert_log_prob.defjvp
def _pert_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, low, peak, high, t), (x_dot, low_dot, peak_dot, high_dot, t_dot) = primals, tangents
    width = high - low
    inside = (x > low) & (x < high)
    inner = jnp.where(inside, x, low + width / 2)
    (y, rest), (rise, fall) = shares(inner, low, high), shares(peak, low, high)
    of = pert_slopes(y, rest, (inner - peak) / width, rise, fall, t)
    dot = of.x * x_dot + of.low * low_dot + of.peak * peak_dot + of.high * high_dot
    dot = quotient(dot, width) + of.temperature * t_dot
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
    slope_in_rise = t * (_log_quotient_near(y * b, rest * a, excess) - (of_a - of_b))
    curved = rise * log_less_linear(excess / a, jnp.log(y * (c / a)))
    curved += fall * log_less_linear(-excess / b, jnp.log(rest * (c / b)))
    of_t = curved + excess * ((rise - fall) / (a * b)) - (rise * of_a + fall * of_b - of_c)
    of_x = -t * distance / (y * rest)
    return PertSlopes(
        of_x,
        1 - rest * of_x - fall * slope_in_rise,
        slope_in_rise,
        -1 - y * of_x - rise * slope_in_rise,
        of_t,
    )


def _log_quotient_near(x: Array, y: Array, difference: Array) -> Array:
    """Return log(x / y), by the difference x - y where that is small."""
    v = difference / y
    near = jnp.abs(v) < 0.5
    return jnp.where(near, jnp.log1p(jnp.where(near, v, 0)), jnp.log(x / y))
