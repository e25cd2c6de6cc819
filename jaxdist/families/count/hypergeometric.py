"""Hypergeometric distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import common_count, icdf_by_search
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.numerics.integers import to_count
from jaxdist.numerics.summation import sum_over
from jaxdist.parameters import Param, param
from jaxdist.special import hypergeometric_log_prob, p_log_p
from jaxdist.special.hypergeometric_density import narrow_hypergeometric_sf

_REACH = 12  # standard deviations within which terms are summed
_NODES = 257  # of the entropy's sum


class Hypergeometric(LogTails):
    r"""Hypergeometric distribution: successes in draws without replacement.

    .. math:: p(k) = \binom{s}{k} \binom{f}{n - k} \Big/ \binom{s + f}{n}, \quad
              s = \mathrm{num\_successes}, \; f = \mathrm{num\_failures}, \;
              n = \mathrm{total\_count}

    The parameters are those of Distributions.jl and of NumPy, in this order; SciPy's `hypergeom`
    takes s + f, s and n. The tails are sums over up to 12 standard deviations.

    Args:
      num_successes: number of successes in the population, any shape broadcastable with the others.
      num_failures: number of failures in the population.
      total_count: number of draws, at most the size of the population.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Hypergeometric(13, 39, total_count=5)  # hearts in a hand of cards
      >>> print(*(f"{v:.3f}" for v in d.log_prob([0, 5])), d.mean)
      -1.507 -7.611 1.25
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

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.hypergeometric(
            key, self.num_successes, self.num_failures, self.total_count, shape
        )

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        """Return the value and the parameters, which are counts, of one shape and dtype."""
        leaves = lax.stop_gradient((self.num_successes, self.num_failures, self.total_count))
        return tuple(jnp.broadcast_to(v, x.shape).astype(self.dtype) for v in (x, *leaves))

    def _log_prob(self, x: Array) -> Array:
        return hypergeometric_log_prob(*self._arguments(x))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Sum the tail on the side of x, away from the mean."""
        k, *parameters = self._arguments(x)
        is_lower = k + 0.5 < self._mean()
        low, high = self._bounds()
        reach = jnp.ceil(_REACH * self._stddev() + 60)
        first = jnp.where(is_lower, jnp.maximum(k - reach, low), k + 1)
        last = jnp.where(is_lower, k, jnp.minimum(k + reach, high))
        nearest = jnp.where(is_lower, last, first)
        largest = hypergeometric_log_prob(nearest, *parameters)
        total = sum_over(_relative_prob, first, last + 1, *parameters, largest)
        tails = both_log_tails(is_lower, largest + jnp.log(total))
        narrow, sf = self._narrow_tail(x)
        log_sf, log_rest = jnp.log(sf), jnp.log1p(-sf)
        of_narrow = jnp.where(is_lower, log_sf, log_rest), jnp.where(is_lower, log_rest, log_sf)
        lower, upper = (jnp.where(narrow, *pair) for pair in zip(of_narrow, tails, strict=True))
        return lower, upper

    def _narrow_tail(self, x: Array) -> tuple[Array, Array]:
        """Return whether the tail on the side of x is a sum of few terms, and its probability.

        The lower one is the upper one of the number of failures.
        """
        k, s, f, n = self._arguments(x)
        is_lower, is_end = k + 0.5 < self._mean(), k >= self._bounds()[1]
        narrow, sf = narrow_hypergeometric_sf(
            jnp.where(is_lower, n - k, jnp.where(is_end, k, k + 1)),
            jnp.where(is_lower, f, s),
            jnp.where(is_lower, s, f),
            n,
        )
        return narrow & (is_lower | ~is_end), sf

    def _cdf(self, x: Array) -> Array:
        is_lower, (narrow, sf) = x + 0.5 < self._mean(), self._narrow_tail(x)
        return jnp.where(narrow, jnp.where(is_lower, sf, 1 - sf), super()._cdf(x))

    def _survival_function(self, x: Array) -> Array:
        is_lower, (narrow, sf) = x + 0.5 < self._mean(), self._narrow_tail(x)
        return jnp.where(narrow, jnp.where(is_lower, 1 - sf, sf), super()._survival_function(x))

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q)

    def _size(self) -> Array:
        return self.num_successes + self.num_failures

    def _mean(self) -> Array:
        return self.total_count * (self.num_successes / jnp.maximum(self._size(), 1))

    def _mode(self) -> Array:
        share = (self.num_successes + 1) / (self._size() + 2)
        return to_count(jnp.floor((self.total_count + 1) * share))

    def _shares(self) -> tuple[Array, Array]:
        """Return the variances of one trial: of being a success, and of being drawn."""
        size = jnp.maximum(self._size(), 1)
        success = (self.num_successes / size) * (self.num_failures / size)
        return success, (self.total_count / size) * ((size - self.total_count) / size)

    def _variance(self) -> Array:
        success, drawn = self._shares()
        size = self._size()
        return success * drawn * size * (size / jnp.maximum(size - 1, 1))

    def _skewness(self) -> Array:
        size = self._size()
        success, drawn = self._shares()
        asymmetry = (self.num_failures - self.num_successes) / size
        asymmetry *= (size - 2 * self.total_count) / size
        return asymmetry / jnp.sqrt(success * drawn) * jnp.sqrt(size - 1) / (size - 2)

    def _kurtosis(self) -> Array:
        size = self._size()
        a, b = self._shares()
        ratio = (1 + 1 / size - 6 * (a + b)) / (a * b) * ((size - 1) / (size - 2))
        return (ratio + 6 * (5 * size - 6) / (size - 2)) / (size - 3)

    def _entropy(self) -> Array:
        """Sum -p log p over the support, or at even distances around the mean."""
        low, high = self._bounds()
        reach = _REACH * self._stddev() + 20
        first = jnp.maximum(jnp.floor(self._mean() - reach), low)
        last = jnp.minimum(jnp.ceil(self._mean() + reach), high)
        stride = jnp.maximum((last - first) / (_NODES - 1), 1)[..., None]
        nodes = first[..., None] + stride * jnp.arange(_NODES)
        inside = nodes <= last[..., None]
        log_p = self[..., None]._log_prob(jnp.where(inside, nodes, first[..., None]))
        p = jnp.where(inside, stride * jnp.exp(log_p), 0)
        return -jnp.sum(p_log_p(p, log_p), -1) / jnp.sum(p, -1)

    def _enumerate_support(self) -> Array:
        s, f, n = (
            common_count(self, name) for name in ("num_successes", "num_failures", "total_count")
        )
        return jnp.arange(max(n - f, 0), min(n, s) + 1)


def _relative_prob(k: Array, s: Array, f: Array, n: Array, largest: Array) -> Array:
    return jnp.exp(hypergeometric_log_prob(k, s, f, n) - largest)
