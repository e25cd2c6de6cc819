"""PlackettLuce distribution."""

from __future__ import annotations

import itertools
import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.special import log_quotient, quotient, softplus

_RARE = 1e-17  # odds of being drawn next that do not change the probability of the others
_MOST_ITEMS = 8  # whose rankings are listed: 8! = 40,320


class PlackettLuce(Distribution):
    r"""Plackett-Luce distribution of rankings: items drawn one by one without replacement.

    .. math:: p(x) = \prod_{i = 1}^K \frac{\mathrm{scores}_{x_i}}{\sum_{j \ge i}
              \mathrm{scores}_{x_j}}

    A value lists the items from the first one drawn to the last one: it is a permutation of
    0, ..., K - 1. The parameter is TFP's; `logits` are its logarithms. Draws sort the logits with
    Gumbel noise. Give exactly one of `scores` and `logits`.

    Up to 8 items, `enumerate_support` lists all rankings: there is an entropy, and expected values
    have the estimators `Enumeration` and `WithoutReplacement`.

    Args:
      scores: positive, shape `(..., K)`; only their ratios matter.
      logits: their logarithms, shape `(..., K)`.

    References:
      Plackett 1975, "The analysis of permutations"; Yellott 1977, "The relationship between Luce's
      choice axiom, Thurstone's theory of comparative judgment, and the double exponential
      distribution".

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.PlackettLuce([1.0, 2.0, 5.0])
      >>> print(d.mode, f"{jax.numpy.exp(d.log_prob([2, 1, 0])):.4f}")  # 5 / 8 times 2 / 3
      [2 1 0] 0.4167
    """

    scores: Param = param(
        constraints.independent(constraints.positive, 1),
        default=None,
        otherwise=lambda d: jnp.exp(d.logits),
    )
    logits: Param = param(
        constraints.real_vector, default=None, otherwise=lambda d: jnp.log(d.scores)
    )

    support = constraints.permutation
    has_enumerate_support = True

    @property
    def event_shape(self) -> Shape:
        """The number of items."""
        return (self.num_items,)

    @property
    def num_items(self) -> int:
        """The number of items, K."""
        return vars(self)["logits" if "logits" in vars(self) else "scores"].shape[-1]

    def _sample(self, key: Array, shape: Shape) -> Array:
        return _descending(self.logits + random.gumbel(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        name = "logits" if "logits" in vars(self) else "scores"
        order = x.astype(jnp.int32)
        drawn = jnp.take_along_axis(jnp.broadcast_to(vars(self)[name], x.shape), order, -1)
        if name == "logits":
            left = lax.cumlogsumexp(drawn, drawn.ndim - 1, reverse=True)[..., 1:]
            return -jnp.sum(softplus(left - drawn[..., :-1]), -1)
        left, drawn = lax.cumsum(drawn, drawn.ndim - 1, reverse=True)[..., 1:], drawn[..., :-1]
        is_rare = drawn < _RARE * left
        odds_against = quotient(jnp.where(is_rare, 1, left), jnp.where(is_rare, 1, drawn))
        rare = log_quotient(jnp.where(is_rare, left, 1), jnp.where(is_rare, drawn, 1))
        return -jnp.sum(jnp.where(is_rare, rare, jnp.log1p(odds_against)), -1)

    def _mean(self) -> Array:
        raise self._undefined("mean")

    def _variance(self) -> Array:
        raise self._undefined("variance")

    def _undefined(self, what: str) -> NotImplementedError:
        return NotImplementedError(
            f"the {what} of {type(self).__name__} is undefined: its values are labels"
        )

    def _mode(self) -> Array:
        return _descending(self.logits)

    def _enumerate_support(self) -> Array:
        if self.num_items > _MOST_ITEMS:
            raise NotImplementedError(
                f"PlackettLuce: the rankings of up to {_MOST_ITEMS} items are listed; "
                f"{self.num_items} items have {math.factorial(self.num_items)}"
            )
        return jnp.asarray(np.array(list(itertools.permutations(range(self.num_items)))))


def _descending(keys: Array) -> Array:
    """Return the indices that sort the last axis, the largest entry first."""
    return jnp.argsort(-keys, -1).astype(jnp.int32)
