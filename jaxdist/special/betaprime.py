"""The beta prime distribution, from which Student's t and Fisher's F derive.

A beta prime variate is a ratio of two gamma variates: the odds r = x / (1 - x) of a beta variate x.
Both x and 1 - x are computed from the odds, so that neither is rounded away.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.special.beta_density import log_beta_at_end
from jaxdist.special.binomial_density import log_binomial_kernel
from jaxdist.special.elementwise import elementwise
from jaxdist.special.logit import clip
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import log_quotient

_LARGEST_ODDS = 1e28  # beyond them, and below their inverse, the density is a pure power
_LARGEST_TOTAL = 1e9
_TINY = 1 / 128  # of eps: concentrations of which powers of such odds round to 1


@elementwise
def betaprime_log_prob(a: Array, b: Array, r: Array, log_r: Array | None = None) -> Array:
    r"""Log-density of the beta prime distribution, for a, b > 0 and r >= 0.

    .. math:: \log \frac{r^{a - 1} (1 + r)^{-a - b}}{B(a, b)}

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      r: non-negative odds, which may overflow or underflow if `log_r` is given.
      log_r: their logarithm, negative infinity at 0.
    """
    return betaprime_log_density(a, b, r, log_r, b)


def betaprime_log_density(a: Array, b: Array, r: Array, log_r: Array | None, unit: Array) -> Array:
    """Log-density of the beta prime distribution, plus `log(unit / b)`: see `betaprime_log_prob`.

    The latter would cancel, if it was added, where odds are measured in units of a / b.
    """
    zero = r < jnp.finfo(r.dtype).tiny if log_r is None else log_r == -math.inf
    clipped = clip(r, 1 / _LARGEST_ODDS, _LARGEST_ODDS)
    log_odds = jnp.log(jnp.where(zero, 1, r)) if log_r is None else jnp.where(zero, 0, log_r)
    beyond = jnp.maximum(log_odds - math.log(_LARGEST_ODDS), 0)
    below = jnp.minimum(log_odds + math.log(_LARGEST_ODDS), 0)
    x, y = odds_to_probs(clipped)
    regular = a >= 1
    k = jnp.where(regular, a - 1, a)
    total = a + b
    in_range = (total > 1 / _LARGEST_TOTAL) & (total < _LARGEST_TOTAL)  # also times the odds
    product = a * (unit / jnp.where(in_range, total, 1) / clipped)
    log_product = jnp.log(a) + log_quotient(unit, total) - jnp.log(clipped)
    factor = jnp.log(jnp.where(regular, unit * y, jnp.where(in_range, product, 1)))
    factor += jnp.where(regular | in_range, 0, log_product)
    tiny = jnp.maximum(a, b) < _TINY * jnp.finfo(r.dtype).eps
    kernel = log_binomial_kernel(jnp.where(tiny, 1, k), jnp.where(tiny, 1, b), x, y)
    inside = jnp.where(tiny, 0, kernel) + factor
    inside += (a - 1) * below - (b + 1) * beyond
    return jnp.where(zero, log_beta_at_end(a, b) + log_quotient(unit, b), inside)


@of_arrays()
def odds_to_probs(r: Array) -> tuple[Array, Array]:
    """Return `r / (1 + r)` and `1 / (1 + r)`, neither of them rounded to 0 for small or large r."""
    small = r < 1
    t = jnp.where(small, r, 1 / jnp.where(small, 1, r))
    smaller, larger = t / (1 + t), 1 / (1 + t)
    return jnp.where(small, smaller, larger), jnp.where(small, larger, smaller)
