"""Hurdle distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import Shape
from jaxdist.bases.trials import failure_prob, log_failure_prob, log_success_prob
from jaxdist.families.count.poisson import Poisson
from jaxdist.special import expm1mx, lgamma
from jaxdist.wrappers.gated import Gated
from jaxdist.wrappers.truncated import Truncated

_SMALL = 1.0  # rate up to which log P(X > 0) cancels a logarithm of it
_RARE = 1e-3  # rate up to which three terms of the series suffice


class Hurdle(Gated):
    r"""A distribution of counts whose zeros have a given probability.

    .. math:: p(0) = \mathrm{gate}, \quad
              p(x) = (1 - \mathrm{gate}) \frac{p_\mathrm{base}(x)}{1 - p_\mathrm{base}(0)}, \;
              x > 0

    Unlike in `ZeroInflated`, zeros come from the gate alone. PyMC has it for single families; the
    names of the parameters are those of numpyro's zero-inflated distributions. Give exactly one of
    `gate` and `gate_logits`.

    Args:
      base_dist: a distribution of non-negative integers, of which positive ones are possible.
      gate: probability of zero, broadcastable with the batch shape.
      gate_logits: log-odds of zero.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Hurdle(jd.Poisson(4.0), gate=0.5)
      >>> jnp.exp(d.log_prob(0)), d.mean.round(2)
      (Array(0.5, dtype=float32), Array(2.04, dtype=float32))
    """

    @property
    def positive(self) -> Truncated:
        """The distribution of positive values."""
        return Truncated(self.base_dist, 1.0, validate_args=False)

    def _sample(self, key: Array, shape: Shape) -> Array:
        gate_key, base_key = jax.random.split(key)
        is_zero = self._gate_dist._sample(gate_key, shape) == 1
        return jnp.where(is_zero, 0, self.positive._sample(base_key, shape))

    def _log_prob(self, x: Array) -> Array:
        of_positive = log_failure_prob(self._gate_dist) + self._log_prob_of_positive(x)
        return jnp.where(x == 0, log_success_prob(self._gate_dist), of_positive)

    def _log_prob_of_positive(self, x: Array) -> Array:
        """Evaluate the log-probability of positive values; of rare Poisson ones it is exact."""
        log_prob = self.positive.log_prob(x)
        if not isinstance(self.base_dist, Poisson):
            return log_prob
        rate = self.base_dist.rate
        small = (rate < _SMALL) & (rate > 0) & (x >= 1)
        k, rate = jnp.where(small, x, 1), jnp.where(small, rate, _SMALL)
        return jnp.where(small, _small_poisson_log_prob(k, rate), log_prob)

    def _sf_of_positive(self, x: Array) -> Array:
        """Evaluate the upper tail of positive values; a rare Poisson one not by logarithms."""
        sf = self.positive.survival_function(x)
        if not isinstance(self.base_dist, Poisson):
            return sf
        rare = (self.base_dist.rate < _RARE) & (x >= 1)
        of_rare = _rare_poisson_sf(jnp.where(rare, x, 1), jnp.where(rare, self.base_dist.rate, 1))
        return jnp.where(rare, of_rare, sf)

    def _cdf(self, x: Array) -> Array:
        return self._with_zero(self.positive.cdf(x), self._sf_of_positive(x))

    def _log_cdf(self, x: Array) -> Array:
        log_p, complement = self.positive.log_cdf(x), self._sf_of_positive(x)
        near_one = jnp.log1p(-jnp.minimum(complement, 0.5))
        return self._log_sum(jnp.where(complement < 0.5, near_one, log_p))

    def _survival_function(self, x: Array) -> Array:
        return failure_prob(self._gate_dist) * self._sf_of_positive(x)

    def _log_survival_function(self, x: Array) -> Array:
        return log_failure_prob(self._gate_dist) + self.positive.log_survival_function(x)

    def _icdf(self, q: Array) -> Array:
        weight = failure_prob(self._gate_dist)
        of_positive = (q - self.gate) / jnp.where(weight > 0, weight, 1)
        positive = self.positive._icdf(jnp.clip(of_positive, 0, 1))
        return jnp.where(q <= self.gate, 0, positive)

    def _moment_given_positive(self, moment: Array) -> Array:
        return moment / self.base_dist.survival_function(0.0)

    def _variance_given_positive(self, mean: Array) -> Array:
        """Return it by the mean of positive values; of a Poisson distribution also near 1."""
        if isinstance(self.base_dist, Poisson):
            return mean * _excess_ratio(self.base_dist.rate)
        of_base = self._moment_given_positive(self.base_dist._variance())
        return of_base - self.base_dist.cdf(0.0) * mean**2

    def _mean(self) -> Array:
        return failure_prob(self._gate_dist) * self._moment_given_positive(self.base_dist._mean())

    def _variance(self) -> Array:
        mean = self._moment_given_positive(self.base_dist._mean())
        given_positive = self._variance_given_positive(mean)
        return failure_prob(self._gate_dist) * (given_positive + self.gate * mean**2)

    def _skewness(self) -> Array:
        return self._with_zeros(self.positive)[2]

    def _kurtosis(self) -> Array:
        return self._with_zeros(self.positive)[3]

    def _entropy(self) -> Array:
        """That of the gate, and of the positive values."""
        of_positive = failure_prob(self._gate_dist) * self.positive.entropy()
        return self._gate_dist.entropy() + of_positive

    def _mode(self) -> Array:
        """Whichever of 0 and the mode of the positive values is more probable."""
        mode = self.positive._mode()
        return jnp.where(self._log_prob(mode) > log_success_prob(self._gate_dist), mode, 0)


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
    series = 1 + rate / (k + 2) * (1 + rate / (k + 3))
    odds = rate / jnp.expm1(rate)
    return odds * jnp.power(rate, k) * series / jnp.exp(lgamma(k + 2))
