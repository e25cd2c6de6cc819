"""The beta prime distribution, from which Student's t and Fisher's F derive.

A beta prime variate is a ratio of two gamma variates: the odds r = x / (1 - x) of a beta variate x.
Both x and 1 - x are computed from the odds, so that neither is rounded away.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.special.beta_density import log_beta_at_end
from jaxdist.special.binomial_density import log_binomial_kernel
from jaxdist.special.elementwise import elementwise
from jaxdist.special.incomplete_beta import (
    betainc,
    betaincc,
    log_betainc,
    log_betaincc,
    logit_betaincinv,
)
from jaxdist.special.logit import clip

_LARGEST_ODDS = 1e30  # beyond them, and below their inverse, the density is a pure power


@elementwise
def betaprime_log_prob(a: Array, b: Array, r: Array) -> Array:
    r"""Log-density of the beta prime distribution, for a, b > 0 and r >= 0.

    .. math:: \log \frac{r^{a - 1} (1 + r)^{-a - b}}{B(a, b)}

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      r: non-negative odds.
    """
    zero = r < jnp.finfo(r.dtype).tiny
    clipped = clip(r, 1 / _LARGEST_ODDS, _LARGEST_ODDS)
    beyond = jnp.log(jnp.maximum(r, _LARGEST_ODDS) / _LARGEST_ODDS)
    below = jnp.log(jnp.where(zero, 1, jnp.minimum(r * _LARGEST_ODDS, 1)))
    x, y = odds_to_probs(clipped)
    regular = a >= 1
    k = jnp.where(regular, a - 1, a)
    factor = jnp.where(regular, jnp.log(b * y), jnp.log(a * (b / (a + b))) - jnp.log(clipped))
    inside = log_binomial_kernel(k, b, x, y) + factor
    inside += (a - 1) * below - (b + 1) * beyond
    return jnp.where(zero, log_beta_at_end(a, b), inside)


def odds_to_probs(r: Array) -> tuple[Array, Array]:
    """Return `r / (1 + r)` and `1 / (1 + r)`, neither of them rounded to 0 for small or large r."""
    small = r < 1
    t = jnp.where(small, r, 1 / jnp.where(small, 1, r))
    smaller, larger = t / (1 + t), 1 / (1 + t)
    return jnp.where(small, smaller, larger), jnp.where(small, larger, smaller)


@elementwise
def betaprime_cdf(a: Array, b: Array, r: Array) -> Array:
    r"""Distribution function of the beta prime distribution, :math:`I_{r / (1 + r)}(a, b)`.

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      r: non-negative odds.
    """
    return betainc(a, b, *odds_to_probs(r))


@elementwise
def betaprime_sf(a: Array, b: Array, r: Array) -> Array:
    """Complement of `betaprime_cdf`, exact where it is small."""
    return betaincc(a, b, *odds_to_probs(r))


@elementwise
def log_betaprime_cdf(a: Array, b: Array, r: Array) -> Array:
    """Logarithm of `betaprime_cdf`, finite where that underflows."""
    return log_betainc(a, b, *odds_to_probs(r))


@elementwise
def log_betaprime_sf(a: Array, b: Array, r: Array) -> Array:
    """Logarithm of `betaprime_sf`, finite where that underflows."""
    return log_betaincc(a, b, *odds_to_probs(r))


@elementwise
def betaprime_icdf(a: Array, b: Array, q: Array) -> Array:
    """Inverse of `betaprime_cdf` in r, for a probability `q` in [0, 1]."""
    return jnp.exp(logit_betaincinv(a, b, q))
