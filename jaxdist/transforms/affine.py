"""Identity and affine transforms."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.constraints import Constraint
from jaxdist.linalg.triangular import log_det, solve_lower
from jaxdist.parameters import Param, param
from jaxdist.precision import matvec
from jaxdist.pytree import static
from jaxdist.special import standardize
from jaxdist.transforms.elementwise import NONZERO, ElementwiseTransform
from jaxdist.transforms.transform import Transform, sum_rightmost


class IdentityTransform(ElementwiseTransform):
    """The identity, y = x."""

    _affine = True
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return x

    def _inverse(self, y: Array) -> Array:
        return y

    def _log_slope(self, x: Array) -> Array:
        return jnp.zeros_like(x)


class AffineTransform(ElementwiseTransform):
    r"""Elementwise affine transform.

    .. math:: y = \mathrm{loc} + \mathrm{scale}\; x, \quad \log |dy / dx| = \log |\mathrm{scale}|

    Args:
      loc: shift, any shape broadcastable with the values.
      scale: factor, not zero, any shape broadcastable with the values.
      event_dim: number of rightmost axes of one event, over which the log-determinant is summed.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.AffineTransform(1.0, [2.0, -3.0])
      >>> t(1.0).tolist()
      [3.0, -2.0]
      >>> t.inv(t(1.0)).tolist()
      [1.0, 1.0]
    """

    loc: Param = param(constraints.real)
    scale: Param = param(NONZERO)
    event_dim: int = static(default=0)

    _affine = True
    _log_det_is_affine = True

    @property
    def domain(self) -> Constraint:
        """Real arrays with `event_dim` axes."""
        if self.event_dim == 0:
            return constraints.real
        return constraints.independent(constraints.real, self.event_dim)

    @property
    def codomain(self) -> Constraint:
        """The domain."""
        return self.domain

    @property
    def sign(self) -> Array:
        """The sign of `scale`."""
        return jnp.sign(self.scale)

    def _forward(self, x: Array) -> Array:
        return self.loc + self.scale * x

    def _inverse(self, y: Array) -> Array:
        return standardize(y, self.loc, self.scale)

    def _log_slope(self, x: Array) -> Array:
        return jnp.log(jnp.abs(self.scale))

    def _log_det(self, x: Array, y: Array) -> Array:
        return sum_rightmost(super()._log_det(x, y), self.event_dim)


class LowerCholeskyAffine(Transform):
    r"""Affine transform of vectors with a triangular matrix.

    .. math:: y = \mathrm{loc} + \mathrm{scale\_tril}\; x, \quad
              \log |\det dy / dx| = \sum_i \log \mathrm{scale\_tril}_{ii}

    Args:
      loc: shift, shape `(..., n)`.
      scale_tril: lower triangular with a positive diagonal, shape `(..., n, n)`.
    """

    loc: Param = param(constraints.real_vector)
    scale_tril: Param = param(constraints.lower_cholesky)

    domain = constraints.real_vector
    codomain = constraints.real_vector
    bijective = True
    _affine = True
    _log_det_is_affine = True
    _value_ndim = 1

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] != self.loc.shape[-1]:
            raise self._bad_shape(shape, f"vectors of {self.loc.shape[-1]}")
        return super()._forward_shape(shape)

    def _forward(self, x: Array) -> Array:
        return self.loc + matvec(self.scale_tril, x)

    def _inverse(self, y: Array) -> Array:
        shape = self._forward_shape(y.shape)
        batch_shape = shape[len(shape) - 1 - len(self.batch_shape) : -1]
        factor = jnp.broadcast_to(self.scale_tril, batch_shape + self.scale_tril.shape[-2:])
        return solve_lower(factor, jnp.broadcast_to(y, shape) - self.loc)

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.broadcast_to(log_det(self.scale_tril), self._forward_shape(x.shape)[:-1])
