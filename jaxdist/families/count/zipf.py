"""Zipf distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import search_from
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.numerics.integers import to_count
from jaxdist.parameters import Param, param
from jaxdist.special import log_power_sum, log_zeta

_STEEPEST = 1e4  # power of which only the first term does not underflow, in float64 too


class Zipf(LogTails):
    r"""Zipf (zeta) distribution: positive integers with probabilities that fall as a power.

    .. math:: p(k) = k^{-\mathrm{power}} / \zeta(\mathrm{power}), \quad k = 1, 2, \dots

    with Riemann's zeta function. The parameter is TFP's; SciPy calls it `a`. Draws are int32: a
    larger one becomes 2^31 - 2. The mean is infinite for powers up to 2, the variance up to 3.

    Args:
      power: above 1, any shape.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Zipf([1.5, 3.0])
      >>> print(*(f"{p:.3f}" for p in d.cdf(10)), *(f"{m:.3f}" for m in d.mean))
      0.764 0.996 inf 1.368
    """

    power: Param = param(constraints.greater_than(1.0))

    support = constraints.positive_integer

    def _sample(self, key: Array, shape: Shape) -> Array:
        return to_count(random.zipf(key, self.power, shape))

    def _log_total(self, shift: float = 0.0) -> Array:
        """Logarithm of the zeta function of the power less a shift, infinite where that is."""
        power = self.power - shift
        is_finite = power > 1
        log_total = log_zeta(jnp.where(is_finite, power, 2), 1)
        return jnp.where(is_finite, log_total, math.inf)

    def _log_prob(self, x: Array) -> Array:
        return -self.power * jnp.log(x) - self._log_total()

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Subtract the smaller one from 1: sums of few terms are the lower one."""
        total = self._log_total()
        lower = log_power_sum(self.power, x) - total
        upper = log_zeta(self.power, x + 1) - total
        is_lower = lower < upper
        return both_log_tails(is_lower, jnp.where(is_lower, lower, upper))

    def _icdf(self, q: Array) -> Array:
        """Search from where the integral of the power law has the probability."""
        excess = self.power - 1
        log_guess = -(jnp.log1p(-q) + self._log_total() + jnp.log(excess)) / excess
        return search_from(jnp.exp(log_guess), self, q)

    def _zeta_minus_1(self, shift: float) -> Array:
        return jnp.expm1(self._log_total(shift))

    def _sum_of_zetas(self, *coefficients: int) -> Array:
        """Sum zeta functions of the power less 0, 1, ..., without their first terms."""
        terms = [c * self._zeta_minus_1(float(i)) for i, c in enumerate(coefficients)]
        return sum(terms, jnp.zeros_like(self.power)) * jnp.exp(-self._log_total())

    def _mean(self) -> Array:
        return jnp.exp(self._log_total(1.0) - self._log_total())

    def _mode(self) -> Array:
        return jnp.ones(self.batch_shape, jnp.int32)

    def _moments_from_1(self, number: int) -> list[Array]:
        """The expected values of (x - 1)^n for n = 1 ... number, infinite where they are."""
        rows = ([-1, 1], [1, -2, 1], [-1, 3, -3, 1], [1, -4, 6, -4, 1])
        moments = []
        for n, row in enumerate(rows[:number], 1):
            is_finite = self.power > n + 1
            regular = self._with(power=jnp.where(is_finite, self.power, n + 2))
            moments.append(jnp.where(is_finite, regular._sum_of_zetas(*row), math.inf))
        return moments

    def _variance(self) -> Array:
        first, second = self._moments_from_1(2)
        return jnp.where(
            second < math.inf, second - jnp.where(second < math.inf, first, 0) ** 2, second
        )

    def _skewness(self) -> Array:
        m1, m2, m3 = self._moments_from_1(3)
        variance = m2 - m1**2
        return (m3 - 3 * m1 * m2 + 2 * m1**3) / (variance * jnp.sqrt(variance))

    def _kurtosis(self) -> Array:
        m1, m2, m3, m4 = self._moments_from_1(4)
        variance = m2 - m1**2
        return (m4 - 4 * m1 * m3 + 6 * m1**2 * m2 - 3 * m1**4) / variance**2 - 3

    def _entropy(self) -> Array:
        r"""The formula :math:`\log \zeta(s) - s \, d \log \zeta / ds`, of positive terms."""
        power = jnp.minimum(self.power, _STEEPEST)
        value, slope = jax.jvp(lambda s: log_zeta(s, 1), (power,), (jnp.ones_like(power),))
        return value - power * slope


Zeta = Zipf  # its second name
