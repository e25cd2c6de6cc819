"""SylvesterTransform: a planar flow of several directions at once."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.linalg.triangular import diagonal, diagonal_matrix
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.root_finding import solve_increasing
from jaxdist.parameters import Param, param
from jaxdist.precision import matvec
from jaxdist.special import log_sech2, tanh
from jaxdist.transforms.householder import NONZERO_VECTOR, reflect
from jaxdist.transforms.planar import log1p_times
from jaxdist.transforms.vector import VectorTransform


class SylvesterTransform(VectorTransform):
    r"""Sylvester flow: a residual network with a layer of m units and a triangular Jacobian.

    .. math:: y = x + Q R \tanh(\tilde R Q^T x + b), \quad
              \log |\det dy / dx| = \sum_i \log(1 + R_{ii} \tilde R_{ii}\, \mathrm{sech}^2(\cdot_i))

    R and R~ are upper triangular, with diagonals passed through tanh so that the map is a bijection
    whatever the parameters are; Q has m orthonormal columns, those of a product of Householder
    reflections. The inverse solves m equations of one unknown, one after another, with the
    derivatives of the implicit function.

    Van den Berg et al. (2018), "Sylvester normalizing flows for variational inference".

    Args:
      reflection_axes: axes of k reflections, not zero, shape `(..., k, n)`.
      outer: R before tanh, of which only the upper triangle matters, shape `(..., m, m)`, m <= n.
      inner: R~ before tanh, the same.
      bias: b, shape `(..., m)`.

    Raises:
      ValueError: if the shapes do not agree.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> matrix = jnp.array([[0.5, 1.0], [0.0, -0.5]])
      >>> t = jd.SylvesterTransform(jnp.ones((1, 3)), matrix, 2 * matrix, jnp.zeros(2))
      >>> x = jnp.array([0.5, -1.0, 2.0])
      >>> bool(jnp.allclose(t.inv(t(x)), x, atol=1e-5))
      True
    """

    reflection_axes: Param = param(constraints.independent(NONZERO_VECTOR, 1))
    outer: Param = param(constraints.square)
    inner: Param = param(constraints.square)
    bias: Param = param(constraints.real_vector)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the sizes of the matrices agree."""
        super().__post_init__(validate_args)
        sizes = self.outer.shape[-1], self.inner.shape[-1], self.bias.shape[-1]
        if len(set(sizes)) != 1 or sizes[0] > self._size:
            raise ValueError(
                "SylvesterTransform: outer, inner and bias must have one size m, at most the "
                f"length n = {self._size} of the reflection axes; got {', '.join(map(str, sizes))}"
            )

    @property
    def _size(self) -> int:
        return self.reflection_axes.shape[-1]

    def _rotate(self, x: Array, inverse: bool) -> Array:
        """Multiply by the product of the reflections, or by its inverse."""
        axes = jnp.moveaxis(self.reflection_axes, -2, 0)
        for axis in axes[::-1] if inverse else axes:
            x = reflect(axis, x)
        return x

    def _triangles(self) -> tuple[Array, Array]:
        def bounded(matrix: Array) -> Array:
            return jnp.triu(matrix, 1) + diagonal_matrix(tanh(diagonal(matrix)))

        return bounded(self.outer), bounded(self.inner)

    def _components(self, x: Array) -> Array:
        """Return Q^T x, shape `(..., m)`."""
        return self._rotate(x, inverse=True)[..., : self.bias.shape[-1]]

    def _add(self, x: Array, hidden: Array) -> Array:
        """Return x + Q R hidden."""
        moved = matvec(self._triangles()[0], hidden)
        missing = self._size - moved.shape[-1]
        padded = jnp.pad(moved, [(0, 0)] * (moved.ndim - 1) + [(0, missing)])
        return x + self._rotate(padded, inverse=False)

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        outer, inner = self._triangles()
        angle = matvec(inner, self._components(x)) + self.bias
        terms = log1p_times(diagonal(outer) * diagonal(inner), log_sech2(angle))
        return self._add(x, tanh(angle)), jnp.sum(terms, -1)

    def _forward(self, x: Array) -> Array:
        return self._forward_and_log_det(x)[0]

    def _log_det(self, x: Array, y: Array) -> Array:
        return self._forward_and_log_det(x)[1]

    def _inverse(self, y: Array) -> Array:
        """Solve for the components Q^T x from the last to the first, as R and R~ are triangular."""
        outer, inner = self._triangles()
        target = self._components(jnp.broadcast_to(y, self._forward_shape(y.shape)))

        def solve_row(state: tuple[Array, Array], i: Array) -> tuple[tuple[Array, Array], None]:
            component, hidden = state
            unit = jnp.arange(target.shape[-1]) == i
            row_of_outer, row_of_inner = outer[..., i, :], inner[..., i, :]
            rest = target[..., i] - jnp.sum(row_of_outer * hidden, -1)
            shift = self.bias[..., i] + jnp.sum(row_of_inner * component, -1)
            size, slope = row_of_outer[..., i], row_of_inner[..., i]
            reach = jnp.broadcast_to(jnp.abs(size), rest.shape)
            found = solve_increasing(
                lambda v: v + size * tanh(slope * v + shift), rest, rest - reach, rest + reach
            )
            unknown = tanh(slope * found + shift)
            component = jnp.where(unit, found[..., None], component)
            return (component, jnp.where(unit, unknown[..., None], hidden)), None

        rows = jnp.arange(target.shape[-1])[::-1]
        zero = vary_with(jnp.zeros_like(target), (target, self))
        (_, hidden), _ = lax.scan(solve_row, (zero, zero), rows)
        return self._add(y, -hidden)
