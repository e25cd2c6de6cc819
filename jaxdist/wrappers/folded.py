"""Folded distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.numerical_quantile import TwoSidedQuantile
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.special import (
    folded_normal_log_density,
    folded_normal_tails,
    log_with_complement,
    masked_logsumexp,
)
from jaxdist.wrappers.interval_probability import log_interval_prob
from jaxdist.wrappers.wrapper import Wrapper, as_normal, require_density

_TINY = 1e-37  # number below which quantiles and probabilities are not resolved
_NEAR = 1e-3  # share of the bracket from which the search for quantiles is one among logarithms


class Folded(TwoSidedQuantile, Wrapper):
    r"""The absolute value of a draw from a univariate distribution.

    .. math:: p(x) = p_\mathrm{base}(x) + p_\mathrm{base}(-x), \quad x \ge 0

    The name is that of numpyro's `FoldedDistribution` and of SciPy's `foldnorm`.

    Args:
      base_dist: the distribution, which has a density.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Folded(jd.Normal(0.0, 2.0))
      >>> d.log_prob(1.0).round(4), jd.HalfNormal(2.0).log_prob(1.0).round(4)
      (Array(-1.0439, dtype=float32), Array(-1.0439, dtype=float32))
    """

    support = constraints.nonnegative

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution has a density."""
        require_density("Folded", self.base_dist)
        super().__post_init__(validate_args)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws of the base distribution have a pathwise derivative."""
        return self.base_dist.has_rsample

    def _sample(self, key: Array, shape: Shape) -> Array:
        return jnp.abs(self.base_dist._sample(key, shape))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.abs(self.base_dist._rsample(key, shape))

    def _of_normal(self) -> tuple[Array, Array] | None:
        """Return mean and standard deviation of a normal distribution that is folded.

        The terms of its slopes cancel around 0, and in float32 its log-densities at x and -x are
        equal far from both.
        """
        normal = as_normal(self.base_dist)
        return None if normal is None else (normal.loc, normal.scale)

    def _log_prob(self, x: Array) -> Array:
        if parameters := self._of_normal():
            return folded_normal_log_density(x, *parameters)
        both = self.base_dist.log_prob(jnp.stack([x, -x]))
        return masked_logsumexp(jnp.moveaxis(both, 0, -1))

    def _cdf(self, x: Array) -> Array:
        if parameters := self._of_normal():
            return folded_normal_tails(x, *parameters)[0]
        return jnp.exp(log_interval_prob(self.base_dist, -x, x))

    def _log_cdf(self, x: Array) -> Array:
        log_p = log_interval_prob(self.base_dist, -x, x)
        return jnp.where(
            log_p < -1, log_p, log_with_complement(jnp.exp(log_p), self._survival_function(x))
        )

    def _survival_function(self, x: Array) -> Array:
        if parameters := self._of_normal():
            return folded_normal_tails(x, *parameters)[1]
        return self.base_dist.survival_function(x) + self.base_dist.cdf(-x)

    def _log_survival_function(self, x: Array) -> Array:
        """Exact where it is near 0, by the distribution function."""
        cdf = self._cdf(x)
        of_both = self.base_dist.log_survival_function(x), self.base_dist.log_cdf(-x)
        far = masked_logsumexp(jnp.stack(of_both, -1))
        return jnp.where(cdf < 0.5, jnp.log1p(-jnp.minimum(cdf, 0.75)), far)

    def _kinks(self) -> Array:
        return jnp.abs(self.base_dist._kinks())

    def _quantile(self, below: Array, above: Array, q: Array) -> Array:
        x = lax.stop_gradient(self)._solve(*lax.stop_gradient((below, above)))
        return implicit_reparameterization(self, x, q)

    def _solve(self, below: Array, above: Array) -> Array:
        """Find the x between 0 and the larger size of the ends of a central interval.

        It holds at least a quarter: the ends of one of nearly nothing would round to its center.
        """
        half = jnp.minimum(above, 0.75) / 2
        high = jnp.maximum(jnp.abs(self.base_dist._icdf(half)), jnp.abs(self.base_dist._isf(half)))
        finite = jnp.isfinite(high) & (below > 0)
        target = jnp.where(finite, jnp.minimum(below, above), 0.5)
        x = self._search(below < above, target, jnp.where(finite, high, 1))
        return jnp.where(finite, x, jnp.where(below > 0, high, 0))

    def _search(self, is_lower: Array, target: Array, high: Array) -> Array:
        """Find the x up to `high` of which the lower or the upper tail is the target."""

        def tail(x: Array) -> Array:
            return jnp.where(is_lower, self._cdf(x), self._survival_function(x))

        beyond = tail(_NEAR * high)
        is_near = jnp.where(is_lower, beyond > target, beyond < target)

        def number(v: Array) -> Array:
            return jnp.where(is_near, jnp.exp(v), v)

        def excess(v: Array) -> tuple[Array, Array]:
            """Near 0 as a function of log x, since P(|X| <= x) is proportional to a small x."""
            x = number(v)
            log_tail = jnp.log(jnp.maximum(tail(x), _TINY))
            value = log_tail - jnp.log(target)
            slope = jnp.exp(self._log_prob(x) - log_tail) * jnp.where(is_near, x, 1)
            return jnp.where(is_lower, value, -value), slope

        low = jnp.where(is_near, math.log(_TINY), 0)
        end = jnp.where(is_near, jnp.log(jnp.maximum(high, _TINY)), high)
        x = number(find_root(excess, low, end, steps=bisection_steps(high.dtype)))
        value = jnp.where(is_lower, tail(x) - target, target - tail(x))
        density = jnp.exp(self._log_prob(x))
        possible = density > 0
        step = jnp.where(possible, value / jnp.where(possible, density, 1), 0)
        return jnp.clip(x - step, 0, high)
