"""PlanarTransform: vectors are stretched along a direction."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.numerics.root_finding import solve_increasing
from jaxdist.parameters import Param, param
from jaxdist.precision import vecdot
from jaxdist.special import log_sech2, softplus, tanh
from jaxdist.transforms.vector import VectorTransform


def log1p_times(amplitude: Array, log_slope: Array) -> Array:
    """Return log(1 + m s) for m > -1 and s in (0, 1], without cancelling near m s = -1.

    Args:
      amplitude: m, any shape.
      log_slope: log s.
    """
    product = amplitude * jnp.exp(log_slope)
    is_near = product < -0.5
    total = -jnp.expm1(log_slope) + (1 + amplitude) * jnp.exp(log_slope)
    return jnp.where(
        is_near, jnp.log(jnp.where(is_near, total, 1)), jnp.log1p(jnp.where(is_near, 0, product))
    )


class PlanarTransform(VectorTransform):
    r"""Planar flow: vectors move along u by a function of their component along w.

    .. math:: y = x + \hat u \tanh(w^T x + b), \quad
              \hat u = u + (m - w^T u) \frac{w}{w^T w}, \quad m = \log(1 + e^{w^T u}) - 1

    so that :math:`w^T \hat u = m > -1` and the map is a bijection, whatever the parameters are; its
    log-determinant is :math:`\log(1 + m\, \mathrm{sech}^2(w^T x + b))`. The inverse solves an
    equation of one unknown, the component along w, by bisection and Newton steps; its derivatives
    are those of the implicit function.

    Rezende and Mohamed (2015), "Variational inference with normalizing flows", section 4 and
    appendix A.

    Args:
      weight: w, shape `(..., n)`.
      u: shape `(..., n)`.
      bias: b, shape `(...)`.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.PlanarTransform([1.0, 0.0], [2.0, 1.0], 0.5)
      >>> [f"{x:.4f}" for x in t.inv(t([0.3, -0.2]))]
      ['0.3000', '-0.2000']
    """

    weight: Param = param(constraints.real_vector)
    u: Param = param(constraints.real_vector)
    bias: Param = param(constraints.real, default=0.0)

    @property
    def _size(self) -> int:
        return self.weight.shape[-1]

    def _direction(self) -> tuple[Array, Array]:
        """Return the direction of the movement, and its component m along w."""
        along = jnp.sum(self.weight * self.u, -1)
        amplitude = softplus(along) - 1
        square = jnp.sum(self.weight**2, -1)
        is_flat = square == 0  # then any direction will do
        step = jnp.where(is_flat, 0, (amplitude - along) / jnp.where(is_flat, 1, square))
        direction = self.u + step[..., None] * self.weight
        return direction, jnp.where(is_flat, 0, amplitude)

    def _component(self, x: Array) -> Array:
        return vecdot(self.weight, x)

    def _forward(self, x: Array) -> Array:
        direction, _ = self._direction()
        return x + direction * tanh(self._component(x) + self.bias)[..., None]

    def _inverse(self, y: Array) -> Array:
        direction, amplitude = self._direction()
        moved = self._component(y)
        reach = jnp.broadcast_to(jnp.abs(amplitude), moved.shape)

        def move(component: Array) -> Array:
            return component + amplitude * tanh(component + self.bias)

        component = solve_increasing(move, moved, moved - reach, moved + reach)
        return y - direction * tanh(component + self.bias)[..., None]

    def _log_det(self, x: Array, y: Array) -> Array:
        _, amplitude = self._direction()
        return log1p_times(amplitude, log_sech2(self._component(x) + self.bias))
