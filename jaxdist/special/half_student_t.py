"""The distribution function of the absolute value of a Student's t variable."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.promotion import custom_jvp
from jaxdist.special.beta_tails import Probability, beta_cdf
from jaxdist.special.incomplete_beta import logit_betaincinv
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.products import half
from jaxdist.special.quotient import log_quotient
from jaxdist.special.student_t_center import flat_center, mass_of_flat
from jaxdist.special.student_t_density import (
    density_along,
    student_t_log_normalizer,
    student_t_log_prob,
)
from jaxdist.special.student_t_tails import clip_far, sf_slope_in_df


@of_arrays()
@custom_jvp
def half_student_t_cdf(df: Array, t: Array, log_t: Array) -> Array:
    r"""Distribution function of the absolute value of a standard Student's t variable, at t >= 0.

    It is that of the beta distribution of :math:`t^2 / (t^2 + \mathrm{df})`, which is exact near 0.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      t: non-negative.
      log_t: its logarithm: see `student_t_sf`.
    """
    df, t, log_t = vary_with((df, t, log_t))
    root, overflows = jnp.sqrt(df), t == math.inf
    far = t > root
    low, high = jnp.where(far, root, t), jnp.where(far, t, root)
    square = (low / high) ** 2  # may underflow
    log_low_over_high = log_quotient(low, jnp.where(overflows, 1, high))
    log_low_over_high -= jnp.where(overflows, log_t, 0)
    larger, log_larger = 1 / (1 + square), -jnp.log1p(square)
    smaller, log_smaller = square * larger, log_larger + 2 * log_low_over_high
    share, complement = jnp.where(far, larger, smaller), jnp.where(far, smaller, larger)
    log_share = jnp.where(far, log_larger, log_smaller)
    at = Probability(share, complement, log_share, jnp.where(far, log_smaller, log_larger))
    b = jnp.broadcast_to(half(df), share.shape)
    is_flat, center = flat_center(df, t)
    cdf = beta_cdf(jnp.full_like(share, 0.5), b, at)
    curved, is_central = _curve_of_center(df, t)
    linear = 2 * jnp.exp(student_t_log_normalizer(df)) * jnp.where(is_central, t, 0)
    cdf = jnp.where(is_central, linear * (1 - curved), cdf)
    return jnp.where(is_flat, jnp.minimum(mass_of_flat(*center), 1), cdf)


@half_student_t_cdf.defjvp
def _half_student_t_cdf_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (df, t, log_t), (df_dot, *t_dots) = primals, tangents
    near, beyond = clip_far(t, log_t)
    dot = density_along(df, near, *t_dots) - sf_slope_in_df(df, near) * df_dot
    cdf, decay = half_student_t_cdf(df, t, log_t), jnp.exp(-df * beyond)
    return cdf, 2 * decay * dot + jnp.where(beyond > 0, 1 - cdf, 0) * beyond * df_dot


def half_student_t_icdf(df: Array, p: Array) -> Array:
    """Inverse of `half_student_t_cdf`: the t with P(|T| <= t) = p, exact for a small p.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `p`.
      p: at most 1/2.
    """
    df, p = jnp.broadcast_arrays(df, p)
    t = jnp.sqrt(df) * jnp.exp(logit_betaincinv(jnp.full_like(p, 0.5), df / 2, p) / 2)
    # Of a tiny df the distribution function is nearly flat: one step of Newton's method.
    density = 2 * jnp.exp(student_t_log_prob(df, t))
    is_flat = (df < 0.1) & (density > 0) & (t < math.inf)
    inside = jnp.where(is_flat, t, 1)
    excess = half_student_t_cdf(df, inside, jnp.log(inside)) - p
    step = jnp.where(is_flat, excess / jnp.where(is_flat, density, 1), 0)
    series, is_central = _small_icdf(df, p)
    return jnp.where(is_central, series, t - lax.stop_gradient(step))


def _small_icdf(df: Array, p: Array) -> tuple[Array, Array]:
    r"""Return :math:`l + (1 + 1 / \nu) l^3 / 6` for l = p / 2 p(0), and where that is the quantile.

    There the logarithm of t^2 / ν would be rounded by many eps.
    """
    linear = p / 2 * jnp.exp(-student_t_log_normalizer(df))
    curved, is_central = _curve_of_center(df, linear)
    return linear * (1 + curved), is_central


def _curve_of_center(df: Array, t: Array) -> tuple[Array, Array]:
    r"""Return :math:`c = (1 + 1 / \nu) t^2 / 6`, and where P(|T| < t) is `2 p(0) t (1 - c)`."""
    curved = t * t * (1 + 1 / df) / 6
    limit = 6e-5 if jnp.finfo(df.dtype).eps > 1e-10 else 1e-9
    return curved, (df > 0.1) & (curved < limit)
