"""Quantized distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.numerics.integers import integer_bounds, to_count
from jaxdist.parameters import Param, param
from jaxdist.wrappers.interval_probability import log_interval_prob
from jaxdist.wrappers.wrapper import RoundingWrapper, require_density


class Quantized(RoundingWrapper):
    r"""A univariate distribution rounded up to integers.

    .. math:: Y = \min(\max(\lceil X \rceil, \mathrm{low}), \mathrm{high}), \quad
              P(Y = y) = P(y - 1 < X \le y)

    With bounds, the lowest and the highest integer have the probability of all beyond them as
    well. The definition and the names are those of TFP's `QuantizedDistribution` and of distrax's
    `Quantized`; to round to the nearest integer, shift the base distribution by 1/2. The
    probabilities do not cancel, however small they are.

    Args:
      base_dist: the distribution of X, which has a density.
      low: smallest integer, broadcastable with the batch shape; by default there is none.
      high: largest integer, at least `low`; by default there is none.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Quantized(jd.Logistic(127.0, 10.0), low=0, high=255)
      >>> jnp.exp(d.log_prob(jnp.arange(256))).sum().round(4)
      Array(1., dtype=float32)
    """

    low: Param = param(constraints.real, default=-math.inf)
    high: Param = param(lambda d: constraints.greater_than_eq(d.low), default=math.inf)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution has a density."""
        require_density("Quantized", self.base_dist)
        super().__post_init__(validate_args)

    @property
    def support(self) -> constraints.Range:
        """The integers between the bounds to which values of the base distribution are rounded."""
        low, high = jnp.ceil(self.low), jnp.floor(self.high)
        ends = (jnp.clip(jnp.ceil(end), low, high) for end in self.base_dist.support.bounds)
        return constraints.integer_interval(*ends)

    def _round(self, x: Array) -> Array:
        return jnp.clip(to_count(jnp.maximum(jnp.ceil(x), -(2.0**31))), *integer_bounds(self))

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self._round(self.base_dist._sample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        low, high = self.support.bounds
        x = x.astype(jnp.result_type(low))
        below = jnp.where(x <= low, -math.inf, x - 1)
        log_prob = log_interval_prob(self.base_dist, below, jnp.where(x >= high, math.inf, x))
        # Beyond, x - 1 is rounded. The density is that of the interval's end, of length 1.
        unresolved = (jnp.abs(x) >= 2 / jnp.finfo(x.dtype).eps) & (x > low) & (x < high)
        at_end = self.base_dist.log_prob(jnp.where(unresolved, x, 0))
        return jnp.where(unresolved, jnp.minimum(at_end, 0), log_prob)

    def _mode(self) -> Array:
        """The most probable one of the ends and of the integers next to the mode of X."""
        low, high = integer_bounds(self)
        nearest = self._round(self.base_dist._mode())
        next_to = jnp.maximum(nearest - 1, low), nearest, jnp.minimum(nearest + 1, high)
        candidates = jnp.stack(jnp.broadcast_arrays(low, *next_to, high))
        best = jnp.argmax(self._log_prob(candidates), 0, keepdims=True)
        return jnp.take_along_axis(candidates, best, 0)[0]

    def _icdf(self, q: Array) -> Array:
        """Round the quantile of the base distribution up, unless it was rounded past an integer."""
        above = self._round(self.base_dist._icdf(q))
        low, _ = self.support.bounds
        reached = (self.base_dist.cdf((above - 1).astype(q.dtype)) >= q) & (above > low)
        return jnp.where(reached & (q < 1), above - 1, above)
