"""TwoPiece: two halves of a symmetric distribution with different scales."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import LocationScale
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.pytree import must_define
from jaxdist.special.with_slopes import with_slopes


class TwoPiece(LocationScale):
    """Base of two halves of the distribution of a symmetric variable Z, joined at the mode.

    The scales are scale / skew below the mode and scale * skew above it. A subclass declares `loc`,
    `scale` and `skew`, and describes Z.
    """

    if TYPE_CHECKING:

        @property
        def skew(self) -> Array:
            """Square root of the ratio of the scales."""

    def _draw_half(self, key: Array, shape: Shape) -> Array:
        """Draw the size of Z."""
        raise must_define(self, "_draw_half")

    def _half_log_prob(self, z: Array) -> Array:
        """Evaluate the log-density of Z."""
        raise must_define(self, "_half_log_prob")

    def _half_sf(self, t: Array) -> Array:
        """Evaluate P(Z > t) for t >= 0."""
        raise must_define(self, "_half_sf")

    def _half_log_sf(self, t: Array) -> Array:
        """Evaluate log P(Z > t) for t >= 0."""
        raise must_define(self, "_half_log_sf")

    def _half_isf(self, p: Array) -> Array:
        """Solve P(Z > t) = p for t, for p <= 1/2."""
        raise must_define(self, "_half_isf")

    def _log_weights(self) -> tuple[Array, Array]:
        """Return the logarithms of twice the probabilities below and above the mode."""
        log_square = 2 * jnp.log(self.skew)
        log_two = math.log(2)
        return log_two - jax.nn.softplus(log_square), log_two - jax.nn.softplus(-log_square)

    def _unskewed(self, z: Array) -> Array:
        """Differentiate in the logarithm of the skew, whose square may overflow."""
        is_below = z < 0
        u = jnp.where(is_below, z * self.skew, z / jnp.where(is_below, 1, self.skew))
        slopes = jnp.where(is_below, self.skew, 1 / self.skew), jnp.where(is_below, u, -u)
        points = z, jnp.broadcast_to(jnp.log(self.skew), u.shape)
        return with_slopes(lax.stop_gradient(u), slopes, points)

    def _log_sum(self) -> Array:
        """Return log(skew + 1 / skew)."""
        log_skew = jnp.log(self.skew)
        return jnp.logaddexp(log_skew, -log_skew)

    def _sample(self, key: Array, shape: Shape) -> Array:
        side_key, size_key = jax.random.split(key)
        below = jnp.exp(self._log_weights()[0]) / 2
        is_below = random.uniform(side_key, shape, self.dtype) < below
        size = self._draw_half(size_key, shape)
        return self.loc + self.scale * jnp.where(is_below, -size / self.skew, size * self.skew)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return implicit_reparameterization(self, lax.stop_gradient(self._sample(key, shape)))

    def _standard_log_prob(self, z: Array) -> Array:
        of_half = self._half_log_prob(self._unskewed(z))
        return math.log(2) + of_half - self._log_sum()

    def _standard_log_tails(self, z: Array) -> tuple[Array, Array, Array]:
        """Return whether z is below the mode, and the logarithms of both tails."""
        u, is_below = self._unskewed(z), z < 0
        log_weights = self._log_weights()
        log_tail = self._half_log_sf(jnp.abs(u)) + jnp.where(is_below, *log_weights)
        log_other = jnp.log1p(-jnp.exp(log_tail))
        return (
            is_below,
            jnp.where(is_below, log_tail, log_other),
            jnp.where(is_below, log_other, log_tail),
        )

    def _standard_cdf(self, z: Array) -> Array:
        below, above = self._standard_tails(z)
        return jnp.where(z < 0, below, 1 - above)

    def _standard_survival_function(self, z: Array) -> Array:
        below, above = self._standard_tails(z)
        return jnp.where(z < 0, 1 - below, above)

    def _standard_tails(self, z: Array) -> tuple[Array, Array]:
        """Return the tail below z and the one above it, each if it is on its side of the mode."""
        p = self._half_sf(jnp.abs(self._unskewed(z)))
        below, above = (jnp.exp(log_weight) for log_weight in self._log_weights())
        return below * p, above * p

    def _standard_log_cdf(self, z: Array) -> Array:
        return self._standard_log_tails(z)[1]

    def _standard_log_survival_function(self, z: Array) -> Array:
        return self._standard_log_tails(z)[2]

    def _icdf(self, q: Array) -> Array:
        return self._quantile_at(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._quantile_at(1 - q, q)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        of_below, of_above = (jnp.exp(log_weight) for log_weight in self._log_weights())
        is_below = below < of_below / 2
        p = jnp.where(is_below, below / of_below, above / of_above)
        size = self._half_isf(jnp.minimum(p, 0.5))
        return self.loc + self.scale * jnp.where(is_below, -size / self.skew, size * self.skew)

    def _difference(self) -> Array:
        return self.skew - 1 / self.skew

    def _mode(self) -> Array:
        return self.loc

    def _log_width(self) -> Array:
        """Return by how much the entropy exceeds that of Z."""
        return jnp.log(self.scale) + self._log_sum() - math.log(2)
