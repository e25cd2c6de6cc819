"""Categorical distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.categories import (
    Categories,
    categorical_entropy,
    categorical_log_prob,
    log_of_probs,
    softmax_of_logits,
)
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.numerics.root_finding import first_integer
from jaxdist.parameters import Param, param
from jaxdist.special import masked_log_softmax, masked_logsumexp

_ROUNDING = 4  # allowed difference of two sums of the same probabilities, in units of eps


class Categorical(Categories, ExponentialFamily):
    r"""Categorical distribution over the integers 0, 1, ..., K - 1.

    .. math:: p(k) = \mathrm{probs}_k, \quad \mathrm{probs} = \mathrm{softmax}(\mathrm{logits})

    A logit of `-inf`, or a probability of 0, masks its category: it is never drawn, and entropy
    and gradients are those of the distribution without it. If every category is masked, which
    validation reports, draws are -1 and every log-probability is `-inf`.

    Give exactly one of `probs` and `logits`.

    Args:
      probs: non-negative, shape `(..., K)`; normalized to sum to one.
      logits: unnormalized log-probabilities, shape `(..., K)`, kept as given.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.Categorical(logits=[0.0, 0.0, -jax.numpy.inf])
      >>> d.probs
      Array([0.5, 0.5, 0. ], dtype=float32)
      >>> d.sample(jax.random.key(0), 1000).max()
      Array(1, dtype=int32)
    """

    probs: Param = param(constraints.simplex, default=None, otherwise=softmax_of_logits)
    logits: Param = param(constraints.logits, default=None, otherwise=log_of_probs)

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers below the number of categories."""
        return constraints.integer_interval(0, self.num_categories - 1)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.categorical(key, self.logits, shape)

    def _log_prob(self, x: Array) -> Array:
        return categorical_log_prob(self, x.astype(jnp.int32))

    def _up_to(self, x: Array) -> Array:
        return x[..., None] >= np.arange(self.num_categories)

    def _prob_of(self, subset: Array) -> Array:
        """Return the probability of a set of categories: booleans, shape `(..., K)`."""
        return jnp.minimum(jnp.sum(jnp.where(subset, self.probs, 0), -1), 1)  # sums are rounded

    def _log_prob_of(self, subset: Array) -> Array:
        """Return the log-probability of a set of categories: booleans, shape `(..., K)`."""
        return masked_logsumexp(jnp.where(subset, masked_log_softmax(self.logits), -math.inf))

    def _cdf(self, x: Array) -> Array:
        return self._prob_of(self._up_to(x))

    def _survival_function(self, x: Array) -> Array:
        return self._prob_of(~self._up_to(x))

    def _log_cdf(self, x: Array) -> Array:
        return self._log_prob_of(self._up_to(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_prob_of(~self._up_to(x))

    def _icdf(self, q: Array) -> Array:
        """Search for the quantile of `cdf`, from that of running sums, which round differently."""
        d = lax.stop_gradient(self)
        limits = jnp.finfo(q.dtype)
        guess = random.categorical_icdf(d.logits, q)
        labels = np.arange(self.num_categories, dtype=np.int32)
        last = jnp.broadcast_to(jnp.max(jnp.where(d.probs > 0, labels, -1), -1), q.shape)
        enough = jnp.maximum(q * (1 - _ROUNDING * limits.eps), limits.tiny)
        found = first_integer(lambda k: d._cdf(k) >= enough, jnp.zeros_like(last), last, guess)
        return jnp.where((q == 1) | (last < 0), last, found)

    def _mean(self) -> Array:
        raise self._undefined("mean")

    def _variance(self) -> Array:
        raise self._undefined("variance")

    def _undefined(self, what: str) -> NotImplementedError:
        return NotImplementedError(
            f"the {what} of {type(self).__name__} is undefined: its values are labels; use `probs`"
        )

    def _mode(self) -> Array:
        return jnp.argmax(self.logits, -1).astype(jnp.int32)

    def _entropy(self) -> Array:
        return categorical_entropy(self)

    def _enumerate_support(self) -> Array:
        return jnp.arange(self.num_categories)

    def _natural_parameters(self) -> tuple[Array]:
        return (self.logits,)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Categorical:
        return Categorical(logits=natural_parameters[0], validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return masked_logsumexp(*natural_parameters)
