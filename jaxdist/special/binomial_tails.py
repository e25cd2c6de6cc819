"""The upper tail of the binomial distribution where few successes are expected."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

_MOST = 8  # successes that are counted one by one
_LARGEST_MEAN = 0.5
_TERMS = 12  # of a series that falls faster than powers of 1/4


def rare_binomial_sf(k: Array, n: Array, p: Array) -> tuple[Array, Array]:
    r"""Compute P(X > k) without logarithms, whose rounding is that of a tiny probability.

    .. math:: P(X > k) = \binom{n}{m} p^m (1 - p)^{n - m}
              \sum_{j \ge 0} \prod_{i=1}^j \frac{(n - m - i + 1)\, p}{(m + i)(1 - p)}, \quad
              m = k + 1

    Args:
      k: counts, broadcastable with the others.
      n: number of trials.
      p: probability of success.

    Returns:
      Whether k is positive and small, and the mean is; and the probability, 0 elsewhere.
    """
    rare = (k >= 1) & (k < _MOST) & (n * p < _LARGEST_MEAN)
    k, n, p = jnp.where(rare, k, 1), jnp.where(rare, n, 1), jnp.where(rare, p, 0)
    m = k + 1
    mass = jnp.exp((n - m) * jnp.log1p(-p))
    for j in range(_MOST):
        mass = mass * jnp.where(j < m, jnp.maximum(n - j, 0) / (j + 1) * p, 1)
    odds = p / (1 - p)
    term = total = jnp.ones_like(mass)
    for i in range(1, _TERMS):
        term = term * (jnp.maximum(n - m - i + 1, 0) / (m + i) * odds)
        total = total + term
    return rare, mass * total
