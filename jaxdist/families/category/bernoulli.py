"""Bernoulli distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.bases.trials import Trials, logits_of_probs, probs_of_logits
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special.elementary import softplus
from jaxdist.validation import Shape


class Bernoulli(Trials, ExponentialFamily):
    r"""One trial: 1 with probability `probs`, else 0.

    .. math:: \log p(x) = x \log \mathrm{probs} + (1 - x) \log (1 - \mathrm{probs})

    Args:
      probs: probability of a 1, in [0, 1], any shape. Or else:
      logits: log-odds of a 1, any shape.
    """

    probs: Param = param(constraints.unit_interval, default=None, otherwise=probs_of_logits)
    logits: Param = param(constraints.real, default=None, otherwise=logits_of_probs)

    support = constraints.boolean
    has_enumerate_support = True

    def _sample(self, key: Array, shape: Shape) -> Array:
        return (random.uniform_open(key, shape, self.dtype) <= self.probs).astype(jnp.int32)

    def _log_prob(self, x: Array) -> Array:
        return self._log_outcome(x == 1)

    def _cdf(self, x: Array) -> Array:
        return jnp.broadcast_to(self._failure(), x.shape)

    def _log_cdf(self, x: Array) -> Array:
        return jnp.broadcast_to(self._log_failure(), x.shape)

    def _survival_function(self, x: Array) -> Array:
        return jnp.broadcast_to(self.probs, x.shape)

    def _log_survival_function(self, x: Array) -> Array:
        return jnp.broadcast_to(self._log_success(), x.shape)

    def _icdf(self, q: Array) -> Array:
        return (q > self._failure()).astype(jnp.int32)

    def _mean(self) -> Array:
        return self.probs

    def _mode(self) -> Array:
        return (self.probs > 0.5).astype(jnp.int32)

    def _variance(self) -> Array:
        return self.probs * self._failure()

    def _entropy(self) -> Array:
        return self._trial_entropy()

    def _enumerate_support(self) -> Array:
        return jnp.arange(2)

    def _natural_parameters(self) -> tuple[Array]:
        return (self.logits,)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return softplus(*natural_parameters)
