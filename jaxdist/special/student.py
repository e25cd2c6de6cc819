"""Student's t and the beta prime distribution, from which it and Fisher's F derive.

A beta prime number is the ratio of two gamma distributed ones: the odds r = y / (1 - y) of a beta
distributed y. Whichever of y and 1 - y is the smaller one is used, so that neither is rounded away.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.special.approximation import elementwise, horner
from jaxdist.special.beta import log_beta_at_end, log_binomial_kernel
from jaxdist.special.differences import log_gamma_ratio
from jaxdist.special.incomplete_beta import (
    betainc,
    betaincc,
    log_betainc,
    log_betaincc,
    logit_betaincinv,
)
from jaxdist.special.powers import log1p_square

_LARGEST_ODDS = 1e30  # beyond them the density is a pure power
_POWER_LAW = 1e8  # beyond so many sqrt(df) the tail is a pure power in float64


@elementwise
def betaprime_log_prob(a: Array, b: Array, r: Array) -> Array:
    r"""Log-density of the beta prime distribution, by the binomial one.

    .. math:: p(r) = \frac{r^{a - 1} (1 + r)^{-a - b}}{B(a, b)}

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      r: non-negative odds.
    """
    zero = r == 0
    held = jnp.clip(r, jnp.finfo(r.dtype).tiny, _LARGEST_ODDS)
    beyond = jnp.log(jnp.maximum(r, _LARGEST_ODDS) / _LARGEST_ODDS)
    x, y = _shares(held)
    regular = a >= 1
    k = jnp.where(regular, a - 1, a)
    factor = jnp.where(regular, jnp.log(b * y), jnp.log(a * (b / (a + b))) - jnp.log(held))
    inside = log_binomial_kernel(k, b, x, y) + factor - (b + 1) * beyond
    return jnp.where(zero, log_beta_at_end(a, b), inside)


def _shares(r: Array) -> tuple[Array, Array]:
    """Return `r / (1 + r)` and `1 / (1 + r)`, both exact."""
    small = r < 1
    t = jnp.where(small, r, 1 / jnp.where(small, 1, r))
    part, rest = t / (1 + t), 1 / (1 + t)
    return jnp.where(small, part, rest), jnp.where(small, rest, part)


@elementwise
def betaprime_cdf(a: Array, b: Array, r: Array) -> Array:
    """Probability of odds up to r: `betainc(a, b, r / (1 + r))`."""
    return betainc(a, b, *_shares(r))


@elementwise
def betaprime_sf(a: Array, b: Array, r: Array) -> Array:
    """Probability of odds above r."""
    return betaincc(a, b, *_shares(r))


@elementwise
def log_betaprime_cdf(a: Array, b: Array, r: Array) -> Array:
    """Logarithm of `betaprime_cdf`."""
    return log_betainc(a, b, *_shares(r))


@elementwise
def log_betaprime_sf(a: Array, b: Array, r: Array) -> Array:
    """Logarithm of `betaprime_sf`."""
    return log_betaincc(a, b, *_shares(r))


@elementwise
def betaprime_icdf(a: Array, b: Array, q: Array) -> Array:
    """Inverse of `betaprime_cdf` in r."""
    return jnp.exp(logit_betaincinv(a, b, q))


# --- Student's t ---------------------------------------------------------------------------------


@elementwise
def student_log_normaliser(df: Array) -> Array:
    r"""Log-density of the standard Student's t at 0.

    .. math:: \log \frac{\Gamma(a + 1/2)}{\Gamma(a) \sqrt{2 \pi a}}, \quad a = \mathrm{df} / 2

    Args:
      df: positive degrees of freedom, any shape.
    """
    return log_gamma_ratio(df / 2, 0.5) - math.log(2 * math.pi) / 2


@elementwise
def student_log_prob(df: Array, t: Array) -> Array:
    r"""Log-density of the standard Student's t.

    .. math:: p(t) = p(0)\, (1 + t^2 / \mathrm{df})^{-(\mathrm{df} + 1) / 2}

    Args:
      df: positive degrees of freedom, any shape broadcastable with `t`.
      t: any number.
    """
    return student_log_normaliser(df) - (df + 1) / 2 * log1p_square(t / jnp.sqrt(df))


def _power_law(df: Array, t: Array) -> tuple[Array, Array]:
    """Odds t^2/df, held where the tail is a pure power, and log of how far t lies beyond."""
    ratio = t / jnp.sqrt(df)
    held = jnp.minimum(ratio, _POWER_LAW)
    return held * held, jnp.log(jnp.maximum(ratio, _POWER_LAW) / _POWER_LAW)


def _sf(df: Array, odds: Array, beyond: Array) -> Array:
    return betaprime_sf(0.5, df / 2, odds) / 2 * jnp.exp(-df * beyond)


def _log_sf(df: Array, odds: Array, beyond: Array) -> Array:
    return log_betaprime_sf(0.5, df / 2, odds) - math.log(2) - df * beyond


# -(df / t) dt/d(df) at fixed probability: powers of the odds t^2/df (rows) and of 1/df. Found by
# equating the powers of 1/df on both sides of the equation for w = -dt/d(df),
# w' - (df + 1) t / (df + t^2) w = d(log p)/d(df).
_PATH = (
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
def student_path(df: Array, t: Array) -> Array:
    r"""Derivative in df of a standard Student's t variate, at fixed `student_sf`.

    .. math:: \frac{dt}{d\nu} = \frac{t}{2 \nu} + \frac{P(T > t)}{p(t)}
              \left.\frac{\partial \log P(T > t)}{\partial \nu}\right|_{t^2 / \nu}

    Where t^2 / ν and 1 / ν are small both terms cancel; there it is the sum of their powers.

    Args:
      df: positive degrees of freedom ν, any shape broadcastable with `t`.
      t: non-negative and finite.
    """
    odds, beyond = _power_law(df, t)
    log_sf, moved = jax.jvp(lambda df: _log_sf(df, odds, beyond), (df,), (jnp.ones_like(df),))
    hazard = jnp.exp(student_log_prob(df, t) - log_sf)
    near = odds + 3 / df < (0.25 if jnp.finfo(t.dtype).eps > 1e-10 else 0.02)
    c, inverse = jnp.where(near, odds, 0), jnp.where(near, 1 / df, 0)
    series = jnp.zeros_like(t)
    for row in reversed(_PATH):
        series = series * c + horner(row, inverse)
    return jnp.where(near, -t / df * series, t / (2 * df) + moved / hazard)


@elementwise
@jax.custom_jvp
def student_sf(df: Array, t: Array) -> Array:
    r"""Upper tail of the standard Student's t, `P(T > t)` for t >= 0.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `t`.
      t: non-negative.
    """
    return _sf(df, *_power_law(df, t))


@student_sf.defjvp
def _student_sf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (df, t), (df_dot, t_dot) = primals, tangents
    density = jnp.exp(student_log_prob(df, t))
    return student_sf(df, t), -density * (t_dot - student_path(df, t) * df_dot)


@elementwise
@jax.custom_jvp
def log_student_sf(df: Array, t: Array) -> Array:
    """Logarithm of `student_sf`.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `t`.
      t: non-negative.
    """
    return _log_sf(df, *_power_law(df, t))


@log_student_sf.defjvp
def _log_student_sf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (df, t), (df_dot, t_dot) = primals, tangents
    log_sf = log_student_sf(df, t)
    hazard = jnp.exp(student_log_prob(df, t) - log_sf)
    return log_sf, -hazard * (t_dot - student_path(df, t) * df_dot)


@jax.custom_jvp
def log_cauchy_sf(t: Array) -> Array:
    """Logarithm of the upper tail of the standard Cauchy distribution, for t >= 0."""
    return jnp.log(jnp.arctan2(1, t) / math.pi)


@log_cauchy_sf.defjvp
def _log_cauchy_sf_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (t,), (t_dot,) = primals, tangents
    log_sf = log_cauchy_sf(t)
    log_density = -math.log(math.pi) - log1p_square(t)
    return log_sf, -jnp.exp(log_density - log_sf) * t_dot


@elementwise
@jax.custom_jvp
def student_isf(df: Array, p: Array) -> Array:
    """Inverse of `student_sf` in t.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `p`.
      p: probability of the upper tail, at most 1/2.
    """
    return jnp.sqrt(df) * jnp.exp(-logit_betaincinv(df / 2, 0.5, 2 * p) / 2)


@student_isf.defjvp
def _student_isf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (df, p), (df_dot, p_dot) = primals, tangents
    t = student_isf(df, p)
    finite = jnp.isfinite(t)
    held = jnp.where(finite, t, 0)
    slope = student_path(df, held) * df_dot - p_dot * jnp.exp(-student_log_prob(df, held))
    return t, jnp.where(finite, slope, 0)
