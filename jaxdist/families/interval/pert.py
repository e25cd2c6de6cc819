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
    log_betainc,
    log_betaincc,
    logit_betaincinv,
    pert_log_prob,
    pert_tails,
    shares,
    sigmoid,
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

    @property
    def base_dist(self) -> Beta:
        """The beta distribution of (x - low) / (high - low)."""
        parts = shares(*jnp.broadcast_arrays(self.peak, self.low, self.high))
        a, b = (1 + self.temperature * part for part in parts)
        return Beta(a, b, validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._at_logit(self.base_dist._rsample_preimage(key, shape))

    def _at_logit(self, logit: Array) -> Array:
        """Place the variate, given by the logit of y, from the end that is nearer."""
        width = self.high - self.low
        below, above = self.low + width * sigmoid(logit), self.high - width * sigmoid(-logit)
        return jnp.where(logit < 0, below, above)

    def _log_prob(self, x: Array) -> Array:
        parameters = (self.low, self.peak, self.high, self.temperature)
        return pert_log_prob(*jnp.broadcast_arrays(x, *parameters))

    def _beta_arguments(self, x: Array) -> tuple[Array, Array, Array, Array]:
        """Return the arguments of the incomplete beta function; neither of the last is rounded."""
        base = self.base_dist
        ends = shares(*jnp.broadcast_arrays(x, self.low, self.high))
        return base.concentration1, base.concentration0, *ends

    def _tails(self, x: Array) -> tuple[Array, Array]:
        """Return P(X <= x) and P(X > x)."""
        parameters = (self.low, self.peak, self.high, self.temperature)
        return pert_tails(*jnp.broadcast_arrays(x, *parameters))

    def _cdf(self, x: Array) -> Array:
        return self._tails(x)[0]

    def _log_cdf(self, x: Array) -> Array:
        return log_betainc(*self._beta_arguments(x))

    def _survival_function(self, x: Array) -> Array:
        return self._tails(x)[1]

    def _log_survival_function(self, x: Array) -> Array:
        return log_betaincc(*self._beta_arguments(x))

    def _icdf(self, q: Array) -> Array:
        base = self.base_dist
        return self._at_logit(logit_betaincinv(base.concentration1, base.concentration0, q))

    def _isf(self, q: Array) -> Array:
        base = self.base_dist
        return self._at_logit(-logit_betaincinv(base.concentration0, base.concentration1, q))

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
