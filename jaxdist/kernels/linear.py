"""Linear kernel."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.kernels.kernel import Kernel
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul


class Linear(Kernel):
    r"""Kernel of linear functions with normal slopes and intercept.

    .. math:: k(x, y) = \mathrm{scale}^2\, (x - \mathrm{shift}) \cdot (y - \mathrm{shift})
              + \mathrm{bias\_scale}^2

    Args:
      scale: positive standard deviation of a slope, any shape.
      bias_scale: non-negative standard deviation of the value at `shift`.
      shift: the point, the same in all features, where the variance is smallest.
    """

    scale: Param = param(constraints.positive, default=1.0)
    bias_scale: Param = param(constraints.nonnegative, default=0.0)
    shift: Param = param(constraints.real, default=0.0)

    def _covariance(self, x: Array, y: Array) -> Array:
        shift = self.shift[..., None, None]
        product = matmul(x - shift, jnp.matrix_transpose(y - shift))
        return self.scale[..., None, None] ** 2 * product + self.bias_scale[..., None, None] ** 2
