"""Urn: distributions of the successes among balls that are drawn without replacement."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.bases.counts import common_count, icdf_by_search
from jaxdist.bases.log_sum import log_sum_over
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.parameters import Param, param
from jaxdist.pytree import must_define
from jaxdist.special import p_log_p

REACH = 12  # standard deviations within which terms are summed
_NODES = 257  # of sums over all counts


class Urn(LogTails):
    """Base of distributions of successes in draws without replacement.

    A subclass writes `_log_weight` of a count and of further arrays, `_arguments` that returns
    these, and `_center` and `_spread` of the counts.
    """

    num_successes: Param = param(constraints.nonnegative_integer)
    num_failures: Param = param(constraints.nonnegative_integer)
    total_count: Param = param(
        lambda d: constraints.integer_interval(0, d.num_successes + d.num_failures)
    )

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers from `max(0, n - f)` to `min(n, s)`."""
        return constraints.integer_interval(*self._bounds())

    def _bounds(self) -> tuple[Array, Array]:
        s, f, n = self.num_successes, self.num_failures, self.total_count
        return jnp.maximum(n - f, 0), jnp.minimum(n, s)

    @staticmethod
    def _log_weight(k: Array, *arguments: Array) -> Array:
        """Return the log-probability of a count, up to a constant."""
        raise NotImplementedError("a subclass of Urn defines `_log_weight(k, *arguments)`")

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        """Return the value and the counts, which are not differentiated."""
        leaves = lax.stop_gradient((self.num_successes, self.num_failures, self.total_count))
        return tuple(jnp.broadcast_to(v, x.shape).astype(self.dtype) for v in (x, *leaves))

    def _center(self) -> Array:
        """Return a number near the mean."""
        raise must_define(self, "_center")

    def _spread(self) -> Array:
        """Return a number near the standard deviation."""
        raise must_define(self, "_spread")

    def _log_constant(self) -> Array:
        """Return the logarithm of the sum of the weights."""
        return jnp.zeros(self.batch_shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        return self._log_weight(*self._arguments(x)) - self._log_constant()

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Sum the tail on the side of x, away from the center."""
        k, *arguments = self._arguments(x)
        low, high = self._bounds()
        is_lower = self._is_lower(k, low, high)
        reach = jnp.ceil(REACH * self._spread() + 60)
        first = jnp.where(is_lower, jnp.maximum(k - reach, low), k + 1)
        last = jnp.where(is_lower, k, jnp.minimum(k + reach, high))
        nearest = jnp.where(is_lower, last, jnp.minimum(first, high))
        # Its derivative cancels, but not the rounding of that.
        largest = lax.stop_gradient(self._log_weight(nearest, *arguments))
        log_sum = log_sum_over(self._log_weight, first, last + 1, None, largest, *arguments)
        return both_log_tails(is_lower, log_sum - self._log_constant())

    def _is_lower(self, k: Array, low: Array, high: Array) -> Array:
        """Return where the terms of the lower tail are summed: one term may be nearly certain."""
        return (k == low) | ((k + 0.5 < self._center()) & (k != high - 1))

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q)

    def _grid(self) -> tuple[Array, Array]:
        """Return counts, and the logarithms of their weights times those of the sum.

        They are all counts, or real numbers at even distances around the center. Both are of shape
        `(*batch_shape, number)`.
        """
        low, high = self._bounds()
        center, reach = lax.stop_gradient((self._center(), REACH * self._spread() + 20))
        first = jnp.maximum(jnp.floor(center - reach), low)
        last = jnp.minimum(jnp.ceil(center + reach), high)
        stride = jnp.maximum((last - first) / (_NODES - 1), 1)[..., None]
        k = first[..., None] + stride * jnp.arange(_NODES)
        inside = k <= last[..., None]
        k = jnp.where(inside, k, first[..., None])
        k, *arguments = self[..., None]._arguments(k)
        log_weight = self._log_weight(k, *arguments) + jnp.log(stride)
        return k, jnp.where(inside, log_weight, -jnp.inf)

    def _origin(self) -> Array:
        """Return the count whose distance from others the moments are sums of."""
        return jnp.zeros((), self.dtype)

    def _probabilities(self, k: Array, log_weight: Array) -> Array:
        """Return the weights of a grid over their sum."""
        weight = jnp.exp(log_weight - lax.stop_gradient(jnp.max(log_weight, -1, keepdims=True)))
        return weight / jnp.sum(weight, -1, keepdims=True)

    def _central_moments(self) -> tuple[Array, ...]:
        """Return the mean, and the second to fourth moments around it."""
        k, log_weight = self._grid()
        origin, p = self._origin(), self._probabilities(k, log_weight)
        ahead = k - origin[..., None]
        mean = jnp.sum(p * ahead, -1)
        distance = ahead - mean[..., None]
        return origin + mean, *(jnp.sum(p * distance**power, -1) for power in (2, 3, 4))

    def _mean(self) -> Array:
        return self._central_moments()[0]

    def _variance(self) -> Array:
        return self._central_moments()[1]

    def _skewness(self) -> Array:
        _, variance, third, _ = self._central_moments()
        return third / variance / jnp.sqrt(variance)

    def _kurtosis(self) -> Array:
        _, variance, _, fourth = self._central_moments()
        return fourth / variance / variance - 3

    def _entropy(self) -> Array:
        """Sum -p log p over the support, or at even distances around the center."""
        k, log_weight = self._grid()
        p = self._probabilities(k, log_weight)
        log_p = jnp.where(p > 0, self[..., None]._log_prob(k), 0)
        return -jnp.sum(p_log_p(p, log_p), -1)

    def _enumerate_support(self) -> Array:
        s, f, n = (
            common_count(self, name) for name in ("num_successes", "num_failures", "total_count")
        )
        return jnp.arange(max(n - f, 0), min(n, s) + 1)
