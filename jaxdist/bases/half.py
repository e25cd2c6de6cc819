"""Half: base of distributions of the absolute value of a variable that is symmetric around 0."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.pytree import must_define
from jaxdist.special import log_with_complement


class Half(Distribution):
    """Base of distributions of |X|, where X and -X have the same distribution.

    A subclass declares `scale` and writes `base_dist`, and `_cdf` and `_icdf`, which as differences
    of those of X would cancel near 0.
    """

    if TYPE_CHECKING:

        @property
        def scale(self) -> Array:
            """Scale."""

    support = constraints.nonnegative
    has_rsample = True

    @property
    def base_dist(self) -> Distribution:
        """The distribution of X."""
        raise must_define(self, "base_dist")

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.abs(self.base_dist._rsample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        return self.base_dist._log_prob(x) + math.log(2)

    def _log_cdf(self, x: Array) -> Array:
        """Near 0 the density times x, whose logarithm is finite where the product underflows."""
        cdf = self._cdf(x)
        near = (cdf < jnp.finfo(cdf.dtype).tiny) & (x > 0)
        of_density = jnp.log(jnp.where(near, x, 1)) + self._log_prob(jnp.zeros_like(x))
        regular = log_with_complement(jnp.where(near, 0.5, cdf), self._survival_function(x))
        return jnp.where(near, of_density, regular)

    def _survival_function(self, x: Array) -> Array:
        return 2 * self.base_dist._survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        """Finite where the probability underflows, and exact where it is near 1."""
        cdf = self._cdf(x)
        far = self.base_dist._log_survival_function(x) + math.log(2)
        return jnp.where(cdf < 0.5, jnp.log1p(-jnp.minimum(cdf, 0.75)), far)

    def _isf(self, q: Array) -> Array:
        return self.base_dist._isf(q / 2)

    def _mode(self) -> Array:
        return jnp.zeros_like(self.scale)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() - math.log(2)
