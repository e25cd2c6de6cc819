"""NormalInverseGaussian distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.constraints.intervals import Within
from jaxdist.distribution import Distribution
from jaxdist.families.positive.inverse_gaussian import InverseGaussian
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.parameters import Param, param
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.location_scale import offset_and_scale
from jaxdist.special.normal_inverse_gaussian import nig_gamma, nig_log_prob
from jaxdist.special.normal_inverse_gaussian_tails import nig_log_sf, nig_sf
from jaxdist.special.products import product
from jaxdist.special.quotient import quotient

_FARTHEST = 60.0  # asinh of a quantile in standard deviations
_LARGEST_STEP = 1e-5  # of a solution that is rounded
_LARGEST = 1 - 1e-6  # probability that is complemented


class NormalInverseGaussian(Distribution):
    r"""Normal-inverse Gaussian distribution: skewed, with tails that fall exponentially.

    .. math:: p(x) = \frac{\alpha \delta K_1(\alpha q)}{\pi q}\,
              e^{\delta \gamma + \beta (x - \mu)}, \quad q = \sqrt{\delta^2 + (x - \mu)^2}, \quad
              \gamma = \sqrt{\alpha^2 - \beta^2}, \quad
              (\mu, \delta, \alpha, \beta) = (\mathrm{loc}, \mathrm{scale}, \mathrm{tailweight},
              \mathrm{skew})

    with the modified Bessel function K: a normal variable with mean μ + β W and variance W, for an
    `InverseGaussian` W with mean δ / γ. The tails fall as :math:`e^{-(\alpha \mp \beta) |x|}`. The
    parameters are TFP's, which calls `skew` skewness; SciPy's `norminvgauss` has a = α δ and
    b = β δ.

    Args:
      loc: location μ, any shape broadcastable with the others.
      scale: positive scale δ, in the units of `loc`.
      tailweight: positive α; the larger, the lighter the tails.
      skew: β between -α and α; the distribution is symmetric for 0.

    References:
      Barndorff-Nielsen 1997, "Normal inverse Gaussian distributions and stochastic volatility
      modelling".
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    tailweight: Param = param(constraints.positive)
    skew: Param = param(lambda d: Within(d.tailweight))

    support = constraints.real
    has_rsample = True

    def _gamma(self) -> Array:
        return nig_gamma(self.tailweight, self.skew)

    def _sample(self, key: Array, shape: Shape) -> Array:
        variance_key, normal_key = jax.random.split(key)
        mixing = InverseGaussian(self.scale / self._gamma(), self.scale**2, validate_args=False)
        variance = mixing._sample(variance_key, shape)
        noise = random.normal(normal_key, shape, self.dtype)
        return self.loc + self.skew * variance + jnp.sqrt(variance) * noise

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return implicit_reparameterization(self, lax.stop_gradient(self._sample(key, shape)))

    def _in_unit(self, x: Array) -> tuple[tuple[Array, ...], Array]:
        """Return z, δ, α and β, and the unit of x in which they are finite."""
        offset, scale, unit = offset_and_scale(x, self.loc, self.scale)
        return (offset, scale, finite(self.tailweight * unit), finite(self.skew * unit)), unit

    def _log_prob(self, x: Array) -> Array:
        arguments, unit = self._in_unit(x)
        return nig_log_prob(*arguments) - jnp.where(unit > 1, math.log(2), 0)

    def _tail_arguments(self, x: Array) -> tuple[Array, tuple[Array, ...]]:
        """Return whether x is above the mean, and the arguments of the tail on that side."""
        (offset, delta, alpha, beta), _ = self._in_unit(x)
        is_upper = offset > delta * (beta / nig_gamma(alpha, beta))
        sign = jnp.where(is_upper, 1, -1)
        return is_upper, (sign * offset, delta, alpha, sign * beta)

    def _cdf(self, x: Array) -> Array:
        is_upper, arguments = self._tail_arguments(x)
        tail = nig_sf(*arguments)
        tail = jnp.where(tail < 1, tail, 1)
        return jnp.where(is_upper, 1 - tail, tail)

    def _log_cdf(self, x: Array) -> Array:
        is_upper, arguments = self._tail_arguments(x)
        other = jnp.where(is_upper, nig_sf(*arguments), 0)
        complement = jnp.log1p(-jnp.where(other < _LARGEST, other, _LARGEST))
        return jnp.where(is_upper, complement, nig_log_sf(*arguments))

    def _mirrored(self) -> NormalInverseGaussian:
        """The distribution of -x."""
        return self._with(loc=-self.loc, skew=-self.skew)

    def _survival_function(self, x: Array) -> Array:
        return self._mirrored()._cdf(-x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._mirrored()._log_cdf(-x)

    def _icdf(self, q: Array) -> Array:
        x = lax.stop_gradient(self)._solve(lax.stop_gradient(q))
        return implicit_reparameterization(self, x, q)

    def _isf(self, q: Array) -> Array:
        return -self._mirrored()._icdf(q)

    def _solve(self, q: Array) -> Array:
        """Find asinh of the quantile in standard deviations, by the tail that is smaller."""
        upper = q > 0.5
        sign = jnp.where(upper, -1, 1)
        d = self._with(loc=sign * self.loc, skew=sign * self.skew)
        p = jnp.where(upper, 1 - q, q)
        possible = p > 0
        log_p = jnp.log(jnp.where(possible, p, 0.5))
        mean, stddev = d._mean(), d._stddev()

        def error(t: Array) -> tuple[Array, Array]:
            x = mean + stddev * jnp.sinh(t)
            log_cdf = d._log_cdf(x)
            slope = jnp.exp(d._log_prob(x) - log_cdf) * stddev * jnp.cosh(t)
            usable = jnp.isfinite(slope) & (slope > 0)
            ratio = d._cdf(x) / jnp.where(possible, p, 0.5)
            is_near = (ratio > 0.1) & (ratio < 10)  # its logarithm is rounded less
            of_ratio = jnp.log(jnp.where(is_near, ratio, 1))
            excess = jnp.where(jnp.isnan(log_cdf), t * math.inf, log_cdf - log_p)  # far out
            excess = jnp.where(is_near, of_ratio, excess)
            return jnp.clip(excess, -1e30, 1e30), jnp.where(usable, slope, 0)

        end = jnp.full_like(q, _FARTHEST)
        t = find_root(error, -end, end, steps=bisection_steps(q.dtype), start=0 * end)
        x = mean + stddev * jnp.sinh(t)
        # One more step in x itself, which t rounds.
        cdf = d._cdf(x)
        step = jnp.log(cdf / jnp.where(possible, p, 0.5)) * cdf * jnp.exp(-d._log_prob(x))
        x = jnp.where(jnp.abs(step) < _LARGEST_STEP * jnp.abs(x - mean), x - step, x)
        return sign * jnp.where(possible, x, -math.inf)

    def _mean(self) -> Array:
        return self.loc + product(self.scale, quotient(self.skew, self._gamma()))

    def _stddev(self) -> Array:
        gamma = self._gamma()
        ratio = quotient(self.scale, gamma)
        is_regular = (ratio > 0) & (ratio < math.inf)
        root = jnp.sqrt(self.scale) / jnp.sqrt(gamma)
        root = jnp.where(is_regular, jnp.sqrt(jnp.where(is_regular, ratio, 1)), root)
        return quotient(self.tailweight, gamma) * root

    def _skewness(self) -> Array:
        return 3 * self.skew / self.tailweight / jnp.sqrt(self.scale * self._gamma())

    def _kurtosis(self) -> Array:
        ratio = self.skew / self.tailweight
        return 3 * (1 + 4 * ratio**2) / (self.scale * self._gamma())
