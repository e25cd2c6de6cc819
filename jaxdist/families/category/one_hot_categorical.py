"""OneHotCategorical and OneHotCategoricalStraightThrough distributions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.categories import (
    Categories,
    categorical_entropy,
    categorical_log_prob,
    log_of_probs,
    softmax_of_logits,
    sum_of_others,
)
from jaxdist.bases.simplex import covariance_of_shares
from jaxdist.parameters import Param, param


class OneHotCategorical(Categories):
    r"""Categorical distribution over the unit vectors of length K.

    .. math:: p(x) = \prod_k \mathrm{probs}_k^{x_k}

    Categories are masked as in `Categorical`. Give exactly one of `probs` and `logits`.

    Args:
      probs: non-negative, shape `(..., K)`; normalized to sum to one.
      logits: unnormalized log-probabilities, shape `(..., K)`, kept as given.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.OneHotCategorical(probs=[0.2, 0.3, 0.5])
      >>> d.event_shape, d.mode
      ((3,), Array([0., 0., 1.], dtype=float32))
    """

    probs: Param = param(constraints.simplex, default=None, otherwise=softmax_of_logits)
    logits: Param = param(constraints.logits, default=None, otherwise=log_of_probs)

    support = constraints.one_hot
    has_enumerate_support = True

    @property
    def event_shape(self) -> Shape:
        """The number of categories."""
        return (self.num_categories,)

    def _one_hot(self, index: Array) -> Array:
        return jax.nn.one_hot(index, self.num_categories, dtype=self.dtype)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self._one_hot(random.categorical(key, self.logits, shape[:-1]))

    def _log_prob(self, x: Array) -> Array:
        return categorical_log_prob(self, jnp.argmax(x, -1))

    def _mean(self) -> Array:
        return self.probs

    def _mode(self) -> Array:
        return self._one_hot(jnp.argmax(self.logits, -1).astype(jnp.int32))

    def _variance(self) -> Array:
        return self.probs * sum_of_others(self.probs)

    def _covariance(self) -> Array:
        return covariance_of_shares(self._variance(), self.probs, jnp.ones(1, self.dtype))

    def _entropy(self) -> Array:
        return categorical_entropy(self)

    def _enumerate_support(self) -> Array:
        return jnp.eye(self.num_categories, dtype=self.dtype)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    r"""OneHotCategorical whose `rsample` has the derivative of `probs` (straight-through).

    .. math:: x = \mathrm{onehot}(k) + \mathrm{probs} - \mathrm{stop}(\mathrm{probs})

    The estimator is biased. Give exactly one of `probs` and `logits`.

    Args:
      probs: non-negative, shape `(..., K)`; normalized to sum to one.
      logits: unnormalized log-probabilities, shape `(..., K)`, kept as given.

    References:
      Bengio, Leonard and Courville 2013, "Estimating or propagating gradients through stochastic
      neurons for conditional computation".
    """

    has_rsample = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        probs = self.probs
        return self._sample(key, shape) + (probs - lax.stop_gradient(probs))
