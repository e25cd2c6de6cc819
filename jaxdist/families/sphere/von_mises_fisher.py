"""VonMisesFisher distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.rotationally_symmetric import RotationallySymmetric, squared_distance, unit
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.random.sphere import cosine_and_sine, log_tan_half_angle
from jaxdist.special.sphere import (
    sphere_cosine_variance,
    sphere_log_area,
    sphere_log_mean_exp,
    sphere_mean_fall,
    sphere_mean_ratio,
)


class VonMisesFisher(RotationallySymmetric, ExponentialFamily):
    r"""Von Mises-Fisher distribution of a direction, in any number of dimensions.

    .. math:: p(x) = \frac{\kappa^\nu}{(2 \pi)^{\nu + 1} I_\nu(\kappa)}\,
              e^{\kappa \mu^T x}, \quad |x| = 1, \; \nu = n / 2 - 1, \quad
              (\mu, \kappa) = (\mathrm{mean\_direction}, \mathrm{concentration})

    a density over the area of the unit sphere in n dimensions: that of a normal variable with
    covariance 1 / κ, given that its norm is 1. The parameters are TFP's.

    Args:
      mean_direction: unit vector μ, shape `(..., n)` with n of at least 2.
      concentration: non-negative κ, any shape broadcastable with the batch shape of
        `mean_direction`; 0 gives the uniform distribution.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.VonMisesFisher([0.0, 0.0, 1.0], concentration=[1.0, 100.0])
      >>> d.sample(jax.random.key(0), 5).shape
      (5, 2, 3)
      >>> print(" ".join(f"{z:.3f}" for z in d.mean[:, 2]))
      0.313 0.990

    References:
      Mardia and Jupp 2000, "Directional Statistics".
    """

    mean_direction: Param = param(constraints.sphere)
    concentration: Param = param(constraints.nonnegative)

    def _rsample_cosine(self, key: Array, shape: Shape) -> tuple[Array, Array]:
        return cosine_and_sine(log_tan_half_angle(key, self.concentration, self._size, shape))

    def _log_density_at_mode(self) -> Array:
        return -sphere_log_area(self._size) - sphere_log_mean_exp(self._size, self.concentration)

    def _log_prob(self, x: Array) -> Array:
        distance = squared_distance(x, self.mean_direction)
        return self._log_density_at_mode() - self.concentration * distance / 2

    def _mean_cosine(self) -> Array:
        return self.concentration * sphere_mean_ratio(self._size, self.concentration)

    def _cosine_variance(self) -> Array:
        return sphere_cosine_variance(self._size, self.concentration)

    def _variance_across(self) -> Array:
        return sphere_mean_ratio(self._size, self.concentration)

    def _entropy(self) -> Array:
        return sphere_mean_fall(self._size, self.concentration) - self._log_density_at_mode()

    def _natural_parameters(self) -> tuple[Array]:
        """The mean direction, of the length `concentration`."""
        return (self.concentration[..., None] * unit(self.mean_direction),)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> VonMisesFisher:
        length = jnp.sqrt(jnp.sum(natural_parameters[0] ** 2, -1))
        return VonMisesFisher(unit(natural_parameters[0]), length, validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        (vector,) = natural_parameters
        length = jnp.sqrt(jnp.sum(vector**2, -1))
        return length + sphere_log_mean_exp(vector.shape[-1], length) + sphere_log_area(self._size)
