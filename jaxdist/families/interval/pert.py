"""PERT distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.interval.beta import Beta
from jaxdist.parameters import Param, param
from jaxdist.special import (
    log_pert_tails,
    pert_at_logit,
    pert_log_prob,
    pert_quantile,
    pert_tails,
    shares,
)


class PERT(Distribution):
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

    has_rsample = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _unit(self) -> Array:
        """Return a unit of lengths in which the square of the width is regular.

        XLA makes products with the width of quotients of shares.
        """
        half_width = self.high / 2 - self.low / 2
        exponent = jnp.finfo(self.dtype).maxexp // 2
        limit, power = 2.0 ** (exponent - 4), 2.0 ** (exponent + 2)
        of_tiny = jnp.where(half_width < 1 / limit, 1 / power, 1)
        return jnp.where(half_width > limit, power, of_tiny)

    def _ends(self) -> tuple[Array, Array, Array]:
        """The lower end, the mode and the upper end in units."""
        unit = self._unit()
        return self.low / unit, self.peak / unit, self.high / unit

    @property
    def base_dist(self) -> Beta:
        """The beta distribution of (x - low) / (high - low)."""
        low, peak, high = self._ends()
        parts = shares(*jnp.broadcast_arrays(peak, low, high))
        a, b = (1 + self.temperature * part for part in parts)
        return Beta(a, b, validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        logit = self.base_dist._rsample_preimage(key, shape)
        low, _, high = self._ends()
        return pert_at_logit(logit, low, high) * self._unit()

    def _parameters_for(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """Return the parameters in the order of the formulas, of the shape of x, in units."""
        _, low, peak, high, t = jnp.broadcast_arrays(x, *self._ends(), self.temperature)
        return low, peak, high, t

    def _arguments(self, x: Array) -> tuple[Array, Array, Array, Array, Array]:
        return x / self._unit(), *self._parameters_for(x)

    def _log_prob(self, x: Array) -> Array:
        return pert_log_prob(*self._arguments(x)) - jnp.log(self._unit())

    def _cdf(self, x: Array) -> Array:
        return pert_tails(*self._arguments(x))[0]

    def _log_cdf(self, x: Array) -> Array:
        return log_pert_tails(*self._arguments(x))[0]

    def _survival_function(self, x: Array) -> Array:
        return pert_tails(*self._arguments(x))[1]

    def _log_survival_function(self, x: Array) -> Array:
        return log_pert_tails(*self._arguments(x))[1]

    def _icdf(self, q: Array) -> Array:
        return pert_quantile(*self._parameters_for(q), q) * self._unit()

    def _isf(self, q: Array) -> Array:
        """Mirror the interval."""
        low, peak, high, temperature = self._parameters_for(q)
        return -pert_quantile(-high, -peak, -low, temperature, q) * self._unit()

    def _mean(self) -> Array:
        low, peak, high = self._ends()
        t = self.temperature
        return (peak + ((low - peak) + (high - peak)) / (t + 2)) * self._unit()

    def _mode(self) -> Array:
        return self.peak

    def _stddev(self) -> Array:
        low, _, high = self._ends()
        return (high - low) * self.base_dist._stddev() * self._unit()

    def _skewness(self) -> Array:
        return self.base_dist._skewness()

    def _kurtosis(self) -> Array:
        return self.base_dist._kurtosis()

    def _entropy(self) -> Array:
        low, _, high = self._ends()
        return self.base_dist._entropy() + jnp.log(high - low) + jnp.log(self._unit())
