"""The log-density of the noncentral F distribution, by that of a noncentral beta variable.

At fixed x, a change of the degrees of freedom also changes the odds, and by the chain rule large
terms would cancel: see `f_density`.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.beta_tails import Probability
from jaxdist.special.betaprime import odds_to_probs
from jaxdist.special.infinite_slopes import along
from jaxdist.special.noncentral_beta import noncentral_beta_means, split_noncentral_beta_kernel
from jaxdist.special.products import half
from jaxdist.special.quotient import log_quotient, quotient


@custom_jvp
def noncentral_f_log_prob(x: Array, df1: Array, df2: Array, noncentrality: Array) -> Array:
    """Evaluate the log-density.

    Args:
      x: positive, of one shape and dtype with the others.
      df1: positive degrees of freedom of the numerator.
      df2: positive degrees of freedom of the denominator.
      noncentrality: non-negative λ.
    """
    at = f_probability(x, df1, df2)
    exponent, factor = split_noncentral_beta_kernel(at, half(df1), half(df2), noncentrality / 2)
    return exponent + log_quotient(factor, x)


@noncentral_f_log_prob.defjvp
def _noncentral_f_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, df1, df2, noncentrality), (x_dot, df1_dot, df2_dot, noncentrality_dot) = primals, tangents
    at, a, b = f_probability(x, df1, df2), half(df1), half(df2)
    means = noncentral_beta_means(at, a, b, noncentrality / 2)
    slope_1 = means.slope_a_less_linear - means.excess_times_j / a
    slope_x = quotient(means.shape * at.y - b * at.x - 1, x)
    dot = along(slope_1 / 2, df1_dot) + along(means.slope_b_less_linear / 2, df2_dot)
    dot += along(means.excess / 2, noncentrality_dot) + along(slope_x, x_dot)
    return noncentral_f_log_prob(x, df1, df2, noncentrality), dot


def f_probability(x: Array, df1: Array, df2: Array) -> Probability:
    """Return the beta variable of an F variable: the share of the numerator.

    Args:
      x: positive, of one shape and dtype with the others.
      df1: positive degrees of freedom of the numerator.
      df2: positive degrees of freedom of the denominator.
    """
    log_odds = jnp.log(x) + jnp.log(df1) - jnp.log(df2)
    return Probability(*odds_to_probs(df1 / df2 * x), log_odds, -log_odds)
