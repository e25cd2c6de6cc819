"""WalleniusNoncentralHypergeometric distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.urn import Urn
from jaxdist.numerics.integers import to_count
from jaxdist.parameters import Param, param
from jaxdist.random.wallenius import wallenius
from jaxdist.special.wallenius_density import (
    wallenius_center,
    wallenius_log_prob,
    wallenius_spread,
)

_NEAR = 8  # counts on each side of the center, among which the mode is


class WalleniusNoncentralHypergeometric(Urn):
    r"""Wallenius' noncentral hypergeometric distribution: balls that are taken by their weights.

    .. math:: p(k) = \binom{s}{k} \binom{f}{n - k} \int_0^1 (1 - t^{\omega / d})^k
              (1 - t^{1 / d})^{n - k} dt, \quad d = \omega (s - k) + f - n + k

    with s = num_successes, f = num_failures, n = total_count and ω = odds: the number of successes
    if n balls are taken one after another, each with a probability proportional to its weight, ω of
    a success and 1 of a failure. That is competition for a resource; where the balls are taken
    independently of each other and their number happens to be n, it is
    `FisherNoncentralHypergeometric`. The parameters are those of Distributions.jl, in this order;
    SciPy's `nchypergeom_wallenius` takes s + f, s, n and `odds`. Moments are sums over up to 12
    standard deviations.

    Args:
      num_successes: s, a non-negative integer, any shape broadcastable with the others.
      num_failures: f, a non-negative integer.
      total_count: n, at most s + f.
      odds: positive weight ω of a success; for 1 it is `Hypergeometric`.

    Example:
      >>> import jaxdist as jd
      >>> # Of 50 bright and 50 dull prey 60 are eaten; a bright one is seen 3 times as easily.
      >>> jd.WalleniusNoncentralHypergeometric(50, 50, total_count=60, odds=[1.0, 3.0]).mode
      Array([30, 40], dtype=int32)

    References:
      Fog 2008, "Calculation methods for Wallenius' noncentral hypergeometric distribution".
    """

    odds: Param = param(constraints.positive)

    @staticmethod
    def _log_weight(k: Array, *arguments: Array) -> Array:
        log_prob: Array = wallenius_log_prob(k, *arguments)
        return log_prob

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        return *super()._arguments(x), jnp.broadcast_to(self.odds, x.shape)

    @property
    def _counts(self) -> tuple[Array, Array, Array]:
        return self.num_successes, self.num_failures, self.total_count

    def _center(self) -> Array:
        return wallenius_center(*self._counts, lax.stop_gradient(self.odds))

    def _spread(self) -> Array:
        return wallenius_spread(self._center(), *self._counts)

    def _probabilities(self, k: Array, log_weight: Array) -> Array:
        """Scale those of all others by the complement of one that is nearly certain."""
        index = jnp.argmax(log_weight, -1, keepdims=True)
        log_best = jnp.take_along_axis(log_weight, index, -1)
        is_likely = (log_best > -math.log(2)) & (log_best < 0)
        is_best = jnp.arange(log_weight.shape[-1]) == index
        others = jnp.where(is_best, 0, jnp.exp(log_weight))
        total = jnp.sum(others, -1, keepdims=True)
        log_best = jnp.where(is_likely, log_best, -1)
        missing = -jnp.expm1(log_best)
        scaled = jnp.where(
            is_best, jnp.exp(log_best), others * (missing / jnp.where(total > 0, total, 1))
        )
        return jnp.where(is_likely & (total > 0), scaled, super()._probabilities(k, log_weight))

    def _sample(self, key: Array, shape: Shape) -> Array:
        """Begin at the time when the expected number of failures, or of successes, is gone."""
        s, f, n = self._counts
        left, other = (s - self._center() + 0.5) / (s + 1), (f - n + self._center() + 0.5) / (f + 1)
        times = -jnp.log(left) / self.odds, -jnp.log(other)
        guess = jnp.where(s > f, *times)
        return wallenius(key, s, f, n, self.odds, jnp.maximum(guess, 1e-6), shape)

    def _mode(self) -> Array:
        low, high = self._bounds()
        steps = jnp.arange(-_NEAR, _NEAR + 1, dtype=self.dtype).reshape(-1, *[1] * low.ndim)
        candidates = jnp.clip(jnp.floor(self._center() + 0.5) + steps, low, high)
        best = jnp.argmax(self._log_weight(*self._arguments(candidates)), 0)
        return to_count(jnp.take_along_axis(candidates, best[None], 0)[0])
