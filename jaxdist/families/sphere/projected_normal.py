"""ProjectedNormal distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.rotationally_symmetric import check_dimensions, unit
from jaxdist.distribution import Distribution
from jaxdist.numerics.quadrature import integrate, negligible_exponent
from jaxdist.parameters import Param, param
from jaxdist.precision import vecdot
from jaxdist.promotion import custom_jvp
from jaxdist.special import LOG_TWO_PI
from jaxdist.special.radial import log_radial_integral


class ProjectedNormal(Distribution):
    r"""Projected normal distribution: the direction of a normal vector with mean m.

    .. math:: p(x) = (2 \pi)^{-n/2} e^{-|m - t x|^2 / 2} \int_0^\infty r^{n - 1} e^{-(r - t)^2 / 2}
              dr, \quad |x| = 1, \; t = m^T x, \; m = \mathrm{concentration}

    a density over the area of the unit sphere in n dimensions; uniform for m = 0. The parameter is
    numpyro's, whose density exists in two and three dimensions.

    Args:
      concentration: mean m of normal vectors with identity covariance, shape `(..., n)` with n of
        at least 2; its norm is how concentrated the directions are.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.ProjectedNormal([3.0, 0.0, 0.0, 4.0])
      >>> print(d.mode)
      [0.6 0.  0.  0.8]

    References:
      Presnell, Morrison and Littell 1998, "Projected multivariate linear models for directional
      data".
    """

    concentration: Param = param(constraints.real_vector)

    support = constraints.sphere
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameter and check that there are two dimensions."""
        super()._promote()
        check_dimensions("ProjectedNormal", "concentration", self.concentration.shape)

    @property
    def event_shape(self) -> Shape:
        """The length of `concentration`."""
        return self.concentration.shape[-1:]

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return unit(self.concentration + random.normal(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        n = self.event_shape[-1]
        direction = unit(x)
        t = _along(*jnp.broadcast_arrays(self.concentration, x))
        along = jnp.maximum(t, 0)[..., None] * direction
        exponent = -jnp.sum((self.concentration - along) ** 2, -1) / 2 - n * LOG_TWO_PI / 2
        return exponent + log_radial_integral(n, t)

    def _mean(self) -> Array:
        r"""Evaluate :math:`m \sqrt{2/\pi} \int_0^{\pi/2} e^{-|m \sin v|^2 / 2} \cos^n(v)\, dv`."""
        n = self.event_shape[-1]
        square = jnp.sum(self.concentration**2, -1)
        reach = 2 * negligible_exponent(self.dtype) / (square + n)
        end = jnp.arcsin(jnp.sqrt(jnp.minimum(reach, 1)))
        integral = integrate(
            lambda v: jnp.exp(-square * jnp.sin(v) ** 2 / 2) * jnp.cos(v) ** n, end
        )
        return math.sqrt(2 / math.pi) * integral[..., None] * self.concentration

    def _mode(self) -> Array:
        """The direction of `concentration`; that of the first axis where it is 0."""
        is_zero = jnp.all(self.concentration == 0, -1, keepdims=True)
        first = jnp.eye(self.event_shape[-1], dtype=self.dtype)[0]
        return unit(jnp.where(is_zero, first, self.concentration))


@custom_jvp
def _along(m: Array, x: Array) -> Array:
    """Return the component of m along x."""
    return vecdot(m, unit(x))


@_along.defjvp
def _along_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    """Differentiate in x by the part of m across x, from minors: m less its part along x cancels.

    With w the minors of the rows m and x and their column k, and P the projection across x, it is
    P w / x_k. Of the columns that with the largest entry of x is taken.
    """
    (m, x), (m_dot, x_dot) = primals, tangents
    u = unit(x)
    k = jnp.argmax(jnp.abs(u), -1, keepdims=True)
    m_k, u_k = jnp.take_along_axis(m, k, -1), jnp.take_along_axis(u, k, -1)
    minors = m * u_k - m_k * u
    across = (minors - vecdot(minors, u)[..., None] * u) / (u_k * vecdot(x, u)[..., None])
    return _along(m, x), vecdot(u, m_dot) + vecdot(across, x_dot)
