"""Categorical distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.bases.categories import Categories, logits_of_categories, probs_of_categories
from jaxdist.counting import first_count
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import log_total
from jaxdist.validation import Shape

_ROUNDING = 4  # by which two sums of the same probabilities may differ, in units of eps


class Categorical(Categories, ExponentialFamily):
    r"""One of the categories 0, 1, ..., K - 1.

    .. math:: p(k) = \mathrm{probs}_k, \quad \mathrm{probs} = \mathrm{softmax}(\mathrm{logits})

    A logit of `-inf`, or a probability of 0, masks its category: it is never drawn, and entropy
    and gradients are those of the distribution without it. With every category masked, which
    validation reports, draws are -1 and every log-probability is `-inf`.

    Args:
      probs: non-negative, shape `(..., K)`; normalised to sum to one. Or else:
      logits: unnormalised log-probabilities, shape `(..., K)`, kept as given.
    """

    probs: Param = param(constraints.simplex, default=None, otherwise=probs_of_categories)
    logits: Param = param(constraints.logits, default=None, otherwise=logits_of_categories)

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers below the number of categories."""
        return constraints.integer_interval(0, self.num_categories - 1)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self._draw(key, shape)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_of(x.astype(jnp.int32))

    def _up_to(self, x: Array) -> Array:
        return x[..., None] >= np.arange(self.num_categories)

    def _share(self, chosen: Array) -> Array:
        return jnp.minimum(jnp.sum(jnp.where(chosen, self.probs, 0), -1), 1)  # sums are rounded

    def _cdf(self, x: Array) -> Array:
        return self._share(self._up_to(x))

    def _survival_function(self, x: Array) -> Array:
        return self._share(~self._up_to(x))

    def _log_cdf(self, x: Array) -> Array:
        return _log_total(jnp.where(self._up_to(x), self._log_probs(), -math.inf))

    def _log_survival_function(self, x: Array) -> Array:
        return _log_total(jnp.where(self._up_to(x), -math.inf, self._log_probs()))

    def _icdf(self, q: Array) -> Array:
        """Search from where running sums say for what `cdf`, as it is rounded, calls enough."""
        d = lax.stop_gradient(self)
        limits = jnp.finfo(q.dtype)
        guess = random.categorical_icdf(d.logits, q)
        labels = np.arange(self.num_categories, dtype=np.int32)
        last = jnp.broadcast_to(jnp.max(jnp.where(d.probs > 0, labels, -1), -1), q.shape)
        enough = jnp.maximum(q * (1 - _ROUNDING * limits.eps), limits.tiny)
        found = first_count(lambda k: d._cdf(k) >= enough, guess, jnp.zeros_like(last), last)
        return jnp.where((q == 1) | (last < 0), last, found)

    def _mean(self) -> Array:
        raise self._missing("mean", "its values are labels: take `probs`")

    def _variance(self) -> Array:
        raise self._missing("variance", "its values are labels: take `probs`")

    def _mode(self) -> Array:
        return self._likeliest()

    def _enumerate_support(self) -> Array:
        return jnp.arange(self.num_categories)

    def _natural_parameters(self) -> tuple[Array]:
        return (self.logits,)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return log_total(*natural_parameters)


def _log_total(log_probs: Array) -> Array:
    """Sum probabilities given by their logarithms; `-inf` with gradient 0 if there are none."""
    nothing = jnp.all(log_probs == -math.inf, -1)
    total = jax.nn.logsumexp(jnp.where(nothing[..., None], 0, log_probs), -1)
    return jnp.where(nothing, -math.inf, total)
