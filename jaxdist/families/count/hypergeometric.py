"""Hypergeometric distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import random
from jaxdist.arguments import Shape
from jaxdist.bases.urn import Urn
from jaxdist.numerics.integers import to_count
from jaxdist.special import hypergeometric_log_prob
from jaxdist.special.hypergeometric_density import narrow_hypergeometric_sf


class Hypergeometric(Urn):
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

    @staticmethod
    def _log_weight(k: Array, *arguments: Array) -> Array:
        log_prob: Array = hypergeometric_log_prob(k, *arguments)
        return log_prob

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.hypergeometric(
            key, self.num_successes, self.num_failures, self.total_count, shape
        )

    def _center(self) -> Array:
        return self._mean()

    def _spread(self) -> Array:
        return self._stddev()

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

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        is_lower, (narrow, sf) = x + 0.5 < self._mean(), self._narrow_tail(x)
        own, other = jnp.log(sf), jnp.log1p(-sf)
        of_narrow = jnp.where(is_lower, own, other), jnp.where(is_lower, other, own)
        lower, upper = super()._log_tails(x)
        return jnp.where(narrow, of_narrow[0], lower), jnp.where(narrow, of_narrow[1], upper)

    def _cdf(self, x: Array) -> Array:
        is_lower, (narrow, sf) = x + 0.5 < self._mean(), self._narrow_tail(x)
        return jnp.where(narrow, jnp.where(is_lower, sf, 1 - sf), super()._cdf(x))

    def _survival_function(self, x: Array) -> Array:
        is_lower, (narrow, sf) = x + 0.5 < self._mean(), self._narrow_tail(x)
        return jnp.where(narrow, jnp.where(is_lower, 1 - sf, sf), super()._survival_function(x))

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
        """That of the only two balls of which one is drawn is 0."""
        size = jnp.maximum(self._size(), 1)
        success, drawn = self._shares()
        is_point, product = _product_of_shares(success, drawn)
        asymmetry = (self.num_failures - self.num_successes) / size
        asymmetry *= (size - 2 * self.total_count) / size
        rest = jnp.sqrt(jnp.maximum(size - 1, 1)) / jnp.where(size > 2, size - 2, 1)
        return jnp.where(is_point, math.nan, asymmetry / jnp.sqrt(product) * rest)

    def _kurtosis(self) -> Array:
        """Up to three balls, the count has one of two values at most."""
        a, b = self._shares()
        is_point, product = _product_of_shares(a, b)
        is_few = self._size() <= 3
        size = jnp.where(is_few, 4, self._size())
        ratio = (1 + 1 / size - 6 * (a + b)) / product * ((size - 1) / (size - 2))
        many = (ratio + 6 * (5 * size - 6) / (size - 2)) / (size - 3)
        few = 1 / jnp.where(is_few & ~is_point, self._variance(), 1) - 6
        return jnp.where(is_point, math.nan, jnp.where(is_few, few, many))


def _product_of_shares(success: Array, drawn: Array) -> tuple[Array, Array]:
    """Return whether the count has one value only, and the product of the variances, 1 there."""
    product = success * drawn
    is_point = product <= 0
    return is_point, jnp.where(is_point, 1, product)
