"""Distributions over categories."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.counting import first_count
from jaxdist.distribution import Distribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.linalg import columns
from jaxdist.parameters import Param, param
from jaxdist.special import log_or_masked, log_total, masked_log_softmax
from jaxdist.special.elementary import softplus
from jaxdist.validation import Shape

_ROUNDING = 4  # by which two sums of the same probabilities may differ, in units of eps


def probs_of_logits(d: Any) -> Array:
    """Return the probability of success, which a trial given by its logits does not store."""
    return jax.nn.sigmoid(d.logits)


def logits_of_probs(d: Any) -> Array:
    """Return the log-odds of success, which a trial given by its probability does not store."""
    return jnp.log(d.probs) - jnp.log1p(-d.probs)


class Trials:
    """What distributions about trials share: success and failure, exact from `probs` or `logits`.

    Not a distribution itself: the parameters stand in each class, in the order of its arguments.
    """

    probs: Param
    logits: Param

    def _given(self) -> dict[str, Array]:
        name = "logits" if "logits" in vars(self) else "probs"
        return {name: vars(self)[name]}

    def _log_outcome(self, success: Array) -> Array:
        if "logits" in vars(self):
            return -softplus(jnp.where(success, -self.logits, self.logits))
        return jnp.where(success, self._log_success(), self._log_failure())

    def _log_success(self) -> Array:
        if "logits" in vars(self):
            return -softplus(-self.logits)
        return log_or_masked(self.probs)

    def _log_failure(self) -> Array:
        if "logits" in vars(self):
            return -softplus(self.logits)
        certain = self.probs == 1
        return jnp.where(certain, -math.inf, jnp.log1p(-jnp.where(certain, 0, self.probs)))

    def _failure(self) -> Array:
        return jax.nn.sigmoid(-self.logits) if "logits" in vars(self) else 1 - self.probs

    def _odds(self) -> Array:
        return jnp.exp(self.logits) if "logits" in vars(self) else self.probs / (1 - self.probs)

    def _trial_entropy(self) -> Array:
        success = times_log(self.probs, self._log_success())
        return -(success + times_log(self._failure(), self._log_failure()))


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


def times_log(p: Array, log_p: Array) -> Array:
    """`p log p`, which is 0 with gradient 0 where `p` is."""
    positive = p > 0
    return jnp.where(positive, p * jnp.where(positive, log_p, 0), 0)


def probs_of_categories(d: Any) -> Array:
    """Return the probabilities of categories given by their logits."""
    return jnp.exp(d._log_probs())


def logits_of_categories(d: Any) -> Array:
    """Return the log-probabilities of categories given by their probabilities."""
    return log_or_masked(d.probs)


class Categories:
    """What distributions over categories share: log-probabilities, masks and sums over them.

    Not a distribution itself: the parameters stand in each class, in the order of its arguments.
    """

    probs: Param
    logits: Param

    def _promote(self) -> None:
        """Normalise `probs` as torch does; `logits` are kept as given."""
        super()._promote()  # type: ignore[misc]
        if "probs" in vars(self):
            probs = vars(self)["probs"]
            total = probs.sum(-1, keepdims=True)
            vars(self)["probs"] = probs / (total + (total == 0))

    @property
    def num_categories(self) -> int:
        """The number of categories."""
        return vars(self)["logits" if "logits" in vars(self) else "probs"].shape[-1]

    def _log_probs(self) -> Array:
        return masked_log_softmax(self.logits)

    def _draw(self, key: Array, shape: Shape) -> Array:
        return random.categorical(key, self.logits, shape)

    def _likeliest(self) -> Array:
        return jnp.argmax(self.logits, -1).astype(jnp.int32)

    def _log_prob_of(self, index: Array) -> Array:
        logits = self.logits
        if index.shape == logits.shape[:-1]:
            return _log_prob_of_one(logits, index)
        return _chosen(self._log_probs(), index)

    def _entropy(self) -> Array:
        log_probs = self._log_probs()
        return -jnp.sum(times_log(jnp.exp(log_probs), log_probs), -1)


def _chosen(table: Array, index: Array) -> Array:
    """Take entries of rows, shape `(*batch, K)`, at indices of shape `(..., *batch)`."""
    draws = columns(index, table.shape[:-1])
    chosen = jnp.take_along_axis(table, draws, -1, mode="promise_in_bounds")
    return jnp.reshape(jnp.moveaxis(chosen, -1, 0), index.shape)


def _exponentials(logits: Array) -> tuple[Array, Array, Array]:
    """Return `exp(logits - largest)`, its sum over the last axis, and the largest logit.

    Where all are masked, the largest is the smallest float and the sum the smallest positive one.
    """
    limits = jnp.finfo(logits.dtype)
    largest = jnp.max(logits, -1, keepdims=True, initial=float(limits.min))
    numbers = jnp.exp(logits - lax.stop_gradient(largest))
    return numbers, jnp.sum(numbers, -1, keepdims=True, initial=float(limits.tiny)), largest


@jax.custom_jvp
def _log_prob_of_one(logits: Array, index: Array) -> Array:
    """Evaluate one index for each row, in half of the time of normalising all of it."""
    _, total, largest = _exponentials(logits)
    return _chosen(logits, index) - largest[..., 0] - jnp.log(total[..., 0])


@_log_prob_of_one.defjvp
def _log_prob_of_one_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Any]
) -> tuple[Array, Array]:
    """Give the unit vector of the index, less the probabilities; 0 where it is masked."""
    (logits, index), (logits_dot, _) = primals, tangents
    numbers, total, _ = _exponentials(logits)
    masked = _chosen(logits, index)[..., None] == -math.inf
    chosen = index[..., None] == np.arange(logits.shape[-1])
    along = jnp.sum((jnp.where(chosen, total, 0) - numbers) * logits_dot, -1, keepdims=True)
    along /= jnp.where(masked, math.inf, total)
    return _log_prob_of_one(logits, index), along[..., 0]


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
