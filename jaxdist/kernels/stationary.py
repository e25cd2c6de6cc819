"""Kernels that depend on the distance between points alone."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.kernels.kernel import Kernel
from jaxdist.parameters import Param, param
from jaxdist.pytree import must_define


class Stationary(Kernel):
    """Base: scale^2 times a correlation, a function of the distance in units of `length_scale`."""

    scale: Param = param(constraints.positive, default=1.0)
    length_scale: Param = param(constraints.positive, default=1.0)

    def _covariance(self, x: Array, y: Array) -> Array:
        difference = x[..., :, None, :] - y[..., None, :, :]
        relative = difference / self.length_scale[..., None, None, None]
        return self.scale[..., None, None] ** 2 * self._correlation(jnp.sum(relative**2, -1))

    def _correlation(self, square: Array) -> Array:
        """Return the correlation at squared distances."""
        raise must_define(self, "_correlation")


def _distance(square: Array) -> Array:
    """Return the square root, with derivative 0 at 0: a matrix has a diagonal of zeros."""
    return jnp.where(square > 0, jnp.sqrt(jnp.where(square > 0, square, 1)), 0)


class RBF(Stationary):
    r"""Radial basis function kernel, of smooth functions.

    .. math:: k(x, y) = \mathrm{scale}^2 \exp(-r^2 / 2), \quad r = |x - y| / \mathrm{length\_scale}

    Args:
      scale: positive standard deviation of the function, any shape.
      length_scale: positive distance over which the function changes, in the units of the points.

    References:
      Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", chapter 4. The name
      is scikit-learn's; it is `ExponentiatedQuadratic` in TFP.
    """

    def _correlation(self, square: Array) -> Array:
        return jnp.exp(-square / 2)


class Matern12(Stationary):
    r"""Matern kernel of smoothness 1/2, of continuous functions: the Ornstein-Uhlenbeck process.

    .. math:: k(x, y) = \mathrm{scale}^2 e^{-r}, \quad r = |x - y| / \mathrm{length\_scale}

    Args:
      scale: positive standard deviation of the function, any shape.
      length_scale: positive distance, in the units of the points.
    """

    def _correlation(self, square: Array) -> Array:
        return jnp.exp(-_distance(square))


class Matern32(Stationary):
    r"""Matern kernel of smoothness 3/2, of functions with one derivative.

    .. math:: k(x, y) = \mathrm{scale}^2 (1 + s) e^{-s}, \quad
              s = \sqrt{3} |x - y| / \mathrm{length\_scale}

    Args:
      scale: positive standard deviation of the function, any shape.
      length_scale: positive distance, in the units of the points.
    """

    def _correlation(self, square: Array) -> Array:
        s = math.sqrt(3) * _distance(square)
        return (1 + s) * jnp.exp(-s)


class Matern52(Stationary):
    r"""Matern kernel of smoothness 5/2, of functions with two derivatives.

    .. math:: k(x, y) = \mathrm{scale}^2 (1 + s + s^2 / 3) e^{-s}, \quad
              s = \sqrt{5} |x - y| / \mathrm{length\_scale}

    Args:
      scale: positive standard deviation of the function, any shape.
      length_scale: positive distance, in the units of the points.
    """

    def _correlation(self, square: Array) -> Array:
        s = math.sqrt(5) * _distance(square)
        return (1 + s + s * s / 3) * jnp.exp(-s)


class Periodic(Kernel):
    r"""Kernel of periodic functions.

    .. math:: k(x, y) = \mathrm{scale}^2 \exp\Big(-2 \sum_i
              \frac{\sin^2(\pi (x_i - y_i) / \mathrm{period})}{\mathrm{length\_scale}^2}\Big)

    Args:
      scale: positive standard deviation of the function, any shape.
      length_scale: positive; how far the function is from a sinusoid of one period.
      period: positive distance after which the function repeats, in the units of the points.

    References:
      MacKay 1998, "Introduction to Gaussian processes"; `ExpSinSquared` of TFP.
    """

    scale: Param = param(constraints.positive, default=1.0)
    length_scale: Param = param(constraints.positive, default=1.0)
    period: Param = param(constraints.positive, default=1.0)

    def _covariance(self, x: Array, y: Array) -> Array:
        difference = x[..., :, None, :] - y[..., None, :, :]
        waves = jnp.sin(jnp.pi * difference / self.period[..., None, None, None])
        relative = waves / self.length_scale[..., None, None, None]
        return self.scale[..., None, None] ** 2 * jnp.exp(-2 * jnp.sum(relative**2, -1))
