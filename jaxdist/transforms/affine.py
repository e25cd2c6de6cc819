"""Identity and affine transforms."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.constraints import Constraint
from jaxdist.linalg import lapack
from jaxdist.linalg.triangular import log_det, solve_lower
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul, matvec
from jaxdist.pytree import static
from jaxdist.special import standardize
from jaxdist.transforms.elementwise import NONZERO, ElementwiseTransform
from jaxdist.transforms.transform import sum_rightmost
from jaxdist.transforms.vector import VectorTransform


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


class LowerCholeskyAffine(VectorTransform):
    r"""Affine transform of vectors with a triangular matrix.

    .. math:: y = \mathrm{loc} + \mathrm{scale\_tril}\; x, \quad
              \log |\det dy / dx| = \sum_i \log \mathrm{scale\_tril}_{ii}

    Args:
      loc: shift, shape `(..., n)`.
      scale_tril: lower triangular with a positive diagonal, shape `(..., n, n)`.
    """

    loc: Param = param(constraints.real_vector)
    scale_tril: Param = param(constraints.lower_cholesky)

    _affine = True
    _log_det_is_affine = True

    @property
    def _size(self) -> int:
        return self.loc.shape[-1]

    def _forward(self, x: Array) -> Array:
        return self.loc + matvec(self.scale_tril, x)

    def _inverse(self, y: Array) -> Array:
        y, factor = self._broadcast_with(y, self.scale_tril)
        return solve_lower(factor, y - self.loc)

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._constant_log_det(log_det(self.scale_tril), x)


class DiagPlusLowRankAffine(VectorTransform):
    r"""Affine transform of vectors with the sum of a diagonal matrix and one of low rank.

    .. math:: y = \mathrm{loc} + (D + U V^T)\, x, \quad \log |\det dy / dx| =
              \sum_i \log |d_i| + \log |\det(1 + V^T D^{-1} U)|

    It takes O(n k) operations; the inverse is that of Woodbury. Names are those of distrax's
    `DiagPlusLowRankLinear`.

    Args:
      loc: shift, shape `(..., n)`.
      diag: d, not zero, shape `(..., n)`.
      u_matrix: U, shape `(..., n, k)`.
      v_matrix: V, shape `(..., n, k)`; the sum must not be singular, which is not checked.

    Raises:
      ValueError: if the shapes do not agree, or a number of `diag` is zero.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> ones = jnp.ones((2, 1))
      >>> t = jd.DiagPlusLowRankAffine(jnp.zeros(2), jnp.array([1.0, 2.0]), ones, ones)
      >>> y, log_det = t.forward_and_log_det(jnp.array([1.0, 2.0]))
      >>> print(y, jnp.exp(log_det).round(3))
      [4. 7.] 5.0
    """

    loc: Param = param(constraints.real_vector)
    diag: Param = param(constraints.independent(NONZERO, 1))
    u_matrix: Param = param(constraints.real_matrix)
    v_matrix: Param = param(constraints.real_matrix)

    _affine = True
    _log_det_is_affine = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the sizes agree."""
        super().__post_init__(validate_args)
        n, u, v = self.diag.shape[-1:], self.u_matrix.shape[-2:], self.v_matrix.shape[-2:]
        if u != v or u[:1] != n or self.loc.shape[-1:] != n:
            raise ValueError(
                "DiagPlusLowRankAffine: loc and diag must have n entries, u_matrix and v_matrix n "
                f"rows and k columns; got {self.loc.shape[-1]} and {n[0]}, {u} and {v}"
            )

    @property
    def _size(self) -> int:
        return self.loc.shape[-1]

    def _capacitance(self) -> Array:
        """Return 1 + V^T D^-1 U, shape `(..., k, k)`."""
        product = matmul(jnp.matrix_transpose(self.v_matrix), self.u_matrix / self.diag[..., None])
        return product + jnp.eye(product.shape[-1], dtype=product.dtype)

    def _forward(self, x: Array) -> Array:
        low_rank = matvec(self.u_matrix, matvec(jnp.matrix_transpose(self.v_matrix), x))
        return self.loc + self.diag * x + low_rank

    def _inverse(self, y: Array) -> Array:
        y, capacitance = self._broadcast_with(y, self._capacitance())
        x = (y - self.loc) / self.diag
        inner = matvec(jnp.matrix_transpose(self.v_matrix), x)
        solved = lapack.solve(capacitance, inner)
        return x - matvec(self.u_matrix, solved) / self.diag

    def _log_det(self, x: Array, y: Array) -> Array:
        of_diag = jnp.sum(jnp.log(jnp.abs(self.diag)), -1)
        return self._constant_log_det(of_diag + lapack.log_abs_det(self._capacitance()), x)
