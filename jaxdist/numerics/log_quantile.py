"""Quantiles of probabilities that are given as logarithms, and may underflow."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.numerics.integers import as_counts, integer_bounds
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.root_finding import find_root, first_integer

SMALLEST_LOG_PROB = -80.0  # the exponential of a smaller one underflows
_STEPS = 40  # of Newton's method, which is slow for tails that are powers


def search_quantile(
    d: Any, is_lower: Array, log_prob: Array, bounds: tuple[ArrayLike, ArrayLike]
) -> Array:
    """Find the x of which a tail of a distribution of one number has a given log-probability.

    Args:
      d: the distribution, with `log_cdf`, `log_survival_function` and `log_prob`.
      is_lower: whether it is the lower tail, P(X <= x); otherwise P(X > x).
      log_prob: the logarithms.
      bounds: of x. The search begins at the upper one for the lower tail, and at the other one for
        the upper tail.
    """
    search = _search_integer if d.support.is_discrete else _search_real
    low, high = (jnp.broadcast_to(jnp.asarray(end), log_prob.shape) for end in bounds)
    return search(d, is_lower, log_prob, low, high)


def _search_real(d: Any, is_lower: Array, log_prob: Array, low: Array, high: Array) -> Array:
    largest = jnp.finfo(log_prob.dtype).max / 4
    low, high = jnp.clip(low, -largest, largest), jnp.clip(high, -largest, largest)
    low, high, log_prob = vary_with((low, high, log_prob))

    def error(x: Array) -> tuple[Array, Array]:
        log_cdf, log_sf = d.log_cdf(x), d.log_survival_function(x)
        log_tail = jnp.where(is_lower, log_cdf, log_sf)
        value = jnp.where(is_lower, log_cdf - log_prob, log_prob - log_sf)
        return value, jnp.exp(d.log_prob(x) - log_tail)

    return find_root(error, low, high, steps=_STEPS, start=jnp.where(is_lower, high, low))


def _search_integer(d: Any, is_lower: Array, log_prob: Array, low: Array, high: Array) -> Array:
    first, last = as_counts(low, high)

    def reaches(k: Array) -> Array:
        x = k.astype(log_prob.dtype)
        in_lower = d.log_cdf(x) >= log_prob
        return jnp.where(is_lower, in_lower, d.log_survival_function(x) <= log_prob)

    return first_integer(reaches, first, last, jnp.where(is_lower, last, first))


def quantile_of_log(d: Any, log_prob: Array, is_lower: bool) -> Array:
    """Invert the logarithm of a tail, also where it underflows or is near 0.

    Args:
      d: the distribution, with quantiles too.
      log_prob: logarithms of probabilities, at most 0.
      is_lower: whether they are of the lower tail.
    """
    own, other = (d._icdf, d._isf) if is_lower else (d._isf, d._icdf)
    rare = log_prob < SMALLEST_LOG_PROB
    common = jnp.where(rare, SMALLEST_LOG_PROB, log_prob)
    p, complement = jnp.exp(common), -jnp.expm1(common)
    is_small = p < complement
    near_own, near_other = (
        f(jnp.where(chosen, q, 0.5))
        for f, chosen, q in ((own, is_small, p), (other, ~is_small, complement))
    )
    x = jnp.where(is_small, near_own, near_other)
    possible = rare & (log_prob > -jnp.inf)
    target = lax.stop_gradient(jnp.where(possible, log_prob, SMALLEST_LOG_PROB))
    start = lax.stop_gradient(x).astype(target.dtype)
    low, high = d.support.bounds
    bounds = (low, start) if is_lower else (start, high)

    def search() -> Array:
        lower = jnp.full(x.shape, is_lower)
        found = search_quantile(lax.stop_gradient(d), lower, target, bounds)
        return jnp.where(possible, found.astype(x.dtype), x)

    x = lax.cond(jnp.any(possible), search, lambda: x)
    ends = integer_bounds(d) if d.support.is_discrete else (low, high)
    return jnp.where(log_prob == -jnp.inf, ends[0] if is_lower else ends[1], x)
