"""Censored distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.counts import integer_bounds
from jaxdist.parameters import Param, param
from jaxdist.wrappers.wrapper import RoundingWrapper, require_univariate


class Censored(RoundingWrapper):
    r"""A univariate distribution whose values beyond `low` and `high` are recorded as these.

    .. math:: Y = \min(\max(X, \mathrm{low}), \mathrm{high})

    Each bound has the probability of all that lies beyond it: `log_prob` is
    :math:`\log P(X \le \mathrm{low})` at `low`, :math:`\log P(X \ge \mathrm{high})` at `high`, and
    the log-density of X in between. This is the likelihood of observations of which some are
    censored, and the distribution of clipped actions. PyMC and Distributions.jl have it under this
    name, distrax as `Clipped`; the bounds are called as those of `Truncated`.

    Args:
      base_dist: the distribution of X, of reals or of integers.
      low: lower bound, broadcastable with the batch shape; by default there is none.
      high: upper bound, above `low`; by default there is none.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Censored(jd.Exponential(1.0), high=3.0)
      >>> d.log_prob(jnp.array([1.0, 3.0]))
      Array([-1., -3.], dtype=float32)
    """

    low: Param = param(constraints.real, default=-math.inf)
    high: Param = param(lambda d: constraints.greater_than(d.low), default=math.inf)

    _has_atoms = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution is one of single numbers."""
        require_univariate("Censored", self.base_dist)
        super().__post_init__(validate_args)

    @property
    def support(self) -> constraints.Range:
        """The support of the base distribution, clipped to the interval; it may be one bound."""
        low, high = (jnp.clip(end, self.low, self.high) for end in self.base_dist.support.bounds)
        if self.base_dist.support.is_discrete:
            return constraints.integer_interval(low, high)
        return constraints.interval(low, high)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws of the base distribution have a pathwise derivative."""
        return self.base_dist.has_rsample

    def _clip(self, x: Array) -> Array:
        if self.base_dist.support.is_discrete:
            return jnp.clip(x, *integer_bounds(self))
        return jnp.clip(x, self.low, self.high)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self._clip(self.base_dist._sample(key, shape))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._clip(self.base_dist._rsample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        base = self.base_dist
        inside = (x > self.low) & (x < self.high)
        density = base.log_prob(jnp.where(inside, x, base.support.feasible_like(x)))
        before_high = self.high - 1 if base.support.is_discrete else self.high
        at_end = jnp.where(
            x <= self.low, base.log_cdf(self.low), base.log_survival_function(before_high)
        )
        return jnp.where(inside, density, at_end)

    def _icdf(self, q: Array) -> Array:
        return self._clip(self.base_dist._icdf(q))

    def _isf(self, q: Array) -> Array:
        return self._clip(self.base_dist._isf(q))
