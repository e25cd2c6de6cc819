"""ZeroSumNormal distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import LOG_TWO_PI


class ZeroSumNormal(NormalEntries):
    r"""Normal vectors whose entries sum to zero: independent normal draws less their mean.

    .. math:: p(x) = (2 \pi\, \mathrm{scale}^2)^{-(n - 1) / 2}
              e^{-|x|^2 / (2\, \mathrm{scale}^2)}, \quad \sum_i x_i = 0, \quad n = \mathrm{dim}

    a density over the hyperplane of such vectors, for effects of categories next to an intercept.
    The definition is that of PyMC and numpyro, of which this is the case of one axis.

    Args:
      dim: the number n of entries, at least 2; static.
      scale: positive standard deviation before the mean is subtracted, any shape.
    """

    dim: int = static()
    scale: Param = param(constraints.positive, default=1.0)

    support = constraints.zero_sum
    has_rsample = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of entries, then the scale."""
        if not isinstance(self.dim, int | np.integer) or self.dim < 2:
            raise ValueError(
                f"ZeroSumNormal: dim must be an integer of at least 2; got {self.dim!r}"
            )
        super().__post_init__(validate_args)

    @property
    def event_shape(self) -> Shape:
        """`(dim,)`."""
        return (self.dim,)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        z = random.normal(key, shape, self.dtype)
        z -= jnp.mean(z, -1, keepdims=True)
        z -= jnp.mean(z, -1, keepdims=True)  # what the rounding of the mean has left
        return self.scale[..., None] * z

    def _log_prob(self, x: Array) -> Array:
        z = x / self.scale[..., None]
        normalizer = (self.dim - 1) * (LOG_TWO_PI / 2 + jnp.log(self.scale))
        return -jnp.sum(z * z, -1) / 2 - normalizer

    def _mean(self) -> Array:
        return jnp.zeros((*self.batch_shape, self.dim), self.dtype)

    def _mode(self) -> Array:
        return self._mean()

    def _stddev(self) -> Array:
        stddev = self.scale[..., None] * math.sqrt(1 - 1 / self.dim)
        return jnp.broadcast_to(stddev, (*self.batch_shape, self.dim))

    def _covariance(self) -> Array:
        projection = jnp.eye(self.dim, dtype=self.dtype) - 1 / self.dim
        return self.scale[..., None, None] ** 2 * projection

    def _entropy(self) -> Array:
        return (self.dim - 1) * ((1 + LOG_TWO_PI) / 2 + jnp.log(self.scale))
