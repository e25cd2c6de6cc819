"""PERT distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.families.interval.beta import Beta
from jaxdist.parameters import Param, param
from jaxdist.special import sigmoid


class PERT(IncreasingFunction):
    r"""PERT distribution: a beta distribution on an interval, given by its mode.

    .. math:: \frac{X - \mathrm{low}}{w} \sim \mathrm{Beta}(a, b), \quad
              a = 1 + t\, \frac{\mathrm{peak} - \mathrm{low}}{w}, \quad
              b = 1 + t\, \frac{\mathrm{high} - \mathrm{peak}}{w}, \quad
              w = \mathrm{high} - \mathrm{low}, \quad t = \mathrm{temperature}

    For durations that experts estimate by a smallest, a most likely and a largest value. The
    parameters are TFP's.

    Args:
      low: lower end, any shape broadcastable with the others.
      peak: mode, from `low` to `high`.
      high: upper end, above `low`.
      temperature: positive, how concentrated the distribution is at the peak.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.PERT(low=1.0, peak=2.0, high=5.0)
      >>> d.mean.round(2), d.mode
      (Array(2.33, dtype=float32), Array(2., dtype=float32))
    """

    low: Param = param(constraints.real)
    peak: Param = param(lambda d: constraints.interval(d.low, d.high))
    high: Param = param(lambda d: constraints.greater_than(d.low))
    temperature: Param = param(constraints.positive, default=4.0)

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    @property
    def base_dist(self) -> Beta:
        """The beta distribution of (x - low) / (high - low)."""
        width = self.high - self.low
        rise, fall = (self.peak - self.low) / width, (self.high - self.peak) / width
        a, b = (1 + self.temperature * part for part in (rise, fall))
        return Beta(a, b, validate_args=False)

    def _mirrored(self) -> PERT:
        """The distribution of -x."""
        return self._with(low=-self.high, peak=-self.peak, high=-self.low)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """Place the draw from the end that is nearer."""
        logit = self.base_dist._rsample_preimage(key, shape)
        width = self.high - self.low
        below, above = self.low + width * sigmoid(logit), self.high - width * sigmoid(-logit)
        return jnp.where(logit < 0, below, above)

    def _forward(self, y: Array) -> Array:
        return self.low + (self.high - self.low) * y

    def _inverse(self, x: Array) -> Array:
        return (x - self.low) / (self.high - self.low)

    def _log_slope(self, y: Array) -> Array:
        return jnp.log(self.high - self.low)

    def _log_prob(self, x: Array) -> Array:
        """Measure from the end that is nearer."""
        is_low = x - self.low < self.high - x
        near_low = super()._log_prob(jnp.where(is_low, x, self.low))
        mirrored = self._mirrored()
        near_high = super(PERT, mirrored)._log_prob(jnp.where(is_low, mirrored.low, -x))
        return jnp.where(is_low, near_low, near_high)

    def _log_cdf(self, x: Array) -> Array:
        lower, upper = self._cdf(x), self._survival_function(x)
        is_lower = lower < 0.5
        complement = jnp.log1p(-jnp.where(is_lower, 0, upper))
        return jnp.where(is_lower, super()._log_cdf(x), complement)

    def _survival_function(self, x: Array) -> Array:
        return self._mirrored()._cdf(-x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._mirrored()._log_cdf(-x)

    def _isf(self, q: Array) -> Array:
        return -self._mirrored()._icdf(q)

    def _mean(self) -> Array:
        t = self.temperature
        return self.peak + ((self.low - self.peak) + (self.high - self.peak)) / (t + 2)

    def _mode(self) -> Array:
        return self.peak

    def _stddev(self) -> Array:
        return (self.high - self.low) * self.base_dist._stddev()

    def _skewness(self) -> Array:
        return self.base_dist._skewness()

    def _kurtosis(self) -> Array:
        return self.base_dist._kurtosis()

    def _entropy(self) -> Array:
        return self.base_dist._entropy() + jnp.log(self.high - self.low)
