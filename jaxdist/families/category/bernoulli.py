"""Bernoulli distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.trials import (
    bernoulli_entropy,
    bernoulli_log_prob,
    failure_prob,
    log_failure_prob,
    log_success_prob,
    logit_of_probs,
    sigmoid_of_logits,
)
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import softplus


class Bernoulli(ExponentialFamily):
    r"""Bernoulli distribution: 1 with probability `probs`, else 0.

    .. math:: \log p(x) = x \log \mathrm{probs} + (1 - x) \log (1 - \mathrm{probs})

    Give exactly one of `probs` and `logits`.

    Args:
      probs: probability of a 1, in [0, 1], any shape.
      logits: log-odds of a 1, any shape.

    Example:
      >>> import jaxdist as jd
      >>> jd.Bernoulli(probs=[0.25, 0.75]).mode
      Array([0, 1], dtype=int32)
      >>> jd.Bernoulli(logits=-200.0).log_prob(1)
      Array(-200., dtype=float32)
    """

    probs: Param = param(constraints.unit_interval, default=None, otherwise=sigmoid_of_logits)
    logits: Param = param(constraints.real, default=None, otherwise=logit_of_probs)

    support = constraints.boolean
    has_enumerate_support = True

    def _sample(self, key: Array, shape: Shape) -> Array:
        return (random.uniform_open(key, shape, self.dtype) <= self.probs).astype(jnp.int32)

    def _log_prob(self, x: Array) -> Array:
        return bernoulli_log_prob(self, x == 1)

    def _cdf(self, x: Array) -> Array:
        return jnp.broadcast_to(failure_prob(self), x.shape)

    def _log_cdf(self, x: Array) -> Array:
        return jnp.broadcast_to(log_failure_prob(self), x.shape)

    def _survival_function(self, x: Array) -> Array:
        return jnp.broadcast_to(self.probs, x.shape)

    def _log_survival_function(self, x: Array) -> Array:
        return jnp.broadcast_to(log_success_prob(self), x.shape)

    def _icdf(self, q: Array) -> Array:
        return (q > failure_prob(self)).astype(jnp.int32)

    def _mean(self) -> Array:
        return self.probs

    def _mode(self) -> Array:
        return (self.probs > 0.5).astype(jnp.int32)

    def _variance(self) -> Array:
        return self.probs * failure_prob(self)

    def _skewness(self) -> Array:
        return (failure_prob(self) - self.probs) / self._stddev()

    def _kurtosis(self) -> Array:
        return 1 / self._variance() - 6

    def _entropy(self) -> Array:
        return bernoulli_entropy(self)

    def _enumerate_support(self) -> Array:
        return jnp.arange(2)

    def _natural_parameters(self) -> tuple[Array]:
        return (self.logits,)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Bernoulli:
        return Bernoulli(logits=natural_parameters[0], validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return softplus(*natural_parameters)
