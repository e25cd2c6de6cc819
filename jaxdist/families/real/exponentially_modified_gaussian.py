"""ExponentiallyModifiedGaussian distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import both_log_tails
from jaxdist.bases.numerical_quantile import NumericalQuantile
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.special import log_ndtr, ndtri
from jaxdist.special.exponentially_modified_gaussian import emg_scores, log_density_over_rate
from jaxdist.special.exponentially_modified_gaussian_tails import emg_log_cdf
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.quotient import log_of_scale

_HUGE = 1e35  # numbers whose multiples by quantiles may overflow


class ExponentiallyModifiedGaussian(NumericalQuantile):
    r"""The sum of a normal and an exponential variable (ex-Gaussian).

    .. math:: p(x) = \lambda \exp\left(\tfrac{s^2}{2} - s z\right) \Phi(z - s), \quad
              z = \frac{x - \mathrm{loc}}{\mathrm{scale}}, \; s = \lambda\, \mathrm{scale}, \;
              \lambda = \mathrm{rate}

    the distribution of reaction times, and of peaks in chromatography. The parameters are TFP's;
    SciPy's `exponnorm` has `K = 1 / (rate * scale)`.

    Args:
      loc: mean of the normal variable, any shape broadcastable with the others.
      scale: positive standard deviation of the normal variable.
      rate: positive rate of the exponential variable.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.ExponentiallyModifiedGaussian(0.4, 0.05, 5.0)  # seconds
      >>> print(*(f"{p:.3f}" for p in [*d.survival_function([0.4, 1.0]), d.mean]))
      0.914 0.051 0.600

    References:
      Grushka 1972, "Characterization of exponentially modified Gaussian peaks in chromatography".
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.real

    def _rsample(self, key: Array, shape: Shape) -> Array:
        normal_key, exponential_key = jax.random.split(key)
        delay = random.exponential(exponential_key, shape, self.dtype) / self.rate
        return self.loc + self.scale * random.normal(normal_key, shape, self.dtype) + delay

    def _log_prob(self, x: Array) -> Array:
        return log_of_scale(self.rate) + self._log_density_over_rate(x)

    def _log_density_over_rate(self, x: Array) -> Array:
        return log_density_over_rate(x, self.loc, self.scale, self.rate)

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        z, _ = emg_scores(x, self.loc, self.scale, self.rate)
        upper = _log_sum(log_ndtr(-z), self._log_density_over_rate(x))
        lower = emg_log_cdf(x, self.loc, self.scale, self.rate)
        is_lower = lower < upper
        return both_log_tails(is_lower, jnp.where(is_lower, lower, upper))

    def _unit(self) -> Array:
        """Return a unit of the coordinate in which the bounds of quantiles do not overflow."""
        is_huge = (self.scale > _HUGE) | (jnp.abs(self.loc) > _HUGE) | (self.rate < 1 / _HUGE)
        return jnp.where(is_huge, 256.0, 1.0).astype(self.dtype)

    def _bracket(self, below: Array, above: Array) -> tuple[Array, Array, Array]:
        """Between the quantile of the normal variable and a sum of two quantiles."""
        of_normal = jnp.where(below < above, ndtri(below), -ndtri(above))
        unit = self._unit()
        loc, scale = self.loc / unit, self.scale / unit
        low = loc + scale * of_normal
        high = loc - scale * ndtri(above / 2) - jnp.log(above / 2) / (self.rate * unit)
        return low, high, low + (high - low) / 2

    def _from_coordinate(self, t: Array) -> tuple[Array, Array]:
        unit = self._unit()
        return t * unit, jnp.log(unit)

    def _entropy(self) -> Array:
        """Evaluate that of a variable whose quantiles do not overflow."""
        unit = jnp.where(self.scale > _HUGE, 1e10, 1).astype(self.dtype)
        d = self._with(loc=0 * self.loc, scale=self.scale / unit, rate=finite(self.rate * unit))
        return Distribution._entropy(d) + jnp.log(unit)

    def _mean(self) -> Array:
        return self.loc + 1 / self.rate

    def _stddev(self) -> Array:
        return hypot(self.scale, 1 / self.rate)

    def _share(self) -> Array:
        """Return the standard deviation of the exponential variable over that of the sum."""
        return 1 / hypot(self.scale * self.rate, 1.0)

    def _skewness(self) -> Array:
        return 2 * self._share() ** 3

    def _kurtosis(self) -> Array:
        return 6 * self._share() ** 4


def _log_sum(a: Array, b: Array) -> Array:
    """Return `log(exp(a) + exp(b))`, also where both are -inf, with slopes that are no NaN."""
    vanish = (a == -math.inf) & (b == -math.inf)
    gap = jnp.where(vanish, math.inf, jnp.where(a > b, a - b, b - a))
    return jnp.where(a > b, a, b) + jnp.log1p(jnp.exp(-gap))
