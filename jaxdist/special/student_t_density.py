"""The density of Student's t distribution, and its slopes."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.betaprime import odds_to_probs
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import log1p_square
from jaxdist.special.gamma import log_gamma_ratio
from jaxdist.special.infinite_slopes import along
from jaxdist.special.location_scale import standardize
from jaxdist.special.multivariate_student_t import slope_in_df
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.products import half
from jaxdist.special.quotient import quotient

_HUGE = 1e19  # its square has no last bit left for one


@elementwise
def student_t_log_normalizer(df: Array) -> Array:
    r"""Log-density of the standard Student's t distribution at 0, for df > 0.

    .. math:: \log p(0) = \log \frac{\Gamma(a + 1/2)}{\Gamma(a) \sqrt{2 \pi a}}, \quad
              a = \mathrm{df} / 2

    Args:
      df: positive degrees of freedom, any shape.
    """
    return log_gamma_ratio(half(df), 0.5) - LOG_TWO_PI / 2


@elementwise
def student_t_log_prob(df: Array, t: Array) -> Array:
    r"""Log-density of the standard Student's t distribution, for df > 0.

    .. math:: p(t) = p(0)\, (1 + t^2 / \mathrm{df})^{-(\mathrm{df} + 1) / 2}

    Args:
      df: positive degrees of freedom, any shape broadcastable with `t`.
      t: any number.
    """
    return student_t_log_normalizer(df) - (df + 1) / 2 * _log_growth(df, t)


def _log_growth(df: Array, t: Array, log_unit: Array | float = 0.0) -> Array:
    """Return log(1 + t^2 / df), also where t^2 / df overflows, or t, which has then a unit."""
    size = jnp.abs(t)
    far = (df < 1) & (size > _HUGE) | (log_unit > 0)
    of_logs = 2 * (jnp.log(jnp.where(far, size, 1)) + log_unit) - jnp.log(df)
    return jnp.where(far, of_logs, log1p_square(jnp.where(far, 0, t) / jnp.sqrt(df)))


@of_arrays()
@custom_jvp
def student_t_log_density(df: Array, x: Array, loc: Array, scale: Array) -> Array:
    """Log-density of `loc + scale * T`; its slopes in df and scale do not cancel.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      x: any number.
      loc: location.
      scale: positive scale.
    """
    z, log_unit = _standardize_in_units(x, loc, scale)
    growth = _log_growth(df, z, log_unit)
    return student_t_log_normalizer(df) - (df + 1) / 2 * growth - jnp.log(scale)


def _standardize_in_units(x: Array, loc: Array, scale: Array) -> tuple[Array, Array]:
    """Return (x - loc) / scale, in a larger unit where it overflows, and the unit's logarithm."""
    z, unit = standardize(x, loc, scale), 2.0 ** (jnp.finfo(x.dtype).maxexp - 2)
    overflows = jnp.abs(z) == math.inf
    z = jnp.where(overflows, standardize(x / unit, loc / unit, scale), z)
    return z, jnp.where(overflows, math.log(unit), 0)


@student_t_log_density.defjvp
def _student_t_log_density_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Differentiate as F with one degree of freedom, of which z^2 is a variate."""
    (df, x, loc, scale), (df_dot, x_dot, loc_dot, scale_dot) = primals, tangents
    z = standardize(x, loc, scale)
    ratio = z / jnp.sqrt(df)
    p, q = odds_to_probs(ratio * ratio)
    far = jnp.abs(ratio) > 1
    distance = jnp.where(far, x - loc, 1)
    of_x = jnp.where(far, -(df + 1) * quotient(p, distance), -(1 + 1 / df) * q * quotient(z, scale))
    dot = (
        along(density_slope_in_df(df, *_standardize_in_units(x, loc, scale)), df_dot)
        + along(of_x, x_dot - loc_dot)
        + along(quotient(df * p - q, scale), scale_dot)
    )
    return student_t_log_density(df, x, loc, scale), dot


def student_t_slopes(df: Array, t: Array) -> tuple[Array, Array, Array]:
    r"""Return what the slopes of the standard log-density are made of, without cancellation.

    They are the slope in df, :math:`p = t^2 / (\nu + t^2)` and q = 1 - p. The slope in the
    logarithm of a scale is ν p - q, that in log t is -(ν + 1) p, and that in t is
    -(1 + 1 / ν) q t.

    Args:
      df: positive degrees of freedom ν, any shape broadcastable with `t`.
      t: any number.
    """
    ratio = t / jnp.sqrt(df)
    p, q = odds_to_probs(ratio * ratio)
    return density_slope_in_df(df, t), p, q


def density_slope_in_df(df: Array, t: Array, log_unit: Array | float = 0.0) -> Array:
    """Derivative of the standard log-density in df, at t in a unit: see `_log_growth`."""
    ratio = jnp.where(log_unit > 0, math.inf, t / jnp.sqrt(df))
    p, q = odds_to_probs(ratio * ratio)
    return slope_in_df(df, p, q, _log_growth(df, t, log_unit), jnp.ones_like(df))


def density_along(df: Array, t: Array, t_dot: Array, log_t_dot: Array) -> Array:
    """Return the density at t >= 0 times a change of t, or that of log t times a change of it.

    The density may underflow where that of log t does not, or have a large logarithm.
    """
    far = is_far(df, t)
    center, end = jnp.where(far, 0, t), jnp.where(far, t, 1)
    ratio = jnp.sqrt(df) / end
    log_power = student_t_log_normalizer(df) - df / 2 * _log_growth(df, end)
    of_log = jnp.exp(log_power) * jnp.sqrt(df) / jnp.sqrt(1 + ratio * ratio)
    near = jnp.exp(student_t_log_prob(df, center))
    return jnp.where(far, of_log * log_t_dot, near * t_dot)


def is_far(df: Array, t: Array) -> Array:
    """Return where derivatives are those in log t."""
    return t * t > df
