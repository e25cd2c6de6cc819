"""Censored distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.trials import failure_prob
from jaxdist.families.real.delta import Delta
from jaxdist.numerics.atoms import nearest_point
from jaxdist.numerics.expected_values import mixed_moments
from jaxdist.numerics.integers import integer_bounds
from jaxdist.parameters import Param, param
from jaxdist.special import xlogx
from jaxdist.wrappers.gated import Gated
from jaxdist.wrappers.interval_probability import log_interval_prob
from jaxdist.wrappers.truncated import Truncated
from jaxdist.wrappers.wrapper import RoundingWrapper, require_univariate


def _beyond_low(d: Censored) -> constraints.Constraint:
    """Of integers, the bounds are the first one from `low` on, and the last one up to `high`."""
    if d.base_dist.support.is_discrete:
        return constraints.greater_than_eq(jnp.ceil(d.low) + 1)
    return constraints.greater_than(d.low)


class Censored(RoundingWrapper):
    r"""A univariate distribution whose values beyond `low` and `high` are recorded as these.

    .. math:: Y = \min(\max(X, \mathrm{low}), \mathrm{high})

    Each bound has the probability of all that lies beyond it: `log_prob` is
    :math:`\log P(X \le \mathrm{low})` at `low`, :math:`\log P(X \ge \mathrm{high})` at `high`, and
    the log-density of X in between. This is the likelihood of observations of which some are
    censored, and the distribution of clipped actions. PyMC and Distributions.jl have it under this
    name, distrax as `Clipped`, which is its second name here; the bounds are called as those of
    `Truncated`. The entropy is the mean of `-log_prob`.

    Args:
      base_dist: the distribution of X, of reals or of integers.
      low: lower bound, broadcastable with the batch shape; by default there is none. Of integers it
        is the first one from `low` on, as in `Truncated`.
      high: upper bound, above `low`; by default there is none. Of integers it is the last one up to
        `high`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Censored(jd.Exponential(1.0), high=3.0)
      >>> d.log_prob(jnp.array([1.0, 3.0]))
      Array([-1., -3.], dtype=float32)
    """

    low: Param = param(constraints.real, default=-math.inf)
    high: Param = param(_beyond_low, default=math.inf)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution is one of single numbers."""
        require_univariate("Censored", self.base_dist)
        super().__post_init__(validate_args)

    def _ends(self) -> tuple[Array, Array]:
        """Return the bounds, which are integers where the base distribution is one of integers."""
        if self.base_dist.support.is_discrete:
            return jnp.ceil(self.low), jnp.floor(self.high)
        return self.low, self.high

    @property
    def _has_atoms(self) -> bool:  # type: ignore[override]
        return not self.base_dist.support.is_discrete

    def _nearest_atom(self, x: Array) -> Array:
        if not self._has_atoms:
            return super()._nearest_atom(x)
        of_base = self._clip(self.base_dist._nearest_atom(x))
        ends = (jnp.broadcast_to(end, x.shape).astype(x.dtype) for end in (self.low, self.high))
        return nearest_point(x, jnp.stack([of_base, *ends]))

    def _atom_prob(self) -> Array:
        self._require_density("the probability of single points")
        return self.base_dist.cdf(self.low) + self.base_dist.survival_function(self.high)

    @property
    def support(self) -> constraints.Range:
        """The support of the base distribution, clipped to the interval; it may be one bound."""
        low, high = (jnp.clip(end, *self._ends()) for end in self.base_dist.support.bounds)
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
        return jnp.clip(x, *self._ends())

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self._clip(self.base_dist._sample(key, shape))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._clip(self.base_dist._rsample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        base, (low, high) = self.base_dist, self._ends()
        inside = (x > low) & (x < high)
        density = base.log_prob(jnp.where(inside, x, base.support.feasible_like(x)))
        before_high = high - 1 if base.support.is_discrete else base._up_to(high)
        at_end = jnp.where(x <= low, base.log_cdf(low), base.log_survival_function(before_high))
        return jnp.where(inside, density, at_end)

    def _within(self) -> tuple[Array, Truncated]:
        """Return probability and distribution of the values that are not clipped."""
        base, (low, high) = self.base_dist, self._ends()
        self._require_density("moments and entropy")
        if not base.support.is_discrete:
            log_prob = log_interval_prob(base, low, high)
            return jnp.exp(log_prob), Truncated(base, low, high, validate_args=False)
        high = high - 1
        is_some = high > low
        log_prob = jnp.where(is_some, log_interval_prob(base, low, high), -math.inf)
        # Where there is no integer in between, any interval will do.
        low, high = jnp.where(is_some, low + 1, -math.inf), jnp.where(is_some, high, math.inf)
        return jnp.exp(log_prob), Truncated(base, low, high, validate_args=False)

    def _parts(self, within: Array) -> tuple[Array, Array]:
        """Return weights and values of the lower bound, of what is in between, and of the upper.

        Args:
          within: values in between, shape `batch_shape`.
        """
        base, (low, high), (weight, _) = self.base_dist, self._ends(), self._within()
        before_high = high - 1 if base.support.is_discrete else high
        weights = jnp.stack([base.cdf(low), weight, base.survival_function(before_high)])
        low, high = (jnp.where(weights[i] > 0, x, 0) for i, x in ((0, low), (2, high)))
        return weights, jnp.stack([low, jnp.where(weight > 0, within, 0), high])

    def _moments(self) -> tuple[Array, ...]:
        """Return mean, variance, skewness and kurtosis."""
        if isinstance(self.base_dist, Gated) and self.base_dist._has_atoms:
            return self._moments_behind_gate(self.base_dist)
        within = self._within()[1]
        weights, means = self._parts(within.mean)
        others = (within.variance, within.skewness, within.kurtosis)
        return mixed_moments(
            weights, means, *(jnp.stack([jnp.zeros_like(x), x, jnp.zeros_like(x)]) for x in others)
        )

    def _moments_behind_gate(self, base: Gated) -> tuple[Array, ...]:
        """Average over zeros, which are clipped as well, and the draws that the gate lets pass."""
        passed = Censored(base.drawn, self.low, self.high, validate_args=False)
        zero = Delta(jnp.broadcast_to(self._clip(jnp.zeros((), self.dtype)), self.batch_shape))
        names = ("mean", "variance", "skewness", "kurtosis")
        moments = (jnp.stack([getattr(d, name) for d in (zero, passed)]) for name in names)
        return mixed_moments(jnp.stack([base.gate, failure_prob(base.gate_dist)]), *moments)

    def _require_density(self, what: str) -> None:
        if self.base_dist._has_atoms:
            raise self._missing(
                f"{what} of {type(self.base_dist).__name__}, of which single points have a "
                "probability",
                "estimate them from draws; the entropy by the mean of `-log_prob`",
            )

    def _mean(self) -> Array:
        if self.base_dist._has_atoms:
            return self._moments()[0]
        weights, means = self._parts(self._within()[1].mean)
        return jnp.sum(weights * means, 0)

    def _variance(self) -> Array:
        return self._moments()[1]

    def _skewness(self) -> Array:
        return self._moments()[2]

    def _kurtosis(self) -> Array:
        return self._moments()[3]

    def _entropy(self) -> Array:
        """That of the part, and of the values in between."""
        within = self._within()[1]
        weights, entropies = self._parts(within.entropy())
        choice = -jnp.sum(xlogx(weights), 0)
        return choice + jnp.where(weights[1] > 0, weights[1] * entropies[1], 0)

    def _icdf(self, q: Array) -> Array:
        return self._clip(self.base_dist._icdf(q))

    def _isf(self, q: Array) -> Array:
        return self._clip(self.base_dist._isf(q))


Clipped = Censored  # the name of distrax, for clipped actions
