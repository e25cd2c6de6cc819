"""Hurdle distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.argument_checks import check_arguments
from jaxdist.bases.trials import failure_prob
from jaxdist.constraints.intervals import is_constant
from jaxdist.distribution import Distribution
from jaxdist.families.count.poisson import Poisson
from jaxdist.special import expm1mx, lgamma
from jaxdist.wrappers.gated import Gated
from jaxdist.wrappers.truncated import Truncated
from jaxdist.wrappers.wrapper import require_univariate

_SMALL = 1.0  # rate up to which log P(X > 0) cancels a logarithm of it
_UNCOMMON = 0.5  # P(X > 0) below which the variance is summed
_RARE, _TERMS = 0.1, 9  # rate up to which so many terms of the series suffice, also in float64


class Hurdle(Gated):
    r"""A distribution whose zeros have a given probability, and whose other values are positive.

    .. math:: P(X = 0) = \mathrm{gate}, \quad
              p(x) = (1 - \mathrm{gate}) \frac{p_\mathrm{base}(x)}{P_\mathrm{base}(X > 0)}, \;
              x > 0

    Unlike in `ZeroInflated`, zeros come from the gate alone. Of counts it is a probability; of a
    density, such as of rainfall or of insurance claims, the zero is a single point with a
    probability, and `log_prob` is the logarithm of that at 0, of the density elsewhere. Such a base
    distribution may reach below 0: a `Normal` makes it the model of Cragg. PyMC and numpyro have it
    under this name; the names of the parameters are those of numpyro. Give exactly one of `gate`
    and `gate_logits`.

    Args:
      base_dist: a distribution of integers, or one that has a density, of which positive values are
        possible.
      gate: probability of zero, broadcastable with the batch shape.
      gate_logits: log-odds of zero.

    Raises:
      TypeError: if draws of `base_dist` are not single numbers of an interval, or it has a density
        and single points with a probability.
      ValueError: if `base_dist` has no positive values.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Hurdle(jd.Poisson(4.0), gate=0.5)
      >>> jnp.exp(d.log_prob(0)), d.mean.round(2)
      (Array(0.5, dtype=float32), Array(2.04, dtype=float32))
      >>> rain = jd.Hurdle(jd.Gamma(2.0, 1.0), gate=0.75)
      >>> rain.cdf([0.0, 2.0]).round(2), rain.mean
      (Array([0.75, 0.9 ], dtype=float32), Array(0.5, dtype=float32))

    References:
      Cragg 1971, "Some statistical models for limited dependent variables with application to the
      demand for durable goods"; Mullahy 1986, "Specification and testing of some modified count
      data models".
    """

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that draws of the base distribution are numbers of an interval."""
        require_univariate("Hurdle", self.base_dist)
        super().__post_init__(validate_args)

    def _validate(self) -> None:
        super()._validate()
        upper = jnp.asarray(self.base_dist.support.bounds[1])
        name = "upper end of the support of base_dist"
        check_arguments("Hurdle", {name: (upper, constraints.positive)})

    @property
    def support(self) -> constraints.Constraint:
        """Zero, and the positive part of the support of the base distribution."""
        of_base: constraints.Range = self.base_dist.support
        lower, upper = of_base.bounds
        if is_constant(lower, 0) and not of_base.open_below:
            return of_base
        if is_constant(upper, math.inf):
            counts, reals = constraints.nonnegative_integer, constraints.nonnegative
            return counts if of_base.is_discrete else reals
        interval = constraints.integer_interval if of_base.is_discrete else constraints.interval
        return interval(0, jnp.maximum(upper, 0))

    @property
    def positive(self) -> Distribution:
        """The distribution of positive values."""
        if self.base_dist.support.is_discrete:
            return Truncated(self.base_dist, 1.0, validate_args=False)
        lower = self.base_dist.support.bounds[0]
        if isinstance(lower, int | float) and lower >= 0:
            return self.base_dist
        return Truncated(self.base_dist, 0.0, validate_args=False)

    @property
    def drawn(self) -> Distribution:
        """The distribution of the draws that the gate lets pass: of positive values."""
        return self.positive

    def _log_prob_of_drawn(self, x: Array) -> Array:
        """Evaluate the log-probability of positive values; of rare Poisson ones it is exact."""
        if not isinstance(self.base_dist, Poisson):
            return super()._log_prob_of_drawn(x)
        rate = self.base_dist.rate
        small = (rate < _SMALL) & (rate > 0) & (x >= 1)
        k, rate = jnp.where(small, x, 1), jnp.where(small, rate, _SMALL)
        return jnp.where(small, _small_poisson_log_prob(k, rate), self.positive.log_prob(x))

    def _of_drawn(self, method: str, x: Array) -> Array:
        """Evaluate a tail of positive values; a rare upper Poisson one not by logarithms."""
        p = super()._of_drawn(method, x)
        if method != "survival_function" or not isinstance(self.base_dist, Poisson):
            return p
        rare = (self.base_dist.rate < _RARE) & (x >= 1)
        of_rare = _rare_poisson_sf(jnp.where(rare, x, 1), jnp.where(rare, self.base_dist.rate, 1))
        return jnp.where(rare, of_rare, p)

    def _log_cdf(self, x: Array) -> Array:
        log_p = self._of_drawn("log_cdf", x)
        complement = self._of_drawn("survival_function", x)
        near_one = jnp.log1p(-jnp.minimum(complement, 0.5))
        return self._log_sum(jnp.where(complement < 0.5, near_one, log_p))

    def _moment_given_positive(self, moment: Array) -> Array:
        return moment / self.base_dist.survival_function(0.0)

    def _variance_given_positive(self, mean: Array) -> Array:
        """Return it by the mean of positive values; without cancellation where it is near 1."""
        if isinstance(self.base_dist, Poisson):
            return mean * _excess_ratio(self.base_dist.rate)
        of_base = self._moment_given_positive(self.base_dist._variance())
        of_common = of_base - self.base_dist.cdf(0.0) * mean**2
        rare = self.base_dist.survival_function(0.0) < _UNCOMMON
        # The positive values of a rare count are nearly all 1: the difference cancels.
        return lax.cond(
            jnp.any(rare),
            lambda: jnp.where(rare, self.positive._variance(), of_common),
            lambda: of_common,
        )

    def _is_of_counts(self) -> bool:
        """Tell whether moments of positive values are those of the base distribution, scaled."""
        of_base: constraints.Range = self.base_dist.support
        return of_base.is_discrete and isinstance(of_base.bounds[0], int) and of_base.bounds[0] >= 0

    def _mean(self) -> Array:
        if not self._is_of_counts():
            return super()._mean()
        return failure_prob(self.gate_dist) * self._moment_given_positive(self.base_dist._mean())

    def _variance(self) -> Array:
        if not self._is_of_counts():
            return super()._variance()
        mean = self._moment_given_positive(self.base_dist._mean())
        given_positive = self._variance_given_positive(mean)
        return failure_prob(self.gate_dist) * (given_positive + self.gate * mean**2)


