"""Geometric distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import icdf_by_search
from jaxdist.bases.trials import (
    failure_prob,
    log_failure_prob,
    log_prob_of_sequence,
    log_success_prob,
    logit_of_probs,
    sigmoid_of_logits,
)
from jaxdist.constraints.intervals import Interval
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.numerics.integers import to_count
from jaxdist.parameters import Param, param
from jaxdist.special import expm1, log1mexpexp, softplus, xlog1py

_RARE = -15.0  # log-odds below which log(1 + odds) is a power series in the odds


class _LeftOpenInterval(Interval):
    """`(lower_bound, upper_bound]`."""

    open_below = True


class Geometric(ExponentialFamily):
    r"""Geometric distribution: the number of failures before the first success, as in torch.

    .. math:: p(k) = (1 - \mathrm{probs})^k \, \mathrm{probs}

    Draws are int32: a larger one becomes 2^31 - 2. Give exactly one of `probs` and `logits`.

    Args:
      probs: probability of success, in (0, 1], any shape.
      logits: log-odds of success, any shape.
    """

    probs: Param = param(_LeftOpenInterval(0.0, 1.0), default=None, otherwise=sigmoid_of_logits)
    logits: Param = param(constraints.real, default=None, otherwise=logit_of_probs)

    support = constraints.nonnegative_integer

    def _sample(self, key: Array, shape: Shape) -> Array:
        u = random.uniform_open(key, shape, self.dtype)
        return to_count(jnp.floor(jnp.log(u) / log_failure_prob(self)))

    def _log_prob(self, x: Array) -> Array:
        return log_prob_of_sequence(self, 1, x)

    def _log_failures(self, number: Array) -> Array:
        """Log-probability that the first trials fail: 0 for none of them, even if all succeed."""
        some = number > 0
        return jnp.where(some, jnp.where(some, number, 1) * log_failure_prob(self), 0)

    def _log_hazard(self) -> Array:
        """Logarithm of -log(1 - p)."""
        if "probs" in vars(self):
            return jnp.log(-log_failure_prob(self))
        rare = self.logits < _RARE
        odds = jnp.exp(jnp.minimum(self.logits, _RARE))
        return jnp.where(
            rare, self.logits - odds / 2, jnp.log(softplus(jnp.where(rare, 0, self.logits)))
        )

    def _cdf(self, x: Array) -> Array:
        return -expm1(self._log_failures(x + 1))

    def _log_cdf(self, x: Array) -> Array:
        """Finite also where the probability of a success underflows."""
        return log1mexpexp(jnp.log(x + 1) + self._log_hazard())

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_failures(x + 1))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_failures(x + 1)

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q)

    def _mean(self) -> Array:
        return jnp.exp(-self.logits) if "logits" in vars(self) else (1 - self.probs) / self.probs

    def _mode(self) -> Array:
        return jnp.zeros(self.batch_shape, jnp.int32)

    def _variance(self) -> Array:
        mean = self._mean()
        return mean * (1 + mean)

    def _skewness(self) -> Array:
        failure = failure_prob(self)
        return (1 + failure) / jnp.sqrt(failure)

    def _kurtosis(self) -> Array:
        return 6 + self.probs / failure_prob(self) * self.probs

    def _entropy(self) -> Array:
        """Add -log p to the mean of the failures, times -log(1 - p)."""
        if "logits" in vars(self):
            rare = self.logits < _RARE
            odds = jnp.exp(jnp.minimum(self.logits, _RARE))
            l = jnp.where(rare, 0, self.logits)
            failures = jnp.where(rare, 1 - odds / 2, softplus(l) * jnp.exp(-l))
        else:
            failures = -xlog1py(1 - self.probs, -self.probs) / self.probs
        return failures - log_success_prob(self)

    def _natural_parameters(self) -> tuple[Array]:
        return (log_failure_prob(self),)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Geometric:
        return Geometric(-expm1(natural_parameters[0]), validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return -jnp.log(-expm1(natural_parameters[0]))
