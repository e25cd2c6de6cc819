"""Bates distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape, as_integer
from jaxdist.bases.log_tails import tail_prob
from jaxdist.distribution import Distribution
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import log_quotient, quotient
from jaxdist.special.irwin_hall import (
    irwin_hall_log_cdf,
    irwin_hall_log_prob,
    irwin_hall_quantile,
)


class Bates(Distribution):
    r"""Bates distribution: the mean of independent uniform draws.

    .. math:: X = \frac{1}{n} \sum_{i=1}^n U_i, \quad U_i \sim \mathrm{Uniform}(\mathrm{low},
              \mathrm{high}), \quad n = \mathrm{total\_count}

    The density is a piecewise polynomial of degree n - 1; its evaluation takes n^2 operations. The
    parameters are TFP's.

    Args:
      total_count: the number n of draws, a positive integer; static.
      low: lower end, any shape broadcastable with `high`.
      high: upper end, above `low`.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Bates(total_count=3)
      >>> print(d.cdf([0.1, 0.5]), d.variance.round(4))
      [0.0045 0.5   ] 0.0278
    """

    total_count: int = static()
    low: Param = param(constraints.real, default=0.0)
    high: Param = param(lambda d: constraints.greater_than(d.low), default=1.0)

    has_rsample = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of draws, then the ends."""
        vars(self)["total_count"] = as_integer("Bates", "total_count", self.total_count, minimum=1)
        super().__post_init__(validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        def add(total: Array, key: Array) -> tuple[Array, None]:
            return total + random.uniform_open(key, shape, self.dtype), None

        start = vary_with(jnp.zeros(shape, self.dtype), (key, self.low))
        total, _ = lax.scan(add, start, jax.random.split(key, self.total_count))
        low, high, unit = self._ends()
        return unit * (low + (high - low) * (total / self.total_count))

    def _ends(self) -> tuple[Array, Array, Array]:
        """Return the ends in a unit in which their distance is finite, and the unit."""
        unit = jnp.where(self.high - self.low < math.inf, 1, 2).astype(self.dtype)
        return self.low / unit, self.high / unit, unit

    def _distance(self, x: Array) -> tuple[Array, Array, Array]:
        """Return whether x is in the lower half, its distance to that end and one draw's share."""
        low, high, unit = self._ends()
        below, above = x / unit - low, high - x / unit
        is_lower = below < above
        return is_lower, jnp.where(is_lower, below, above), (high - low) / self.total_count

    def _sum(self, distance: Array, share: Array) -> Array:
        """Return a distance as that of a sum of n draws from [0, 1]."""
        total = quotient(distance, share)
        middle = self.total_count / 2  # clipped to, a distance equal to it has half of its slope
        total = jnp.where(total > middle, middle, total)
        return jnp.where(total < 0, 0, total)

    def _log_prob(self, x: Array) -> Array:
        _, distance, share = self._distance(x)
        log_prob = irwin_hall_log_prob(self.total_count, self._sum(distance, share))
        return log_prob - jnp.log(share) - jnp.log(self._ends()[2])

    def _log_tail(self, x: Array) -> tuple[Array, Array]:
        """Return whether x is in the lower half, and the log-probability beyond x there."""
        is_lower, distance, share = self._distance(x)
        log_total = log_quotient(jnp.where(distance > 0, distance, 1), share)
        total = self._sum(distance, share)
        return is_lower, irwin_hall_log_cdf(self.total_count, total, log_total)

    def _cdf(self, x: Array) -> Array:
        is_lower, log_tail = self._log_tail(x)
        return tail_prob(is_lower, log_tail)

    def _log_cdf(self, x: Array) -> Array:
        is_lower, log_tail = self._log_tail(x)
        return jnp.where(is_lower, log_tail, jnp.log1p(-jnp.exp(log_tail)))

    def _mirrored(self) -> Bates:
        """The distribution of -x."""
        return self._with(low=-self.high, high=-self.low)

    def _survival_function(self, x: Array) -> Array:
        return self._mirrored()._cdf(-x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._mirrored()._log_cdf(-x)

    def _icdf(self, q: Array) -> Array:
        below, above = lax.stop_gradient((q, 1 - q))
        distance = irwin_hall_quantile(self.total_count, jnp.minimum(below, above))
        low, high, unit = self._ends()
        step = distance * ((high - low) / self.total_count)
        x = lax.stop_gradient(unit * jnp.where(below < above, low + step, high - step))
        return implicit_reparameterization(self, x, q)

    def _isf(self, q: Array) -> Array:
        return -self._mirrored()._icdf(q)

    def _mean(self) -> Array:
        return self.low / 2 + self.high / 2

    def _mode(self) -> Array:
        return self._mean()

    def _stddev(self) -> Array:
        low, high, unit = self._ends()
        return unit * ((high - low) / math.sqrt(12 * self.total_count))

    def _skewness(self) -> Array:
        return jnp.zeros_like(self.low)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.low, -1.2 / self.total_count)
