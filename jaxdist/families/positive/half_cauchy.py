"""HalfCauchy distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.half import Half
from jaxdist.families.real.cauchy import Cauchy


class HalfCauchy(Half):
    r"""Half-Cauchy distribution: of |X|, where X is Cauchy distributed around 0.

    .. math:: p(x) = \frac{2}{\pi\, \mathrm{scale}\, (1 + z^2)}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Its mean and variance are infinite.

    Args:
      scale: positive median, any shape.
    """

    def _whole(self) -> Cauchy:
        return Cauchy(jnp.zeros_like(self.scale), self.scale, validate_args=False)

    def _cdf(self, x: Array) -> Array:
        return 2 / math.pi * jnp.arctan(x / self.scale)

    def _icdf(self, q: Array) -> Array:
        near = q < 0.5
        t = jnp.tan(math.pi / 2 * jnp.where(near, q, 1 - q))
        return self.scale * jnp.where(near, t, 1 / jnp.where(near, 1, t))

    def _mean(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _variance(self) -> Array:
        return jnp.full_like(self.scale, math.inf)
