"""Distributions that compute the logarithms of both tails together."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.pytree import must_define
from jaxdist.special import expm1, log1mexp


class LogTails(Distribution):
    """Base of distributions whose tails follow from `_log_tails`, which a subclass defines."""

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Return log P(X <= x) and log P(X > x), both of the shape of `x`."""
        raise must_define(self, "_log_tails")

    def _log_cdf(self, x: Array) -> Array:
        return self._log_tails(x)[0]

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_tails(x)[1]

    def _cdf(self, x: Array) -> Array:
        return jnp.exp(self._log_cdf(x))

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_survival_function(x))


def both_log_tails(is_lower: Array, log_tail: Array) -> tuple[Array, Array]:
    """Return the logarithms of both tails, of which one is given.

    Args:
      is_lower: whether it is the lower one.
      log_tail: its logarithm, which may be rounded to above 0.
    """
    below_zero = log_tail < 0
    log_tail = jnp.where(below_zero, log_tail, 0)
    other = jnp.where(below_zero, log1mexp(-jnp.where(below_zero, log_tail, -1)), -math.inf)
    return jnp.where(is_lower, log_tail, other), jnp.where(is_lower, other, log_tail)


def tail_prob(is_own: Array, log_tail: Array) -> Array:
    """Return the probability of a tail from its own logarithm, or from that of the other tail.

    Args:
      is_own: whether the logarithm is its own.
      log_tail: the logarithm.
    """
    return jnp.where(is_own, jnp.exp(log_tail), -expm1(log_tail))
