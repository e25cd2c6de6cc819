"""The density of the multivariate Student's t distribution, by the distance from its center."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.betaprime import odds_to_probs
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.exp_log import log1p_square
from jaxdist.special.f_density import log_less_linear
from jaxdist.special.gamma import log_gamma_ratio
from jaxdist.special.infinite_slopes import along
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.polygamma import digamma_difference_remainder
from jaxdist.special.products import half
from jaxdist.special.quotient import quotient


@of_arrays()
@custom_jvp
def multivariate_student_t_log_density(df: Array, distance: Array, size: Array) -> Array:
    r"""Log-density for the identity as scale; its slope in df does not cancel.

    .. math:: \log \frac{\Gamma((\nu + n) / 2)}{\Gamma(\nu / 2) (\nu \pi)^{n/2}}
              - \frac{\nu + n}{2} \log(1 + r^2 / \nu)

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      distance: r, at least 0.
      size: the dimension n, which has no derivative.
    """
    standard = log_gamma_ratio(half(df), size / 2) - size / 2 * LOG_TWO_PI
    return standard - (df + size) / 2 * log1p_square(distance / jnp.sqrt(df))


@multivariate_student_t_log_density.defjvp
def _multivariate_student_t_log_density_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (df, distance, size), (df_dot, distance_dot, _) = primals, tangents
    ratio = distance / jnp.sqrt(df)
    p, q = odds_to_probs(ratio * ratio)
    far = ratio > 1
    of_distance = jnp.where(
        far,
        -(df + size) * quotient(p, jnp.where(far, distance, 1)),
        -(1 + size / df) * q * distance,
    )
    of_df = slope_in_df(df, p, q, log1p_square(ratio), size)
    dot = along(of_df, df_dot) + along(of_distance, distance_dot)
    return multivariate_student_t_log_density(*primals), dot


def slope_in_df(df: Array, p: Array, q: Array, log_growth: Array, size: Array) -> Array:
    r"""Return the slope of the log-density in df, in which no terms of first order cancel.

    .. math:: \tfrac12 \big(\psi(\tfrac{\nu + n}{2}) - \psi(\tfrac{\nu}{2})
              - \log(1 + \tfrac{n}{\nu}) + \log(1 + v) - v\big), \quad
              1 + v = \frac{1 + n / \nu}{1 + r^2 / \nu}

    Args:
      df: positive degrees of freedom.
      p: :math:`r^2 / (\nu + r^2)`.
      q: `1 - p`.
      log_growth: :math:`\log(1 + r^2 / \nu)`.
      size: the dimension n.
    """
    log_w = jnp.log1p(size / df) - log_growth
    remainder = digamma_difference_remainder(half(df), size / 2)
    return (log_less_linear(size * (q / df) - p, log_w) + remainder) / 2
