"""TwoPieceNormal distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import LocationScale
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI, log_ndtr, ndtr, ndtri


class TwoPieceNormal(LocationScale):
    r"""Two halves of normal distributions with different scales, joined at the mode.

    .. math:: p(x) = \frac{2\, \phi(u)}{\mathrm{scale}\, (g + 1 / g)}, \quad
              z = \frac{x - \mathrm{loc}}{\mathrm{scale}}, \quad
              u = z g \text{ for } z < 0, \text{ otherwise } z / g, \quad g = \mathrm{skew}

    with the standard deviations scale / g below the mode and scale g above it: the distribution of
    fan charts of inflation. The definition is TFP's, which calls `skew` skewness.

    Args:
      loc: the mode, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      skew: positive g; 1 for the normal distribution, more for a heavy right tail.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.TwoPieceNormal(2.0, 0.5, skew=1.5)
      >>> print(f"{d.cdf(2.0):.4f} {d.interval(0.9)[1]:.2f}")
      0.3077 3.35

    References:
      Wallis 2014, "The two-piece normal, binormal, or double Gaussian distribution".
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    skew: Param = param(constraints.positive)

    def _log_weights(self) -> tuple[Array, Array]:
        """Return the logarithms of twice the probabilities below and above the mode."""
        log_square = 2 * jnp.log(self.skew)
        log_two = math.log(2)
        return log_two - jax.nn.softplus(log_square), log_two - jax.nn.softplus(-log_square)

    def _unskewed(self, z: Array) -> Array:
        return jnp.where(z < 0, z * self.skew, z / self.skew)

    def _sample(self, key: Array, shape: Shape) -> Array:
        side_key, size_key = jax.random.split(key)
        below = jnp.exp(self._log_weights()[0]) / 2
        is_below = random.uniform(side_key, shape, self.dtype) < below
        size = jnp.abs(random.normal(size_key, shape, self.dtype))
        return self.loc + self.scale * jnp.where(is_below, -size / self.skew, size * self.skew)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return implicit_reparameterization(self, lax.stop_gradient(self._sample(key, shape)))

    def _standard_log_prob(self, z: Array) -> Array:
        u = self._unskewed(z)
        return math.log(2) - (u * u + LOG_TWO_PI) / 2 - jnp.log(self.skew + 1 / self.skew)

    def _standard_log_tails(self, z: Array) -> tuple[Array, Array, Array]:
        """Return whether z is below the mode, and the logarithms of both tails."""
        u, is_below = self._unskewed(z), z < 0
        log_weights = self._log_weights()
        log_tail = log_ndtr(-jnp.abs(u)) + jnp.where(is_below, *log_weights)
        log_other = jnp.log1p(-jnp.exp(log_tail))
        return (
            is_below,
            jnp.where(is_below, log_tail, log_other),
            jnp.where(is_below, log_other, log_tail),
        )

    def _standard_cdf(self, z: Array) -> Array:
        below, above = self._standard_tails(z)
        return jnp.where(z < 0, below, 1 - above)

    def _standard_survival_function(self, z: Array) -> Array:
        below, above = self._standard_tails(z)
        return jnp.where(z < 0, 1 - below, above)

    def _standard_tails(self, z: Array) -> tuple[Array, Array]:
        """Return the tail below z and the one above it, each if it is on its side of the mode."""
        p = ndtr(-jnp.abs(self._unskewed(z)))
        below, above = (jnp.exp(log_weight) for log_weight in self._log_weights())
        return below * p, above * p

    def _standard_log_cdf(self, z: Array) -> Array:
        return self._standard_log_tails(z)[1]

    def _standard_log_survival_function(self, z: Array) -> Array:
        return self._standard_log_tails(z)[2]

    def _icdf(self, q: Array) -> Array:
        return self._quantile_at(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._quantile_at(1 - q, q)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        of_below, of_above = (jnp.exp(log_weight) for log_weight in self._log_weights())
        is_below = below < of_below / 2
        p = jnp.where(is_below, below / of_below, above / of_above)
        size = -ndtri(jnp.minimum(p, 0.5))
        return self.loc + self.scale * jnp.where(is_below, -size / self.skew, size * self.skew)

    def _difference(self) -> Array:
        return self.skew - 1 / self.skew

    def _mean(self) -> Array:
        return self.loc + self.scale * (math.sqrt(2 / math.pi) * self._difference())

    def _mode(self) -> Array:
        return self.loc

    def _stddev(self) -> Array:
        return self.scale * jnp.hypot(1.0, math.sqrt(1 - 2 / math.pi) * self._difference())

    def _entropy(self) -> Array:
        width = jnp.log(self.scale) + jnp.log(self.skew + 1 / self.skew)
        return width - math.log(2) + (1 + LOG_TWO_PI) / 2
