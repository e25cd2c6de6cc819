"""The log-density of Fisher's F, with exact slopes in both degrees of freedom.

At fixed x, a change of the degrees of freedom also changes the odds, and by the chain rule large
terms would cancel.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.betaprime import betaprime_log_density, odds_to_probs
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import log1pmx
from jaxdist.special.infinite_slopes import along
from jaxdist.special.logistic import softplus
from jaxdist.special.polygamma import digamma_difference_remainder
from jaxdist.special.products import half
from jaxdist.special.quotient import log_quotient, quotient

_SMALLEST = 1e-20  # product of numbers that are both regular


@elementwise
@custom_jvp
def f_log_prob(df1: Array, df2: Array, x: Array) -> Array:
    r"""Log-density of the F distribution, for df1, df2 > 0 and x >= 0.

    .. math:: \log \frac{r^a (1 + r)^{-a - b}}{x B(a, b)}, \quad a = \mathrm{df1} / 2, \quad
              b = \mathrm{df2} / 2, \quad r = a x / b

    Args:
      df1: positive degrees of freedom, any shape broadcastable with the others.
      df2: positive degrees of freedom.
      x: non-negative.
    """
    a, b = half(df1), half(df2)
    return betaprime_log_density(a, b, *_odds(df1, df2, x), unit=a)


def _odds(df1: Array, df2: Array, x: Array) -> tuple[Array, Array]:
    """Return r, which may overflow or underflow, and its logarithm."""
    log_x = jnp.where(x > 0, jnp.log(jnp.where(x > 0, x, 1)), -math.inf)
    return df1 / df2 * x, log_quotient(df1, df2) + log_x


@f_log_prob.defjvp
def _f_log_prob_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    r"""Differentiate: :math:`\log u - (u - 1) + \psi(a + b) - \psi(a) - \log(1 + b / a)` in a.

    There u is :math:`(1 + b / a) r / (1 + r)`; so in b.
    """
    (df1, df2, x), (df1_dot, df2_dot, x_dot) = primals, tangents
    positive = x >= jnp.finfo(x.dtype).tiny
    a, b = half(df1), half(df2)
    r, log_r = _odds(df1, df2, jnp.where(positive, x, 1))
    p, q = odds_to_probs(r)
    excess = a * q - b * p
    log_u, log_w = _log_scaled(b / a, p, -log_r), _log_scaled(a / b, q, log_r)
    slope_a = log_less_linear(-excess / a, log_u) + digamma_difference_remainder(a, b)
    slope_b = log_less_linear(excess / b, log_w) + digamma_difference_remainder(b, a)
    in_log_x = jnp.where(r < 1, (a - 1) - (a + b) * p, (a + b) * q - (b + 1))
    dot = along(slope_a / 2, df1_dot) + along(slope_b / 2, df2_dot)
    dot += along(quotient(in_log_x, jnp.where(positive, x, 1)), x_dot)
    return f_log_prob(df1, df2, x), jnp.where(positive, dot, 0)


def _log_scaled(ratio: Array, p: Array, log_odds: Array) -> Array:
    """Return log((1 + ratio) p), where p may underflow; `log_odds` are those against it."""
    product = (1 + ratio) * p
    is_regular = (product > _SMALLEST) & (product < 1 / _SMALLEST)
    of_logs = jnp.log1p(ratio) - softplus(log_odds)
    return jnp.where(is_regular, jnp.log(jnp.where(is_regular, product, 1)), of_logs)


def log_less_linear(v: Array, log_u: Array) -> Array:
    """Return `log(1 + v) - v`, given `log_u = log(1 + v)`, which is exact where v is near -1."""
    near = v > -0.5
    return jnp.where(near, log1pmx(jnp.where(near, v, 0)), log_u - v)
