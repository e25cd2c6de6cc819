"""GeneralizedInverseGaussian distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import both_log_tails
from jaxdist.bases.numerical_quantile import PositiveNumericalQuantile
from jaxdist.parameters import Param, param
from jaxdist.random.log_concave import log_concave
from jaxdist.special import ndtri
from jaxdist.special.generalized_inverse_gaussian import (
    gig_log_kernel,
    gig_log_kernel_at,
    gig_log_normalizer,
    gig_log_tail,
    gig_mode,
    gig_moments,
)
from jaxdist.special.hyperbolic import hypot

_HUGE = 1e30  # orders and concentrations
_RARE = -1e5  # logarithm of a probability where they are huge


class GeneralizedInverseGaussian(PositiveNumericalQuantile):
    r"""Generalized inverse Gaussian: positive data whose both tails are chosen.

    .. math:: f(x) = \frac{z^{p - 1}}{2 K_p(b)\, \mathrm{scale}}
              \exp\left(-\frac{b}{2} \Big(z + \frac1z\Big)\right), \quad
              z = \frac{x}{\mathrm{scale}}, \quad
              (p, b) = (\mathrm{order}, \mathrm{concentration})

    with the modified Bessel function K of the second kind. For p = -1/2 it is `InverseGaussian`
    with the mean `scale` and the concentration `b scale`; as b tends to 0, `Gamma` for p > 0 with
    the rate b / (2 scale), and `InverseGamma` for p < 0. It is the conditional distribution of a
    variance in models with normal scale mixtures, such as `NormalInverseGaussian`. The parameters
    are those of SciPy's `geninvgauss`, which calls them `p`, `b` and `scale`. With
    :math:`(\psi, \chi)` of the literature, :math:`b = \sqrt{\psi \chi}` and
    :math:`\mathrm{scale} = \sqrt{\chi / \psi}`.

    Args:
      order: p, any number, of any shape broadcastable with the others.
      concentration: positive b.
      scale: positive scale, in the units of x.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.GeneralizedInverseGaussian([-0.5, 2.0], 1.5, 2.0)
      >>> print(*(f"{x:.3f}" for x in d.log_prob(1.0)))
      -0.745 -3.416

    References:
      Devroye 2014, "Random variate generation for the generalized inverse Gaussian distribution".
    """

    order: Param = param(constraints.real)
    concentration: Param = param(constraints.positive)
    scale: Param = param(constraints.positive, default=1.0)

    def _shapes(self) -> tuple[Array, Array, Array]:
        """Return the order and the concentration in units, and the unit where they are huge.

        The mode depends on their ratio. Around it the variable is constant there.
        """
        order, concentration = lax.stop_gradient((self.order, self.concentration))
        unit = jnp.maximum(jnp.maximum(jnp.abs(order), concentration) / _HUGE, 1)
        tiny = jnp.finfo(self.dtype).tiny
        scaled = self.concentration / unit
        return self.order / unit, jnp.where(scaled > tiny, scaled, tiny), unit

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        order, concentration, _ = self._shapes()
        leaves = (self.scale, order, concentration)
        return (x, *(jnp.broadcast_to(leaf, x.shape) for leaf in leaves))

    def _sample(self, key: Array, shape: Shape) -> Array:
        order, concentration = jnp.broadcast_arrays(*self._shapes()[:2])
        radius = hypot(order, concentration)
        width = jnp.arccosh(1 + 0.85 / radius)
        y = log_concave(key, gig_log_kernel, width, (order, concentration), shape)
        return self.scale * gig_mode(order, concentration) * jnp.exp(y)

    def _log_prob(self, x: Array) -> Array:
        arguments = self._arguments(x)
        unit = self._shapes()[2]
        normalizer = gig_log_normalizer(*arguments[2:]) - jnp.log(unit) / 2
        return gig_log_kernel_at(*arguments) * unit - normalizer - jnp.log(x)

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        arguments = self._arguments(x)
        is_lower, log_tail = gig_log_tail(*arguments)
        log_tail -= gig_log_normalizer(*arguments[2:])
        log_tail = jnp.where(log_tail < _RARE, log_tail * self._shapes()[2], log_tail)
        return both_log_tails(is_lower, log_tail)

    def _bracket(self, below: Array, above: Array) -> tuple[Array, Array, Array]:
        """Begin at the quantile of a log-normal variable."""
        info = jnp.finfo(below.dtype)
        z = jnp.where(below < above, ndtri(below), -ndtri(above))
        order, concentration, _ = self._shapes()
        spread = jnp.sqrt(hypot(order, concentration) + 0.5)
        start = jnp.log(self.scale * gig_mode(order, concentration)) + z / spread
        low, high = (math.log(float(x)) for x in (info.tiny, info.max))
        return jnp.full_like(below, low), jnp.full_like(below, high - 1), start

    def _mode(self) -> Array:
        _, concentration, unit = self._shapes()
        return self.scale * gig_mode((self.order - 1) / unit, concentration)

    def _moments(self) -> tuple[Array, Array]:
        """Return those of the standard variable."""
        return gig_moments(*jnp.broadcast_arrays(*self._shapes()[:2]))

    def _mean(self) -> Array:
        return self.scale * self._moments()[0]

    def _variance(self) -> Array:
        variance = self._moments()[1] / self._shapes()[2]
        return self.scale * (self.scale * variance)  # the square may overflow
