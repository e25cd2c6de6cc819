"""Averages: the rules by which expected values are computed where no closed form is known."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import evaluation
from jaxdist.constraints.clipping import clip_draw
from jaxdist.distribution.summaries import Summaries
from jaxdist.distribution.tails import Tails
from jaxdist.numerics.expected_values import Rule, integer_rule, quantile_rule
from jaxdist.numerics.integers import integer_bounds, to_count
from jaxdist.numerics.root_finding import first_integer

_LOG_RAREST = -37.0  # of the integers beyond, on which no moment depends
_FARTHEST = 2**30  # integer of a sum at even strides, whose length fits into 32 bits
_RAREST_KINK = 1e-4  # probability beyond a mode from which it is no kink between tails


class Averages(Tails, Summaries):
    """Part of `Distribution`: nodes and weights over quantiles, or over integers."""

    def _rule(self, summary: str) -> Rule:
        """Return the rule over the quantiles of a number that has a density."""
        has_quantiles = type(self)._icdf is not Tails._icdf
        if self.event_shape or self.support.is_discrete or self._has_atoms or not has_quantiles:
            advice = "estimate it from draws; for the entropy, by the mean of `-log_prob`"
            raise self._missing(summary, advice)

        def quantile(below: Array, above: Array) -> Array:
            return clip_draw(self.support, self._quantile_at(below, above))

        return quantile_rule(quantile, *self._split())

    def _integer_rule(self) -> Rule:
        """Return the rule over the integers of a discrete distribution."""
        d = lax.stop_gradient(self)
        lowest, highest = (jnp.broadcast_to(x, self.batch_shape) for x in integer_bounds(d))
        column = (3,) + (1,) * len(self.batch_shape)
        log_p = jnp.array([_LOG_RAREST, -math.log(2), -math.inf], self.dtype).reshape(column)
        log_q = jnp.array([0, 0, _LOG_RAREST], self.dtype).reshape(column)

        def is_reached(k: Array) -> Array:
            """Whether the first integer that matters, the median, or the last one is at most k."""
            x = k.astype(self.dtype)
            return (d.log_cdf(x) >= log_p) & (d.log_survival_function(x) <= log_q)

        def log_prob(k: Array) -> Array:
            return evaluation.log_prob(self, k)

        def tails(k: Array) -> Array:
            x = k.astype(self.dtype)
            return jnp.stack([d.cdf(x - 1), d.survival_function(x)])

        low, high = (jnp.broadcast_to(x, (3, *self.batch_shape)) for x in (lowest, highest))
        first, median, last = first_integer(is_reached, low, high)
        matters = (jnp.maximum(first, -_FARTHEST), jnp.minimum(last, _FARTHEST))
        support = (lowest, highest)
        center = jnp.clip(d._mode_or(median), first, last)
        return integer_rule(log_prob, tails, matters, center, support, self.dtype)

    def _mode_or(self, other: Array) -> Array:
        """Return the mode as int32, or another integer if the mode is not known."""
        try:
            mode = self._mode()
        except NotImplementedError:
            return other
        return jnp.broadcast_to(to_count(mode.astype(self.dtype)), self.batch_shape)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        """Return the quantile at a probability, of which the complement is known as well."""
        is_lower = below < above
        low, high = (
            self._icdf(jnp.where(is_lower, below, 0.5)),
            self._isf(jnp.where(is_lower, 0.5, above)),
        )
        return jnp.where(is_lower, low, high)

    def _kinks(self) -> Array:
        """Return points at which the density may have a kink, such as the mode, or be least.

        Shape `(points, *batch_shape)`.
        """
        return jnp.broadcast_to(self._mode(), (1, *self.batch_shape))

    def _split(self) -> tuple[Array, Array]:
        """Return the probabilities below and above the kinks, halves for those at an end."""
        half = jnp.full((1, *self.batch_shape), 0.5, self.dtype)
        d = lax.stop_gradient(self)
        try:
            kinks = d._kinks()
        except NotImplementedError:
            return half, half
        below, above = d.cdf(kinks), d.survival_function(kinks)
        is_inner = jnp.minimum(below, above) > _RAREST_KINK
        below, above = jnp.where(is_inner, below, half), jnp.where(is_inner, above, half)
        return jnp.sort(below, 0), -jnp.sort(-above, 0)
