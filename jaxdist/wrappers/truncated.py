"""Truncated distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.numerical_quantile import TwoSidedQuantile
from jaxdist.constraints.clipping import clip_draw
from jaxdist.families.interval.truncated_normal import TruncatedNormal
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.expected_values import Rule
from jaxdist.numerics.integers import integer_bounds
from jaxdist.numerics.log_quantile import SMALLEST_LOG_PROB, search_quantile
from jaxdist.parameters import Param, param
from jaxdist.special import masked_log
from jaxdist.special.with_slopes import with_slopes
from jaxdist.wrappers.interval_probability import log_interval_prob
from jaxdist.wrappers.wrapper import Wrapper, as_normal, require_univariate

_LOG_NARROW = math.log(0.4)  # the share of a tail up to which an interval is narrow


def _beyond_low(d: Truncated) -> constraints.Constraint:
    if d.base_dist.support.is_discrete:
        return constraints.greater_than_eq(jnp.ceil(d.low))
    return constraints.greater_than(d.low)


class Truncated(TwoSidedQuantile, Wrapper):
    r"""A univariate distribution conditioned on the interval `[low, high]`.

    .. math:: p(x) = \frac{p_\mathrm{base}(x)}{P(\mathrm{low} \le X \le \mathrm{high})},
              \quad \mathrm{low} \le x \le \mathrm{high}

    The interval may lie far out in a tail: probabilities are computed from the logarithms of the
    base distribution's smaller tail, and draws by inverting these. The interval must have a
    positive probability. The parameters are those of numpyro's `TruncatedDistribution`.

    Args:
      base_dist: a univariate distribution, of reals or of integers, with `cdf` and `icdf`.
      low: lower end, broadcastable with the batch shape; by default there is none.
      high: upper end, above `low`, or for integers at least the first one from `low` on; by default
        there is none.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Truncated(jd.Normal(0.0, 1.0), low=20.0)
      >>> d.log_prob(20.0).round(4), d.icdf(0.5).round(4)
      (Array(2.9982, dtype=float32), Array(20.0345, dtype=float32))
      >>> jd.Truncated(jd.Poisson(3.0), low=1).cdf([1.0, 2.0]).round(3)
      Array([0.157, 0.393], dtype=float32)
    """

    low: Param = param(constraints.real, default=-math.inf)
    high: Param = param(_beyond_low, default=math.inf)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution is one of single numbers."""
        require_univariate("Truncated", self.base_dist)
        if self.base_dist._has_atoms:
            raise TypeError(
                f"Truncated: base_dist must have a density, or be discrete; got {self.base_dist!r}"
            )
        super().__post_init__(validate_args)

    @property
    def support(self) -> constraints.Range:
        """What the support of the base distribution has in common with the interval."""
        lower, upper = self.base_dist.support.bounds
        low, high = jnp.maximum(self.low, lower), jnp.minimum(self.high, upper)
        if self.base_dist.support.is_discrete:
            return constraints.integer_interval(jnp.ceil(low), jnp.floor(high))
        return constraints.interval(low, high)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base distribution has a density."""
        return not self.base_dist.support.is_discrete

    @property
    def _is_smooth_at_ends(self) -> bool:  # type: ignore[override]
        return self.has_rsample

    def _ends(self) -> tuple[Array, Array]:
        """Return the ends of the interval, of which the lower one is excluded."""
        low, high = (jnp.asarray(bound) for bound in self.support.bounds)
        return (low - 1 if self.support.is_discrete else low), high

    def _log_mass(self) -> Array:
        return log_interval_prob(self.base_dist, *self._ends())

    def _of_normal(self) -> TruncatedNormal | None:
        """Return the same distribution for a normal base, whose formulas are more exact."""
        base = as_normal(self.base_dist)
        if base is None:
            return None
        return TruncatedNormal(base.loc, base.scale, self.low, self.high, validate_args=False)

    def _log_prob(self, x: Array) -> Array:
        if normal := self._of_normal():
            return normal._log_prob(x)
        return self.base_dist.log_prob(x) - self._log_mass()

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Return the logarithms of P(X <= x) and of P(X > x)."""
        low, high = (jnp.broadcast_to(end, x.shape) for end in self._ends())
        below, above, mass = log_interval_prob(
            self.base_dist, jnp.stack([low, x, low]), jnp.stack([x, high, high])
        )
        return jnp.minimum(below - mass, 0), jnp.minimum(above - mass, 0)

    def _between_ends(self, x: Array) -> Array:
        """Replace values at the ends of a density, where one of the tails has no logarithm."""
        if self.support.is_discrete:
            return x
        low, high = self._ends()
        return jnp.where((x > low) & (x < high), x, lax.stop_gradient(self)._typical(x))

    def _density_at_end(self, x: Array) -> Array:
        """Return the density; 0 where the base distribution ends as well, and is not smooth."""
        is_inner = jnp.ones_like(x, bool)
        if not self.base_dist._is_smooth_at_ends:
            lower, upper = self.base_dist.support.bounds
            is_inner = (x > lower) & (x < upper)
        density = jnp.exp(self._log_prob(jnp.where(is_inner, x, self._between_ends(x))))
        return jnp.where(is_inner, density, 0)

    def _with_ends(self, tail: Array, x: Array, at_low: float, at_high: float) -> Array:
        """Complete a tail by its values at the ends of a density, and their slopes from inside."""
        if self.support.is_discrete:
            return tail
        density = self._density_at_end(x)
        slope = density if at_low < at_high else -density
        low, high = (jnp.broadcast_to(end, x.shape) for end in self._ends())
        of_low, of_high = (
            with_slopes(jnp.full_like(tail, value), (slope, -slope), (x, end))
            for value, end in ((at_low, low), (at_high, high))
        )
        return jnp.where(x <= low, of_low, jnp.where(x >= high, of_high, tail))

    def _cdf(self, x: Array) -> Array:
        """From the smaller tail, whose derivatives do not cancel."""
        if normal := self._of_normal():
            return normal._cdf(x)
        below, above = self._log_tails(self._between_ends(x))
        cdf = jnp.where(below < above, jnp.exp(below), -jnp.expm1(above))
        return self._with_ends(cdf, x, 0, 1)

    def _log_cdf(self, x: Array) -> Array:
        if normal := self._of_normal():
            return normal._log_cdf(x)
        below, above = self._log_tails(self._between_ends(x))
        return self._with_ends(_log_of_larger(below, above), x, -math.inf, 0)

    def _survival_function(self, x: Array) -> Array:
        if normal := self._of_normal():
            return normal._survival_function(x)
        below, above = self._log_tails(self._between_ends(x))
        sf = jnp.where(above < below, jnp.exp(above), -jnp.expm1(below))
        return self._with_ends(sf, x, 1, 0)

    def _log_survival_function(self, x: Array) -> Array:
        if normal := self._of_normal():
            return normal._log_survival_function(x)
        below, above = self._log_tails(self._between_ends(x))
        return self._with_ends(_log_of_larger(above, below), x, 0, -math.inf)

    def _sample(self, key: Array, shape: Shape) -> Array:
        below, above = random.uniform_with_complement(key, shape, self.dtype)
        return clip_draw(self.base_dist.support, lax.stop_gradient(self)._solve(below, above))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return implicit_reparameterization(self, self._sample(key, shape))

    def _icdf(self, q: Array) -> Array:
        if normal := self._of_normal():
            return normal._icdf(q)
        return super()._icdf(q)

    def _isf(self, q: Array) -> Array:
        if normal := self._of_normal():
            return normal._isf(q)
        return super()._isf(q)

    def _quantile(self, below: Array, above: Array, q: Array) -> Array:
        x = lax.stop_gradient(self)._solve(*lax.stop_gradient((below, above)))
        low, high = integer_bounds(self) if self.support.is_discrete else self.support.bounds
        x = jnp.where(below > 0, jnp.where(above > 0, x, high), low)
        return implicit_reparameterization(self, x, q) if self.has_rsample else x

    def _solve(self, below: Array, above: Array) -> Array:
        """Invert the distribution function.

        Args:
          below: probability below the solution.
          above: `1 - below`, without the rounding of `below`.
        """
        if normal := self._of_normal():
            return normal._solve(below, above)
        base, (low, high), mass = self.base_dist, self._ends(), self._log_mass()
        lower = jnp.logaddexp(base.log_cdf(low), masked_log(below) + mass)
        upper = jnp.logaddexp(base.log_survival_function(high), masked_log(above) + mass)
        is_lower = lower < upper
        log_prob = jnp.where(is_lower, lower, upper)
        rare = log_prob < SMALLEST_LOG_PROB
        p = jnp.exp(jnp.where(rare, -1, log_prob))
        x = jnp.where(is_lower, base._icdf(p), base._isf(p))
        x = lax.cond(jnp.any(rare), lambda: self._search(rare, is_lower, log_prob, x), lambda: x)
        if self.support.is_discrete:
            return jnp.clip(x, *integer_bounds(self))
        x = jnp.clip(x, *self.support.bounds)
        whole = jnp.minimum(base.log_cdf(high), base.log_survival_function(low))
        narrow = mass < whole + _LOG_NARROW
        return lax.cond(jnp.any(narrow), lambda: self._correct(x, below, above), lambda: x)

    def _rule_and_deviations(self, summary: str) -> tuple[Rule, Array]:
        if normal := self._of_normal():
            return normal._rule_and_deviations(summary)
        return super()._rule_and_deviations(summary)

    def _correct(self, x: Array, below: Array, above: Array) -> Array:
        """Take a step of Newton's method, for digits that the base distribution does not resolve.

        In a narrow interval these are those of the distance to its ends.
        """
        log_below, log_above = self._log_tails(x)
        excess = jnp.where(below < above, jnp.exp(log_below) - below, above - jnp.exp(log_above))
        density = jnp.exp(self._log_prob(x))
        possible = density > 0
        step = jnp.where(possible, excess / jnp.where(possible, density, 1), 0)
        return jnp.clip(x - step, *self.support.bounds)

    def _search(self, rare: Array, is_lower: Array, log_prob: Array, x: Array) -> Array:
        """Replace quantiles of the base distribution where its probability underflows.

        They are within the interval, whose bounds are those of the search.
        """
        found = search_quantile(self.base_dist, is_lower, log_prob, self.support.bounds)
        return jnp.where(rare, found, x)

    def _mode(self) -> Array:
        """The point of the interval next to the mode of the base distribution."""
        return jnp.clip(self.base_dist._mode(), *self.support.bounds)


def _log_of_larger(log_p: Array, log_complement: Array) -> Array:
    """Return a log-probability, from that of the complement where the latter is smaller."""
    is_large = log_complement < log_p
    return jnp.where(is_large, jnp.log1p(-jnp.exp(jnp.where(is_large, log_complement, -1))), log_p)
