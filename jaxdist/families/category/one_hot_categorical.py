"""OneHotCategorical and OneHotCategoricalStraightThrough distributions."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.bases.categories import Categories, logits_of_categories, probs_of_categories
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.validation import Shape


class OneHotCategorical(Categories, Distribution):
    r"""One of the unit vectors of length K.

    .. math:: p(x) = \prod_k \mathrm{probs}_k^{x_k}

    Masked categories are as for `Categorical`.

    Args:
      probs: non-negative, shape `(..., K)`; normalised to sum to one. Or else:
      logits: unnormalised log-probabilities, shape `(..., K)`, kept as given.
    """

    probs: Param = param(constraints.simplex, default=None, otherwise=probs_of_categories)
    logits: Param = param(constraints.logits, default=None, otherwise=logits_of_categories)

    support = constraints.one_hot
    has_enumerate_support = True

    @property
    def event_shape(self) -> Shape:
        """The number of categories."""
        return (self.num_categories,)

    def _one_hot(self, index: Array) -> Array:
        return jax.nn.one_hot(index, self.num_categories, dtype=self.dtype)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self._one_hot(self._draw(key, shape[:-1]))

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_of(jnp.argmax(x, -1))

    def _mean(self) -> Array:
        return self.probs

    def _mode(self) -> Array:
        return self._one_hot(self._likeliest())

    def _variance(self) -> Array:
        return self.probs * (1 - self.probs)

    def _enumerate_support(self) -> Array:
        return jnp.eye(self.num_categories, dtype=self.dtype)


class OneHotCategoricalStraightThrough(OneHotCategorical):
    r"""OneHotCategorical whose draws have the derivative of `probs` (straight-through).

    .. math:: x = \mathrm{onehot}(k) + \mathrm{probs} - \mathrm{stop}(\mathrm{probs})

    The estimator is biased (Bengio, Leonard and Courville, 2013).

    Args:
      probs: non-negative, shape `(..., K)`; normalised to sum to one. Or else:
      logits: unnormalised log-probabilities, shape `(..., K)`, kept as given.
    """

    has_rsample = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        probs = self.probs
        return self._sample(key, shape) + (probs - lax.stop_gradient(probs))
