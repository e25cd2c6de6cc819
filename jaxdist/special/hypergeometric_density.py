"""The log-probability of the hypergeometric distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.special.binomial_density import binomial_log_prob
from jaxdist.special.elementwise import elementwise
from jaxdist.special.second_difference import lgamma_second_difference


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
