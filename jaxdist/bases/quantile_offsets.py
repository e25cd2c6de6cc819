"""Distributions whose quantiles are rounded more than the distances between them."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.numerics.expected_values import Rule, quantile_rule
from jaxdist.pytree import must_define


class QuantileOffsets(Distribution):
    """Base of distributions whose spread may be far below their mean.

    Rounding quantiles takes digits of their distances then, and so of standardized moments, which
    are computed from `_offset_at` instead.
    """

    def _offset_at(self, below: Array, above: Array) -> Array:
        """Return the distance of a quantile from some number, in some positive unit.

        Args:
          below: probability below the quantile.
          above: `1 - below`, without the rounding of `below`.
        """
        raise must_define(self, "_offset_at")

    def _rule_and_deviations(self, summary: str) -> tuple[Rule, Array]:
        rule = quantile_rule(self._offset_at, *self._split())
        mean = rule.average(rule.x)
        center = jnp.where(jnp.isfinite(mean), mean, rule.x[rule.x.shape[0] // 2])
        return rule, (rule.x - center) / rule.unit
