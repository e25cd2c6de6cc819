"""Counts in repeated trials, whose tails are incomplete beta functions."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.counts import Counts
from jaxdist.bases.trials import Trials
from jaxdist.special import (
    betainc,
    betaincc,
    log_betainc,
    log_betaincc,
)

Tail = Callable[[Array, Array, Array, Array], Array]


class RepeatedTrials(Trials, Counts):
    """What Binomial and NegativeBinomial share: their tails are incomplete beta functions."""

    def _beta(self, x: Array) -> tuple[Array, Array]:
        """Return the a and b with P(X > x) the incomplete beta function of (a, b) at `probs`."""
        raise NotImplementedError

    def _tail(self, x: Array, tail: Tail) -> Array:
        return tail(*self._beta(x), self.probs, self._failure())

    def _cdf(self, x: Array) -> Array:
        return self._tail(x, betaincc)

    def _log_cdf(self, x: Array) -> Array:
        return self._tail(x, log_betaincc)

    def _survival_function(self, x: Array) -> Array:
        return self._tail(x, betainc)

    def _log_survival_function(self, x: Array) -> Array:
        return self._tail(x, log_betainc)

    def _entropy(self) -> Array:
        random = self._variance() > 0
        safe = {"total_count": 1.0, "probs": 0.5, "logits": 0.0}
        leaves = self._stored().items()
        d = self._with(**{name: jnp.where(random, leaf, safe[name]) for name, leaf in leaves})
        return jnp.where(random, d._sum_entropy(), 0)
