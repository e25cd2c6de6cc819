"""HalfNormal distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.bases.half import Half
from jaxdist.families.real.normal import Normal


class HalfNormal(Half):
    r"""Half-normal distribution: of |X|, where X is normal with mean 0.

    .. math:: p(x) = \sqrt{2 / \pi}\, \exp(-z^2 / 2) / \mathrm{scale}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Args:
      scale: positive standard deviation of X, any shape.
    """

    def _whole(self) -> Normal:
        return Normal(jnp.zeros_like(self.scale), self.scale, validate_args=False)

    def _cdf(self, x: Array) -> Array:
        return lax.erf(x / self.scale / math.sqrt(2))

    def _icdf(self, q: Array) -> Array:
        return self.scale * math.sqrt(2) * lax.erf_inv(q)

    def _mean(self) -> Array:
        return math.sqrt(2 / math.pi) * self.scale

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return math.sqrt(1 - 2 / math.pi) * self.scale
