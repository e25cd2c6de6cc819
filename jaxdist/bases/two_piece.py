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
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.location_scale import log_distance, standardize
from jaxdist.special.products import product
from jaxdist.special.quotient import log_of_scale, quotient
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

    def _half_log_prob(self, t: Array, log_t: Array) -> Array:
        """Evaluate the log-density of Z at t >= 0, differentiated in log t where large."""
        raise must_define(self, "_half_log_prob")

    def _half_sf(self, t: Array, log_t: Array) -> Array:
        """Evaluate P(Z > t) for t >= 0, differentiated in log t where its tail is a power."""
        raise must_define(self, "_half_sf")

    def _half_log_sf(self, t: Array, log_t: Array) -> Array:
        """Evaluate log P(Z > t) for t >= 0, likewise."""
        raise must_define(self, "_half_log_sf")

    def _half_between(self, t: Array, log_t: Array) -> Array:
        """Evaluate P(|Z| <= t) for t >= 0, exact near 0, likewise."""
        raise must_define(self, "_half_between")

    def _half_isf(self, p: Array) -> Array:
        """Solve P(Z > t) = p for t, for p <= 1/2."""
        raise must_define(self, "_half_isf")

    def _half_between_inverse(self, p: Array) -> Array:
        """Solve P(|Z| <= t) = p for t, exact for a small p."""
        raise must_define(self, "_half_between_inverse")

    def _smaller(self) -> Array:
        """Return the skew or its inverse, whichever is at most 1."""
        is_small = self.skew < 1
        return jnp.where(is_small, self.skew, 1 / jnp.where(is_small, 1, self.skew))

    def _weights(self) -> tuple[Array, Array]:
        """Return twice the probabilities below and above the mode."""
        square = self._smaller() ** 2
        larger = 2 / (1 + square)
        smaller, is_small = square * larger, self.skew < 1
        return jnp.where(is_small, larger, smaller), jnp.where(is_small, smaller, larger)

    def _log_weights(self) -> tuple[Array, Array]:
        """Return the logarithms of both, which do not underflow."""
        larger = math.log(2) - jnp.log1p(self._smaller() ** 2)
        log_square, is_small = 2 * jnp.log(self.skew), self.skew < 1
        return (
            jnp.where(is_small, larger, larger - log_square),
            jnp.where(is_small, larger + log_square, larger),
        )

    def _unskewed(self, x: Array) -> Array:
        """Differentiate in a large skew, and in the logarithm of a small one, by what is finite."""
        z = self._standardize(x)
        is_below, is_large = z < 0, self.skew > 1
        u = jnp.where(is_below, z * self.skew, z / jnp.where(is_below, 1, self.skew))
        # Where z overflows, the skew may undo that.
        scale = finite(self.scale * jnp.where(is_below, 1 / self.skew, self.skew))
        undone = standardize(x, self.loc, jnp.maximum(scale, jnp.finfo(scale.dtype).tiny))
        u = jnp.where(jnp.abs(z) < math.inf, u, undone)
        of_z = jnp.where(is_below, self.skew, 1 / self.skew)
        of_log = jnp.where(is_below, u, -u)
        of_large = jnp.where(is_large, quotient(of_log, jnp.where(is_large, self.skew, 1)), 0)
        skew, log_skew = (jnp.broadcast_to(x, u.shape) for x in (self.skew, jnp.log(self.skew)))
        slopes = of_z, of_large, jnp.where(is_large, 0, of_log)
        return with_slopes(lax.stop_gradient(u), slopes, (z, skew, log_skew))

    def _log_sum(self) -> Array:
        """Return log(skew + 1 / skew)."""
        log_skew = jnp.log(self.skew)
        return jnp.logaddexp(log_skew, -log_skew)

    def _sample(self, key: Array, shape: Shape) -> Array:
        side_key, size_key = jax.random.split(key)
        below = self._weights()[0] / 2
        is_below = random.uniform(side_key, shape, self.dtype) < below
        size = self._draw_half(size_key, shape)
        return self.loc + self.scale * jnp.where(is_below, -size / self.skew, size * self.skew)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return implicit_reparameterization(self, lax.stop_gradient(self._sample(key, shape)))

    def _log_prob(self, x: Array) -> Array:
        _, *size = self._size(x)
        of_half = self._half_log_prob(*size)
        return math.log(2) + of_half - self._log_sum() - log_of_scale(self.scale)

    def _size(self, x: Array) -> tuple[Array, Array, Array]:
        """Return whether x is below the mode; |Z| there, and its logarithm."""
        u, log_skew = self._unskewed(x), jnp.log(self.skew)
        is_below = x < self.loc
        log_size = log_distance(x, self.loc, self.scale) + jnp.where(is_below, log_skew, -log_skew)
        return is_below, jnp.where(is_below, -u, u), log_size

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Return the logarithms of both tails."""
        is_below, *size = self._size(x)
        log_tail = self._half_log_sf(*size) + jnp.where(is_below, *self._log_weights())
        other = self._other_tail(is_below, *size)
        is_far = log_tail < -math.log(2)
        log_far = jnp.where(is_far, log_tail, -1)
        near = jnp.where(is_far, 0.5, other)
        log_tail = jnp.where(is_far, log_tail, jnp.log1p(-near))
        log_other = jnp.where(is_far, jnp.log1p(-jnp.exp(log_far)), jnp.log(near))
        return jnp.where(is_below, log_tail, log_other), jnp.where(is_below, log_other, log_tail)

    def _tails(self, x: Array) -> tuple[Array, Array]:
        """Return both tails, of which the larger one has the derivatives of the smaller one."""
        is_below, *size = self._size(x)
        tail = self._half_sf(*size) * jnp.where(is_below, *self._weights())
        other = jnp.where(tail < 0.5, 1 - tail, self._other_tail(is_below, *size))
        return jnp.where(is_below, tail, other), jnp.where(is_below, other, tail)

    def _other_tail(self, is_below: Array, t: Array, log_t: Array) -> Array:
        """Return the tail that reaches beyond the mode."""
        below, above = self._weights()
        between = self._half_between(t, log_t)
        return (jnp.where(is_below, above, below) + jnp.where(is_below, below, above) * between) / 2

    def _cdf(self, x: Array) -> Array:
        return self._tails(x)[0]

    def _survival_function(self, x: Array) -> Array:
        return self._tails(x)[1]

    def _log_cdf(self, x: Array) -> Array:
        return self._log_tails(x)[0]

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_tails(x)[1]

    def _icdf(self, q: Array) -> Array:
        return self._quantile_at(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._quantile_beyond(1 - q, q, lax.stop_gradient(self._weights()[1]) / 2 - q)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        excess = below - lax.stop_gradient(self._weights()[0]) / 2
        return self._quantile_beyond(below, above, excess)

    def _quantile_beyond(self, below: Array, above: Array, excess: Array) -> Array:
        """Return the quantile, given by how much the lower tail exceeds that of the mode."""
        of_below, of_above = lax.stop_gradient(self._weights())
        is_below, skew = excess < 0, lax.stop_gradient(self.skew)
        weight = jnp.where(is_below, of_below, of_above)
        exists = weight > 0  # it may underflow
        divisor = jnp.where(exists, weight, 1)
        between = 2 * jnp.where(is_below, -excess, excess) / divisor
        near = exists & (between < 0.5)
        p = jnp.where(exists, jnp.where(is_below, below, above), 0) / divisor
        size = jnp.where(
            near,
            self._half_between_inverse(jnp.where(near, between, 0.25)),
            self._half_isf(jnp.where(near, 0.25, jnp.minimum(p, 0.5))),
        )
        left = -quotient(jnp.where(is_below, size, 0), skew)
        right = product(jnp.where(is_below, 0, size), skew)
        distance = product(self.scale, jnp.where(is_below, left, right))
        growth = size + self._inverse_hazard(p, size) * jnp.where(is_below, of_above, of_below)
        of_skew = self.scale * jnp.where(is_below, quotient(quotient(growth, skew), skew), growth)
        skew = jnp.broadcast_to(self.skew, size.shape)
        return self.loc + with_slopes(distance, (of_skew,), (skew,))

    def _inverse_hazard(self, p: Array, t: Array) -> Array:
        """Return the tail of Z beyond t over the density; 0 where both vanish."""
        is_inside = (p > 0) & (t < math.inf)
        t = jnp.where(is_inside, t, 1)
        log_t = jnp.where(t > 0, jnp.log(jnp.where(t > 0, t, 1)), -math.inf)
        density = jnp.exp(self._half_log_prob(t, log_t))
        return jnp.where(is_inside & (density > 0), p / jnp.where(density > 0, density, 1), 0)

    def _difference(self) -> Array:
        return self.skew - 1 / self.skew

    def _mode(self) -> Array:
        return self.loc

    def _log_width(self) -> Array:
        """Return by how much the entropy exceeds that of Z."""
        return jnp.log(self.scale) + self._log_sum() - math.log(2)
