"""The tails of Student's t distribution, by the beta prime distribution of its square.

For t > 0, t^2 / df is a beta prime variate with parameters 1/2 and df / 2, so that the upper tail
is half of a beta prime one (Abramowitz and Stegun 26.5.27).
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.polynomials import horner
from jaxdist.numerics.quadrature import gauss_legendre_average
from jaxdist.promotion import custom_jvp
from jaxdist.special.betaprime import odds_to_probs
from jaxdist.special.elementwise import elementwise
from jaxdist.special.incomplete_beta import betaincc, log_betaincc, logit_betaincinv
from jaxdist.special.infinite_slopes import along
from jaxdist.special.student_t_center import LARGEST_RATIO, Center, flat_center, mass_of_flat
from jaxdist.special.student_t_density import (
    density_along,
    density_slope_in_df,
    is_far,
    student_t_log_prob,
)

_FARTHEST = 1e30  # t, beyond which it may overflow
_VANISHING = 1e10  # minus the logarithm of a tail, from which others do not matter
_CENTER, _POINTS = 2.0, 20  # the t up to which slopes are integrated, and the number of nodes


def _split_ratio(df: Array, t: Array) -> tuple[Array, Array]:
    """Return t^2/df, clipped where the tail is a pure power, and by how many logs t lies beyond."""
    ratio = t / jnp.sqrt(df)
    clipped = jnp.minimum(ratio, LARGEST_RATIO)
    return clipped * clipped, jnp.log(jnp.maximum(ratio, LARGEST_RATIO) / LARGEST_RATIO)


def _sf(df: Array, odds: Array, beyond: Array) -> Array:
    return betaincc(0.5, df / 2, *odds_to_probs(odds)) / 2 * jnp.exp(-df * beyond)


def _log_sf(df: Array, odds: Array, beyond: Array) -> Array:
    return log_betaincc(0.5, df / 2, *odds_to_probs(odds)) - math.log(2) - df * beyond


# -(df / t) dt/d(df) at fixed probability: powers of t^2/df (rows) and of 1/df. Found by equating
# the powers of 1/df on both sides of the equation for w = -dt/d(df),
# w' - (df + 1) t / (df + t^2) w = d(log p)/d(df).
_SERIES = (
    (0, 1 / 4, 0, -1 / 8, 0, 1 / 4, 0, -17 / 16),
    (1 / 4, 1 / 12, -1 / 24, -1 / 24, 1 / 12, 1 / 12, -17 / 48),
    (-1 / 12, -1 / 24, 1 / 120, 1 / 30, -1 / 60, -5 / 48),
    (1 / 24, 1 / 40, 0, -3 / 140, -3 / 560),
    (-1 / 40, -1 / 60, -1 / 420, 23 / 1680),
    (1 / 60, 1 / 84, 1 / 336),
    (-1 / 84, -1 / 112),
    (1 / 112,),
)


@elementwise
def student_t_implicit_derivative(df: Array, t: Array) -> Array:
    r"""Derivative in df of a standard Student's t variate, at fixed `student_t_sf`.

    .. math:: \frac{dt}{d\nu} = \frac{t}{2 \nu} + \frac{P(T > t)}{p(t)}
              \left.\frac{\partial \log P(T > t)}{\partial \nu}\right|_{t^2 / \nu}, \quad
              \nu = \mathrm{df}

    Where t^2 / ν and 1 / ν are small both terms cancel; there it is the sum of their powers.
    Figurnov, Mohamed and Mnih, Implicit Reparameterization Gradients (2018).

    Args:
      df: positive degrees of freedom, any shape broadcastable with `t`.
      t: non-negative and finite.
    """
    odds, beyond = _split_ratio(df, t)
    log_sf, slope = jax.jvp(lambda df: _log_sf(df, odds, beyond), (df,), (jnp.ones_like(df),))
    hazard = jnp.exp(student_t_log_prob(df, t) - log_sf)
    near = _is_near(df, odds)
    return jnp.where(near, -t * _by_series(df, odds, near), t / (2 * df) + slope / hazard)


def _is_near(df: Array, odds: Array) -> Array:
    """Return where the series in the odds t^2 / df and in 1 / df converges."""
    return odds + 3 / df < (0.25 if jnp.finfo(df.dtype).eps > 1e-10 else 0.02)


def _by_series(df: Array, odds: Array, near: Array) -> Array:
    """Return minus the implicit derivative over t."""
    c, inverse = jnp.where(near, odds, 0), jnp.where(near, 1 / df, 0)
    series = jnp.zeros_like(c)
    for row in reversed(_SERIES):
        series = series * c + horner(row, inverse)
    return series / df


@elementwise
@custom_jvp
def student_t_sf(df: Array, t: Array, log_t: Array) -> Array:
    r"""Upper tail of the standard Student's t distribution, P(T > t) for df > 0 and t >= 0.

    .. math:: \tfrac12 I_{\mathrm{df} / (\mathrm{df} + t^2)}(\mathrm{df} / 2, 1 / 2)

    Abramowitz and Stegun 26.5.27.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      t: non-negative.
      log_t: its logarithm, which carries the derivative where t is large: there the density
        underflows before t times the density does.
    """
    df, t, log_t = vary_with((df, t, log_t))
    near, beyond = clip_far(t, log_t)
    return _sf(df, *_split_ratio(df, near)) * jnp.exp(-df * beyond)


@student_t_sf.defjvp
def _student_t_sf_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (df, t, log_t), (df_dot, *t_dots) = primals, tangents
    near, beyond = clip_far(t, log_t)
    dot = sf_slope_in_df(df, near) * df_dot - density_along(df, near, *t_dots)
    sf = student_t_sf(df, t, log_t)
    return sf, jnp.exp(-df * beyond) * dot - sf * beyond * df_dot


def clip_far(t: Array, log_t: Array) -> tuple[Array, Array]:
    """Return t where it is no larger than any float, and by how many logs it lies beyond that.

    The tail is a power there, whose value matters for a small df.
    """
    is_far = t > _FARTHEST
    return jnp.minimum(t, _FARTHEST), jnp.where(is_far, log_t - math.log(_FARTHEST), 0)


def sf_slope_in_df(df: Array, t: Array) -> Array:
    r"""Derivative of the upper tail in df at fixed t.

    .. math:: \left.\frac{\partial P(T > t)}{\partial \nu}\right|_{t^2 / \nu}
              + \frac{t\, p(t)}{2 \nu}

    The terms cancel near the center, where it is the integral of the density's slope, and where
    t^2 / ν and 1 / ν are small: see `student_t_implicit_derivative`.
    """
    odds, beyond = _split_ratio(df, t)
    _, slope = jax.jvp(lambda df: _sf(df, odds, beyond), (df,), (jnp.ones_like(df),))
    slope += density_along(df, t, t / (2 * df), 1 / (2 * df))
    near = _is_near(df, odds)
    series = _by_series(df, odds, near)
    slope = jnp.where(near, -density_along(df, t, t * series, series), slope)
    central = (t <= _CENTER) & (t * t <= df)
    z = jnp.where(central, t, 0)
    of_density = gauss_legendre_average(
        lambda u: jnp.exp(student_t_log_prob(df, u)) * density_slope_in_df(df, u), z, _POINTS
    )
    slope = jnp.where(central, -z * of_density, slope)
    is_flat, center = flat_center(df, t)
    along_df = Center(jnp.ones_like(center.df), jnp.zeros_like(center.t))
    _, of_center = jax.jvp(mass_of_flat, center, along_df)
    return jnp.where(is_flat, -of_center / 2, slope)


@elementwise
@custom_jvp
def log_student_t_sf(df: Array, t: Array, log_t: Array) -> Array:
    """Logarithm of `student_t_sf`, finite where that underflows.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      t: non-negative.
      log_t: its logarithm: see `student_t_sf`.
    """
    df, t, log_t = vary_with((df, t, log_t))
    odds, beyond = _split_ratio(df, t)
    of_logs = log_t - jnp.log(df) / 2 - math.log(LARGEST_RATIO)
    return _log_sf(df, odds, jnp.where(beyond < math.inf, beyond, of_logs))


@log_student_t_sf.defjvp
def _log_student_t_sf_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (df, t, log_t), (df_dot, t_dot, log_t_dot) = primals, tangents
    log_sf, edge = log_student_t_sf(df, t, log_t), LARGEST_RATIO * jnp.sqrt(df)
    is_power = t > edge  # beyond it log_sf falls by df for every log t
    t = jnp.where(is_power, edge, t)
    beyond = jnp.where(is_power, log_t - jnp.log(edge), 0)
    log_edge_sf = log_sf + df * beyond
    vanishes = log_sf < -_VANISHING  # its slopes are those of log(1 + t^2 / df) (df + 1) / 2
    odds = jnp.where(vanishes, (t / jnp.sqrt(df)) ** 2, 0)
    of_df = (1 - 1 / (1 + odds) - jnp.log1p(odds)) / 2
    log_hazard = student_t_log_prob(df, t) - jnp.where(vanishes, 0, log_edge_sf)
    far_hazard = jnp.log(jnp.where(vanishes, t, 1)) - jnp.log1p(odds)
    log_hazard = jnp.where(vanishes, far_hazard, log_hazard)
    hazard = jnp.exp(log_hazard)
    near_df, near_t = jnp.where(vanishes, 1, df), jnp.where(vanishes, 1, t)
    of_quantile = jnp.where(vanishes, 0, hazard) * student_t_implicit_derivative(near_df, near_t)
    of_df = jnp.where(vanishes, of_df, of_quantile) - beyond
    far = is_far(df, t)
    of_log = jnp.exp(log_hazard + jnp.log(jnp.where(far, t, 1)))
    of_log = jnp.where(is_power, df, of_log)
    dot = along(of_df, df_dot) - along(jnp.where(far, of_log, 0), log_t_dot)
    return log_sf, dot - along(jnp.where(far, 0, hazard), t_dot)


@elementwise
@custom_jvp
def student_t_isf(df: Array, p: Array) -> Array:
    """Inverse of `student_t_sf`: the t >= 0 with P(T > t) = p, for df > 0 and 0 <= p <= 1/2.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `p`.
      p: probability of the upper tail, at most 1/2.
    """
    return jnp.sqrt(df) * jnp.exp(-logit_betaincinv(df / 2, 0.5, 2 * p) / 2)


@student_t_isf.defjvp
def _student_t_isf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (df, p), (df_dot, p_dot) = primals, tangents
    t = student_t_isf(df, p)
    finite = jnp.isfinite(t)
    z = jnp.where(finite, t, 0)
    inverse_density = jnp.exp(-student_t_log_prob(df, z))
    slope = student_t_implicit_derivative(df, z) * df_dot - p_dot * inverse_density
    return t, jnp.where(finite, slope, 0)