def _excess_ratio(rate: Array) -> Array:
    r"""Return :math:`1 - r / (e^r - 1)`, without cancellation for small r."""
    is_small = rate < 1
    small, large = jnp.where(is_small, rate, 0.5), jnp.where(is_small, 1, rate)
    near = jnp.where(rate > 0, expm1mx(small) / jnp.expm1(jnp.where(small > 0, small, 1)), 0)
    return jnp.where(is_small, near, 1 + large * jnp.exp(-large) / jnp.expm1(-large))


def _small_poisson_log_prob(k: Array, rate: Array) -> Array:
    r"""Evaluate log P(X = k | X > 0) of a Poisson X with a rate of at most 1, for k >= 1.

    .. math:: (k - 1) \log r - \log k! - \log \frac{e^r - 1}{r}
    """
    return (k - 1) * jnp.log(rate) - lgamma(k + 1) - jnp.log1p(expm1mx(rate) / rate)


def _rare_poisson_sf(k: Array, rate: Array) -> Array:
    r"""Evaluate P(X > k | X > 0) of a Poisson X with a small rate.

    .. math:: \frac{r}{e^r - 1} \frac{r^k}{(k + 1)!} \sum_{j \ge 0} \frac{r^j}{(k + 2)_j}
    """
    series = jnp.ones_like(rate)
    for j in range(_TERMS, 1, -1):
        series = 1 + rate / (k + j) * series
    odds = rate / jnp.expm1(rate)
    return odds * jnp.power(rate, k) * series / jnp.exp(lgamma(k + 2))
