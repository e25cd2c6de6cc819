"""SineBivariateVonMises distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.parameters import Param, param
from jaxdist.random.sine_von_mises import sine_von_mises_angle
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.quotient import quotient
from jaxdist.special.sine_von_mises import (
    excess,
    log_integral,
    mode,
    moments,
    regular,
    relative_log_density,
)
from jaxdist.special.trigonometric import wrap_angle


class SineBivariateVonMises(Distribution):
    r"""Sine model of two dependent angles, such as those of a protein's backbone.

    .. math:: p(\phi, \psi) \propto e^{a \cos(\phi - \mu) + b \cos(\psi - \nu)
              + r \sin(\phi - \mu) \sin(\psi - \nu)}, \quad
              (a, b, r) = (\mathrm{phi\_concentration}, \mathrm{psi\_concentration},
              \mathrm{correlation})

    with the locations μ = phi_loc and ν = psi_loc. It has one mode there if r² is at most a b, and
    otherwise two, at equal distances from it. Given one angle, the other one is von Mises. The
    parameters are numpyro's.

    Draws lie in `[-pi, pi)`. `log_prob` takes any real numbers, and has period 2 pi in both.
    `mean` holds the circular means, and `variance` the circular variances, 1 - E cos(φ - μ). The
    normalizer is integrated numerically. Pathwise derivatives give unbiased gradients of the
    expectations of periodic functions.

    Args:
      phi_loc: location of the first angle in radians, any shape broadcastable with the others.
      psi_loc: location of the second angle.
      phi_concentration: non-negative concentration of the first angle.
      psi_concentration: non-negative concentration of the second angle.
      correlation: real number r.
      weighted_correlation: r over the geometric mean of the concentrations: there are two modes if
        it is beyond -1 or 1. Give one of both.

    Raises:
      ValueError: if both or neither of the correlations are given.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.SineBivariateVonMises(-1.1, -0.8, 40.0, 30.0, weighted_correlation=0.5)
      >>> print(f"{d.log_prob([-1.1, -0.8]):.3f}")
      1.563
      >>> d.sample(jax.random.key(0), 5).shape
      (5, 2)

    References:
      Singh, Hnizdo and Demchuk 2002, "Probabilistic model for two dependent circular variables".
    """

    phi_loc: Param = param(constraints.real)
    psi_loc: Param = param(constraints.real)
    phi_concentration: Param = param(constraints.nonnegative)
    psi_concentration: Param = param(constraints.nonnegative)
    correlation: Param = param(
        constraints.real,
        default=None,
        otherwise=lambda d: d.weighted_correlation * d._mean_concentration,
    )
    weighted_correlation: Param = param(
        constraints.real,
        default=None,
        otherwise=lambda d: d.correlation / d._mean_concentration,
    )

    support = constraints.real_vector
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """Shape `(2,)`: the angles φ and ψ."""
        return (2,)

    @property
    def _mean_concentration(self) -> Array:
        return jnp.sqrt(self.phi_concentration) * jnp.sqrt(self.psi_concentration)

    @property
    def _locations(self) -> Array:
        return jnp.stack([self.phi_loc, self.psi_loc], -1)

    @property
    def _shape(self) -> tuple[Array, Array, Array]:
        """The concentrations, of which the second one is never 0, and the correlation."""
        return self.phi_concentration, regular(self.psi_concentration), self.correlation

    def _deviations(self, key: Array, shape: Shape) -> tuple[Array, Array]:
        """Draw the differences of the angles from their locations."""
        a, b, r = self._shape
        phi_key, psi_key = jax.random.split(key)
        phi = sine_von_mises_angle(phi_key, a, b, r, shape)
        pull = r * jnp.sin(phi)
        loc = jnp.arctan(quotient(pull, jnp.broadcast_to(b, shape)))
        given = VonMises(loc, hypot(b, pull), validate_args=False)
        return phi, loc + given._rsample_deviation(psi_key, shape)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        deviations = jnp.stack(self._deviations(key, shape[:-1]), -1)
        return wrap_angle(self._locations + deviations)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate at the deviations of the draw, which have more digits."""
        deviations = jnp.stack(self._deviations(key, shape[:-1]), -1)
        deviations = deviations if pathwise else lax.stop_gradient(deviations)
        x = wrap_angle(self._locations + deviations)
        if pathwise:
            return x, self._log_prob_of_deviations(deviations)
        shift = self._locations - lax.stop_gradient(self._locations)  # 0, with its derivative
        return lax.stop_gradient(x), self._log_prob_of_deviations(deviations - shift)

    def _log_prob_of_deviations(self, deviations: Array) -> Array:
        a, b, r = self._shape
        phi, psi = deviations[..., 0], deviations[..., 1]
        shape = (jnp.broadcast_to(x, phi.shape) for x in (a, b, r))
        too_much = excess(self.psi_concentration) * jnp.cos(psi)
        return relative_log_density(phi, psi, *shape) - too_much - log_integral(a, b, r)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_of_deviations(x - self._locations)

    def _mean(self) -> Array:
        return self._locations

    def _mode(self) -> Array:
        """The location, or one of two modes."""
        top = mode(*self._shape)
        psi = jnp.arctan2(jnp.sign(self.correlation) * top.psi.sin, top.psi.cos)
        return self._locations + jnp.stack([jnp.arctan2(top.phi.sin, top.phi.cos), psi], -1)

    def _variance(self) -> Array:
        a, b, r = self._shape
        top = lax.stop_gradient(mode(a, b, r))
        of_phi, of_psi, _ = moments(a, b, r).deviations
        missing = excess(self.psi_concentration) / b  # of the second cosine
        return jnp.stack(
            [
                top.phi.sin**2 / (1 + top.phi.cos) - of_phi,
                top.psi.sin**2 / (1 + top.psi.cos) - of_psi + missing * (top.psi.cos + of_psi),
            ],
            -1,
        )

    def _entropy(self) -> Array:
        a, b, r = self._shape
        return log_integral(a, b, r) + moments(a, b, r).fall
