"""Binomial distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.bases.counts import common_count
from jaxdist.bases.repeated_trials import RepeatedTrials
from jaxdist.bases.trials import logits_of_probs, probs_of_logits
from jaxdist.counting import to_count
from jaxdist.parameters import Param, param
from jaxdist.special import (
    binomial_log_prob,
)
from jaxdist.validation import Shape


class Binomial(RepeatedTrials):
    r"""The number of successes in independent trials.

    .. math:: p(k) = \binom{n}{k} \mathrm{probs}^k (1 - \mathrm{probs})^{n - k}, \quad
              n = \mathrm{total\_count}

    Args:
      total_count: number of trials, any shape broadcastable with the other parameter.
      probs: probability of success, in [0, 1]. Or else:
      logits: log-odds of success.
    """

    total_count: Param = param(constraints.nonnegative_integer, default=1)
    probs: Param = param(constraints.unit_interval, default=None, otherwise=probs_of_logits)
    logits: Param = param(constraints.real, default=None, otherwise=logits_of_probs)

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers up to the number of trials."""
        return constraints.integer_interval(0, self.total_count)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.binomial(key, self.total_count, self.probs, self._failure(), shape)

    def _log_prob(self, x: Array) -> Array:
        return binomial_log_prob(x, self.total_count, **self._given())

    def _beta(self, x: Array) -> tuple[Array, Array]:
        return x + 1, jnp.maximum(self.total_count - x, 1)

    def _mean(self) -> Array:
        return self.total_count * self.probs

    def _mode(self) -> Array:
        most = jnp.floor((self.total_count + 1) * self.probs)
        return to_count(jnp.minimum(most, self.total_count))

    def _variance(self) -> Array:
        return self._mean() * self._failure()

    def _asymmetry(self) -> Array:
        return self._failure() - self.probs

    def _enumerate_support(self) -> Array:
        return jnp.arange(common_count(self, "total_count") + 1)
