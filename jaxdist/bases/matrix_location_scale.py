"""MatrixLocationScale: base of random matrices with a scale of the rows and one of the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import check_event_sizes
from jaxdist.distribution import Distribution
from jaxdist.linalg.triangular import log_det, solve_lower_matrix
from jaxdist.precision import matmul


class MatrixLocationScale(Distribution):
    r"""Base of distributions of :math:`\mathrm{loc} + A Z B^T`.

    A subclass declares `loc`, `scale_tril_row` (A) and `scale_tril_column` (B).
    """

    if TYPE_CHECKING:

        @property
        def loc(self) -> Array:
            """Location."""

        @property
        def scale_tril_row(self) -> Array:
            """Scale of the rows."""

        @property
        def scale_tril_column(self) -> Array:
            """Scale of the columns."""

    support = constraints.real_matrix
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameters and check that their event sizes agree."""
        super()._promote()
        for axis, name in ((-2, "scale_tril_row"), (-1, "scale_tril_column")):
            sizes = {"loc": self.loc.shape[axis:][:1], name: vars(self)[name].shape[-2:]}
            check_event_sizes(type(self).__name__, sizes)

    @property
    def event_shape(self) -> Shape:
        """The shape of the matrices."""
        return self.loc.shape[-2:]

    def _from_standard(self, z: Array) -> Array:
        """Return loc + A Z B^T."""
        column = jnp.matrix_transpose(jnp.tril(self.scale_tril_column))
        return self.loc + matmul(matmul(jnp.tril(self.scale_tril_row), z), column)

    def _standardize(self, x: Array) -> Array:
        """Return the transpose of Z, shape `(..., m, n)`."""
        row, column = (
            jnp.broadcast_to(factor, x.shape[:-2] + factor.shape[-2:])
            for factor in (self.scale_tril_row, self.scale_tril_column)
        )
        half = solve_lower_matrix(row, x - self.loc)
        return solve_lower_matrix(column, jnp.matrix_transpose(half))

    def _log_det(self) -> Array:
        """Return log |det dX / dZ|."""
        n, m = self.event_shape
        return m * log_det(self.scale_tril_row) + n * log_det(self.scale_tril_column)

    def _squared_scale(self) -> Array:
        """Return the variance of the entries of A Z B^T for independent Z of variance 1."""
        row, column = (
            jnp.sum(jnp.tril(factor) ** 2, -1)
            for factor in (self.scale_tril_row, self.scale_tril_column)
        )
        return row[..., :, None] * column[..., None, :]

    def _mode(self) -> Array:
        return self.loc
