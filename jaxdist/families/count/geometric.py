"""Geometric distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import icdf_by_search, to_count
from jaxdist.bases.trials import (
    bernoulli_entropy,
    failure_prob,
    log_failure_prob,
    log_prob_of_sequence,
    logit_of_probs,
    sigmoid_of_logits,
)
from jaxdist.constraints.intervals import Interval
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.special import log1mexp


class _LeftOpenInterval(Interval):
    """`(lower_bound, upper_bound]`."""

    open_below = True


class Geometric(Distribution):
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

    def _cdf(self, x: Array) -> Array:
        return -jnp.expm1(self._log_failures(x + 1))

    def _log_cdf(self, x: Array) -> Array:
        return log1mexp(-self._log_failures(x + 1))

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_failures(x + 1))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_failures(x + 1)

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q)

    def _mean(self) -> Array:
        return failure_prob(self) / self.probs

    def _mode(self) -> Array:
        return jnp.zeros(self.batch_shape, jnp.int32)

    def _variance(self) -> Array:
        return self._mean() / self.probs

    def _entropy(self) -> Array:
        return bernoulli_entropy(self) / self.probs
