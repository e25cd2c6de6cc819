"""Distributions of one count."""

from __future__ import annotations

from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.bases.trials import times_log
from jaxdist.counting import first_count, integer_nodes, to_count
from jaxdist.distribution import Distribution
from jaxdist.pytree import is_concrete
from jaxdist.special import (
    ndtri,
)


class Counts(Distribution):
    """What distributions of one count share: inversion by search, and entropy by summation."""

    support: ClassVar[Any] = constraints.nonnegative_integer

    def _asymmetry(self) -> Array:
        """Third central moment over the variance, for a first guess of quantiles."""
        return jnp.zeros_like(self._mean())

    def _icdf(self, q: Array) -> Array:
        """Search from the Cornish-Fisher approximation; the largest int32 stands for infinity."""
        d = lax.stop_gradient(self)
        z = ndtri(jnp.clip(q, 1e-6, 1 - 1e-6))
        guess = d._mean() + d._stddev() * z + d._asymmetry() * (z * z - 1) / 6
        low, high = (
            to_count(jnp.broadcast_to(jnp.asarray(bound, guess.dtype), q.shape))
            for bound in d.support.bounds
        )
        found = first_count(
            lambda k: d._cdf(k.astype(guess.dtype)) >= q, to_count(guess), low, high
        )
        return jnp.where((q == 1) & (d._variance() > 0), high, found)

    def _nodes(self) -> tuple[Array, Array, Array]:
        """Return nodes, weights and log-probabilities of sums over the support, on a last axis."""
        nodes, weights = self._grid()
        _, upper = self.support.bounds
        inside = nodes <= jnp.expand_dims(jnp.asarray(upper, nodes.dtype), -1)
        nodes = jnp.where(inside, nodes, 0)
        return nodes, jnp.where(inside, weights, 0), self[..., None]._log_prob(nodes)

    def _grid(self, number: int = 128) -> tuple[Array, Array]:
        mean, reach = self._mean(), 12 * self._stddev()
        return integer_nodes(mean - reach, mean + reach, number)

    def _sum_entropy(self) -> Array:
        _, weights, log_p = self._nodes()
        return -jnp.sum(weights * times_log(jnp.exp(log_p), log_p), -1)


def common_count(d: Distribution, name: str) -> int:
    """Return a count that is known and the same in the whole batch, or say that it is not."""
    counts = vars(d)[name]
    if is_concrete(counts) and np.unique(counts).size == 1:
        return int(np.ravel(counts)[0])
    raise NotImplementedError(
        f"{type(d).__name__}: the support can be listed only where {name!r} is known outside of "
        f"jax.jit and the same in the whole batch; got {counts}"
    )
