"""The log-probability of the hypergeometric distribution."""

from __future__ import annotations

import functools

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.special.binomial_density import binomial_log_prob
from jaxdist.special.elementwise import elementwise
from jaxdist.special.second_difference import lgamma_second_difference

_RATIOS = 128  # of neighboring probabilities that are multiplied
_SMALLEST = 1e-36


@elementwise
def hypergeometric_log_prob(k: Array, s: Array, f: Array, n: Array) -> Array:
    r"""Log-probability of k successes in n draws without replacement from s successes, f failures.

    .. math:: \log \left(\binom{s}{k} \binom{f}{n - k} \Big/ \binom{s + f}{n}\right)

    It is that of two binomial counts given their sum, whose probability of success n / (s + f) is
    such that this sum is the most likely one. At the ends of the support, which may be nearly sure,
    it is a second difference of the logarithm of the gamma function. Accurate to 4 eps.

    Args:
      k: from `max(0, n - f)` to `min(n, s)`, any shape broadcastable with the others.
      s: non-negative number of successes.
      f: non-negative number of failures.
      n: number of draws, in `[0, s + f]`.
    """
    rest = s + f - n  # are not drawn
    # The cells of the table of success or failure, drawn or not; their row, their column, and the
    # cell opposite to them.
    cells = (
        (k, s, n, f - n + k),
        (n - k, f, n, s - k),
        (s - k, s, rest, n - k),
        (f - n + k, f, rest, k),
    )
    row = column = opposite = jnp.ones_like(k)
    is_end = jnp.zeros(k.shape, bool)
    for cell, *others in cells:
        is_empty = cell == 0
        row, column, opposite = (
            jnp.where(is_empty, other, found)
            for other, found in zip(others, (row, column, opposite), strict=True)
        )
        is_end = is_end | is_empty
    at_end = -lgamma_second_difference(opposite + 1, row, column)
    k, s, f, n = (jnp.where(is_end, v, w) for v, w in ((1, k), (2, s), (2, f), (2, n)))
    p = n / (s + f)
    parts = binomial_log_prob(jnp.stack([k, n - k, n]), jnp.stack([s, f, s + f]), probs=p)
    return jnp.where(is_end, at_end, parts[0] + parts[1] - parts[2])


def narrow_hypergeometric_sf(k: Array, s: Array, f: Array, n: Array) -> tuple[Array, Array]:
    r"""Compute P(X >= k) without logarithms, whose rounding is that of a tiny probability.

    Probabilities relative to that of a count j at the mode, or at k if that is below it, are
    products of ratios of neighbors; their sum over all counts normalizes those from k on:

    .. math:: r(i) = \frac{p(i + 1)}{p(i)} = \frac{(s - i) (n - i)}{(i + 1) (f - n + i + 1)}

    Args:
      k: inside of the support, broadcastable with the others.
      s: number of successes.
      f: number of failures.
      n: number of draws.

    Returns:
      Whether there are few counts that matter, and k is among them or near; the probability, 1/2
      elsewhere.
    """
    low, high = jnp.maximum(n - f, 0), jnp.minimum(n, s)
    mode = jnp.clip(jnp.floor((n + 1) * ((s + 1) / (s + f + 2))), low, high)
    start = jnp.minimum(mode, k)
    steps = np.arange(_RATIOS, dtype=k.dtype)
    s, f, n, low, high = (v[..., None] for v in (s, f, n, low, high))

    def ratios(i: Array) -> Array:
        inside = (i >= low) & (i < high)
        i = jnp.where(inside, i, low)
        return jnp.where(inside, (s - i) / (i + 1) * ((n - i) / (f - n + i + 1)), 0)

    to_k = ratios(start[..., None] + steps)
    from_k, down = ratios(k[..., None] + steps), ratios(start[..., None] - 1 - steps)
    down = jnp.where(down > 0, 1 / jnp.where(down > 0, down, 1), 0)
    at_k = jnp.prod(jnp.where(start[..., None] + steps < k[..., None], to_k, 1), -1)
    terms = [jnp.cumprod(ratio, -1) for ratio in (to_k, down, from_k)]
    negligible = jnp.finfo(k.dtype).eps / 16
    few = functools.reduce(jnp.logical_and, (t[..., -1] < negligible for t in terms))
    narrow = few & (k - start <= _RATIOS) & (at_k > _SMALLEST)
    up_sum, down_sum, sum_from_k = (jnp.sum(t, -1) for t in terms)
    sf = at_k * ((1 + sum_from_k) / (1 + up_sum + down_sum))
    return narrow, jnp.where(narrow, sf, 0.5)
