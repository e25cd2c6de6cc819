"""SphericalUniform distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_integer
from jaxdist.distribution import Distribution
from jaxdist.linalg.triangular import diagonal_matrix
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.random.sphere import unit_vector
from jaxdist.special.sphere import sphere_log_area


class SphericalUniform(Distribution):
    r"""Uniform distribution of a direction, over the unit sphere.

    .. math:: p(x) = \frac{\Gamma(n / 2)}{2 \pi^{n/2}}, \quad |x| = 1, \; n = \mathrm{dimension}

    a density over the area of the sphere. The name and the parameter are TFP's. It is
    `VonMisesFisher` without a concentration; for a batch of them, `expand` it.

    Args:
      dimension: number n of entries of a direction, at least 2.
      concentration: 0, of which the shape is the batch shape.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.SphericalUniform(3)
      >>> d.sample(jax.random.key(0), 5).shape
      (5, 3)
      >>> print(f"{d.log_prob([0.0, 0.6, 0.8]):.4f}")  # -log(4 pi)
      -2.5310
    """

    dimension: int = static()
    concentration: Param = param(constraints.half_open_interval(0.0, 1e-30), default=0.0)

    support = constraints.sphere
    has_rsample = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of dimensions."""
        dimension = as_integer("SphericalUniform", "dimension", self.dimension, minimum=2)
        vars(self)["dimension"] = dimension
        super().__post_init__(validate_args)

    @property
    def event_shape(self) -> Shape:
        """The number of dimensions."""
        return (self.dimension,)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return unit_vector(key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        return jnp.full(x.shape[:-1], -sphere_log_area(self.dimension), self.dtype)

    def _per_entry(self, value: float) -> Array:
        return jnp.full((*self.batch_shape, self.dimension), value, self.dtype)

    def _mean(self) -> Array:
        return self._per_entry(0.0)

    def _variance(self) -> Array:
        return self._per_entry(1 / self.dimension)

    def _skewness(self) -> Array:
        return self._per_entry(0.0)

    def _kurtosis(self) -> Array:
        return self._per_entry(-6 / (self.dimension + 2))

    def _covariance(self) -> Array:
        return diagonal_matrix(self._variance())

    def _entropy(self) -> Array:
        return jnp.full(self.batch_shape, sphere_log_area(self.dimension), self.dtype)
