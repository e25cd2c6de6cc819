"""Distributions with an elementary cumulative hazard: functions of one exponential draw."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import lgamma, log1mexp, xlogy
from jaxdist.special.powers import expm1_ratio, lgamma_spread, log1mexpexp, log1p_ratio
from jaxdist.validation import Shape


class _Hazard(Distribution):
    r"""A distribution given by its cumulative hazard H, and by the inverse of H.

    .. math:: P(X > x) = e^{-H(x)}, \quad X = H^{-1}(E), \quad E \sim \mathrm{Exponential}(1)
    """

    has_rsample = True

    def _hazard(self, x: Array) -> Array:
        """H(x), from 0 at the lower end of the support to infinity at the upper."""
        raise NotImplementedError

    def _at_hazard(self, h: Array) -> Array:
        """The x with H(x) = h."""
        raise NotImplementedError

    def _log_prob_at_hazard(self, h: Array) -> Array:
        """The log-density at that x."""
        raise NotImplementedError

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._at_hazard(random.exponential(key, shape, self.dtype))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """From the exponential draw: exact also where x rounds to the end of the support."""
        if not pathwise:
            return super()._joint(key, shape, pathwise)
        h = random.exponential(key, shape, self.dtype)
        return self._at_hazard(h), self._log_prob_at_hazard(h)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_at_hazard(self._hazard(x))

    def _cdf(self, x: Array) -> Array:
        return -jnp.expm1(-self._hazard(x))

    def _log_cdf(self, x: Array) -> Array:
        return log1mexp(self._hazard(x))

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(-self._hazard(x))

    def _log_survival_function(self, x: Array) -> Array:
        return -self._hazard(x)

    def _icdf(self, q: Array) -> Array:
        return self._at_hazard(-jnp.log1p(-q))


class Exponential(_Hazard, ExponentialFamily):
    r"""Exponential distribution: the time to an event of constant rate.

    .. math:: p(x) = \mathrm{rate}\, e^{-\mathrm{rate}\, x}, \quad x \ge 0

    Args:
      rate: positive rate, the inverse of the mean, any shape.
    """

    rate: Param = param(constraints.positive)

    support = constraints.nonnegative

    def _hazard(self, x: Array) -> Array:
        return self.rate * x

    def _at_hazard(self, h: Array) -> Array:
        return h / self.rate

    def _log_prob_at_hazard(self, h: Array) -> Array:
        return jnp.log(self.rate) - h

    def _mean(self) -> Array:
        return 1 / self.rate

    def _mode(self) -> Array:
        return jnp.zeros_like(self.rate)

    def _variance(self) -> Array:
        return self.rate**-2

    def _stddev(self) -> Array:
        return 1 / self.rate

    def _entropy(self) -> Array:
        return 1 - jnp.log(self.rate)

    def _natural_parameters(self) -> tuple[Array]:
        return (-self.rate,)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return -jnp.log(-natural_parameters[0])


class Weibull(_Hazard):
    r"""Weibull distribution: a power of an exponential draw.

    .. math:: p(x) = \frac{k}{\lambda} z^{k - 1} e^{-z^k}, \quad z = x / \lambda, \quad x \ge 0

    At 0 the density is infinite for k < 1.

    Args:
      scale: positive scale λ, any shape broadcastable with `concentration`.
      concentration: positive exponent k: 1 is the exponential distribution, 2 is Rayleigh's.
    """

    scale: Param = param(constraints.positive)
    concentration: Param = param(constraints.positive)

    support = constraints.nonnegative

    def _hazard(self, x: Array) -> Array:
        zero = x == 0
        power = (jnp.where(zero, 1, x) / self.scale) ** self.concentration
        return jnp.where(zero, 0, power)

    def _at_hazard(self, h: Array) -> Array:
        zero = h == 0
        power = jnp.where(zero, 1, h) ** (1 / self.concentration)
        return self.scale * jnp.where(zero, 0, power)

    def _log_prob_at_hazard(self, h: Array) -> Array:
        k = self.concentration
        return jnp.log(k / self.scale) + xlogy(1 - 1 / k, h) - h

    def _log_prob(self, x: Array) -> Array:
        """Right also where the hazard underflows."""
        k = self.concentration
        return jnp.log(k / self.scale) + xlogy(k - 1, x / self.scale) - self._hazard(x)

    def _log_cdf(self, x: Array) -> Array:
        """Finite also where the hazard underflows."""
        return log1mexpexp(self.concentration * jnp.log(x / self.scale))

    def _log_moment(self, order: int) -> Array:
        """Logarithm of the mean of `(x / scale)**order`."""
        return lgamma(1 + order / self.concentration)

    def _mean(self) -> Array:
        return self.scale * jnp.exp(self._log_moment(1))

    def _mode(self) -> Array:
        """0 for a concentration of at most one, where the density falls from there."""
        k = self.concentration
        inside = k > 1
        k = jnp.where(inside, k, 2)
        return jnp.where(inside, self.scale * (1 - 1 / k) ** (1 / k), 0)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return self._mean() * jnp.sqrt(jnp.expm1(lgamma_spread(1 / self.concentration)))

    def _entropy(self) -> Array:
        k = self.concentration
        return 1 + np.euler_gamma * (1 - 1 / k) + jnp.log(self.scale / k)


class Pareto(_Hazard):
    r"""Pareto distribution: a power law above `scale`.

    .. math:: p(x) = \alpha\, \mathrm{scale}^\alpha / x^{\alpha + 1}, \quad x \ge \mathrm{scale}

    The mean is infinite for α <= 1, the variance for α <= 2.

    Args:
      scale: positive lower end, any shape broadcastable with `alpha`.
      alpha: positive exponent of the tail.
    """

    scale: Param = param(constraints.positive)
    alpha: Param = param(constraints.positive)

    @property
    def support(self) -> constraints.Constraint:
        """The numbers from `scale` up."""
        return constraints.greater_than_eq(self.scale)

    def _hazard(self, x: Array) -> Array:
        return self.alpha * jnp.log1p((x - self.scale) / self.scale)

    def _at_hazard(self, h: Array) -> Array:
        return self.scale * jnp.exp(h / self.alpha)

    def _log_prob_at_hazard(self, h: Array) -> Array:
        return jnp.log(self.alpha / self.scale) - (1 + 1 / self.alpha) * h

    def _mean(self) -> Array:
        finite = self.alpha > 1
        alpha = jnp.where(finite, self.alpha, 2)
        return jnp.where(finite, self.scale * alpha / (alpha - 1), math.inf)

    def _mode(self) -> Array:
        return self.scale

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        finite = self.alpha > 2
        alpha = jnp.where(finite, self.alpha, 3)
        spread = jnp.sqrt(alpha / (alpha - 2)) / (alpha - 1)
        return jnp.where(finite, self.scale * spread, math.inf)

    def _entropy(self) -> Array:
        return 1 + 1 / self.alpha + jnp.log(self.scale / self.alpha)


class GeneralizedPareto(_Hazard):
    r"""Generalized Pareto distribution: what is left above a high threshold.

    .. math:: p(x) = (1 + \xi z)^{-1 - 1/\xi} / \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale} \ge 0

    It is a power law for ξ > 0, exponential at ξ = 0, and ends at `loc - scale / ξ` for ξ < 0
    (ξ = -1: uniform). As in torch the mean is NaN for ξ >= 1, and the variance for ξ >= 1/2.

    Args:
      loc: lower end, any shape broadcastable with the others.
      scale: positive scale, in the units of `loc`.
      concentration: index ξ of the tail.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    concentration: Param = param(constraints.real)

    @property
    def support(self) -> constraints.Constraint:
        """From `loc` up, to the upper end where there is one."""
        ends = self.concentration < 0
        width = self.scale / jnp.where(ends, -self.concentration, 1)
        return constraints.interval(self.loc, jnp.where(ends, self.loc + width, math.inf))

    def _hazard(self, x: Array) -> Array:
        z = (x - self.loc) / self.scale
        upper_end = self.concentration * z <= -1
        h = log1p_ratio(self.concentration, jnp.where(upper_end, 0, z))
        return jnp.where(upper_end, math.inf, h)

    def _at_hazard(self, h: Array) -> Array:
        return self.loc + self.scale * expm1_ratio(self.concentration, h)

    def _log_prob_at_hazard(self, h: Array) -> Array:
        slope = 1 + self.concentration
        h = jnp.where((slope == 0) & (h == math.inf), 0, h)
        return -jnp.log(self.scale) - slope * h

    def _mean(self) -> Array:
        exists = self.concentration < 1
        excess = self.scale / (1 - jnp.where(exists, self.concentration, 0))
        return jnp.where(exists, self.loc + excess, math.nan)

    def _mode(self) -> Array:
        """The upper end, where the density is infinite, for ξ < -1."""
        rising = self.concentration < -1
        width = self.scale / jnp.where(rising, -self.concentration, 1)
        return self.loc + jnp.where(rising, width, 0)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        exists = self.concentration < 0.5
        xi = jnp.where(exists, self.concentration, 0)
        return jnp.where(exists, self.scale / ((1 - xi) * jnp.sqrt(1 - 2 * xi)), math.nan)

    def _entropy(self) -> Array:
        return 1 + self.concentration + jnp.log(self.scale)
