"""AsymmetricLaplace distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import LocationScale
from jaxdist.bases.log_tails import tail_prob
from jaxdist.parameters import Param, param
from jaxdist.special import log1mexp, log_with_complement, quotient
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.products import product
from jaxdist.special.with_slopes import with_slopes


class AsymmetricLaplace(LocationScale):
    r"""Asymmetric Laplace distribution: the difference of two exponential draws.

    .. math:: p(x) = \frac{e^{-|z| \kappa^s}}{\mathrm{scale}\, (\kappa + 1 / \kappa)}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}, \quad s = \operatorname{sign}(z)

    with κ = asymmetry. The quantile of `loc` is κ^2 / (1 + κ^2), so that maximum likelihood of
    `loc` is quantile regression. The parameters are those of numpyro; SciPy's `laplace_asymmetric`
    has the same κ.

    Args:
      loc: mode, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      asymmetry: positive κ; 1 gives the Laplace distribution.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    asymmetry: Param = param(constraints.positive)

    def _log_weights(self) -> tuple[Array, Array]:
        """Return the log-probabilities of draws below and above `loc`."""
        log_odds = 2 * jnp.log(self.asymmetry)
        return -jnp.logaddexp(0, -log_odds), -jnp.logaddexp(0, log_odds)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        return self._standard_quantile(*random.uniform_with_complement(key, shape, self.dtype))

    def _standard_log_prob(self, z: Array) -> Array:
        left = z < 0
        lower = quotient(jnp.where(left, z, 0), self.asymmetry)
        return lower - jnp.where(left, 0, z) * self.asymmetry - self._log_sum()

    def _log_sum(self) -> Array:
        """Return log(asymmetry + 1 / asymmetry)."""
        log_asymmetry = jnp.log(self.asymmetry)
        return jnp.logaddexp(log_asymmetry, -log_asymmetry)

    def _log_tail(self, z: Array) -> tuple[Array, Array]:
        """Return whether z lies below `loc`, and the logarithm of the tail beyond it."""
        below, above = self._log_weights()
        left = z < 0
        lower = below + quotient(jnp.where(left, z, 0), self.asymmetry)
        return left, jnp.where(left, lower, above - product(jnp.where(left, 0, z), self.asymmetry))

    def _standard_cdf(self, z: Array) -> Array:
        left, log_tail = self._log_tail(z)
        return tail_prob(left, log_tail)

    def _standard_log_cdf(self, z: Array) -> Array:
        left, log_tail = self._log_tail(z)
        return jnp.where(left, log_tail, log1mexp(-jnp.where(left, -1, log_tail)))

    def _standard_survival_function(self, z: Array) -> Array:
        left, log_tail = self._log_tail(z)
        return tail_prob(~left, log_tail)

    def _standard_log_survival_function(self, z: Array) -> Array:
        left, log_tail = self._log_tail(z)
        return jnp.where(left, log1mexp(-jnp.where(left, log_tail, -1)), log_tail)

    def _icdf(self, q: Array) -> Array:
        return self._quantile(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._quantile(1 - q, q)

    def _quantile(self, below: Array, above: Array) -> Array:
        """Multiply the slopes such that none of them is 0 times infinity."""
        left, log_ratio = self._log_ratio(below, above)
        step = jnp.where(left, self.asymmetry, 1 / self.asymmetry)
        z = self._standard_quantile(below, above)
        distance = jnp.where(jnp.isinf(z), self.scale * step * log_ratio, self.scale * z)
        share = 2 / (1 + self.asymmetry * self.asymmetry)
        of_asymmetry = jnp.where(left, log_ratio, -quotient(z, self.asymmetry)) - share
        slopes = (
            z,
            self.scale * of_asymmetry,
            jnp.where(left, self.scale * step / jnp.where(left, below, 1), 0),
            jnp.where(left, 0, -self.scale * step / jnp.where(left, 1, above)),
        )
        arguments = self.scale, self.asymmetry, below, above
        points = tuple(jnp.broadcast_to(v, z.shape) for v in arguments)
        return self.loc + with_slopes(lax.stop_gradient(distance), slopes, points)

    def _log_ratio(self, below: Array, above: Array) -> tuple[Array, Array]:
        """Return whether the quantile is below `loc`, and z over a, or z a above it."""
        log_below, log_above = self._log_weights()
        left = log_with_complement(below, above) < log_below
        in_lower = jnp.where(left, below, 0.5), jnp.where(left, above, 0.5)
        in_upper = jnp.where(left, 0.5, above), jnp.where(left, 0.5, below)
        of_lower = log_with_complement(*in_lower) - log_below
        return left, jnp.where(left, of_lower, log_above - log_with_complement(*in_upper))

    def _standard_quantile(self, below: Array, above: Array) -> Array:
        left, log_ratio = self._log_ratio(below, above)
        factor = jnp.where(left, self.asymmetry, 1)
        return quotient(factor * log_ratio, jnp.where(left, 1, self.asymmetry))

    def _mean(self) -> Array:
        return self.loc + self.scale * (1 / self.asymmetry - self.asymmetry)

    def _mode(self) -> Array:
        return self.loc

    def _stddev(self) -> Array:
        return hypot(self.scale * self.asymmetry, quotient(self.scale, self.asymmetry))

    def _skewness(self) -> Array:
        up, down = 1 / self.asymmetry, self.asymmetry
        return 2 * (up - down) * (up**2 + 1 + down**2) / hypot(up, down) ** 3

    def _kurtosis(self) -> Array:
        """Of the exponentials, weighted by the squares of their shares of the variance."""
        share = 1 / (1 + self.asymmetry**4)
        return 6 * (share**2 + (1 - share) ** 2)

    def _entropy(self) -> Array:
        return 1 + self._log_sum() + jnp.log(self.scale)
