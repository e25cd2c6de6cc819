"""Distributions whose quantiles are found from both tails, most of them numerically."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import LogTails
from jaxdist.constraints.clipping import clip_draw
from jaxdist.distribution import Distribution
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.pytree import must_define

_LARGEST = 1e30  # error of a quantile
_LEAST_SLOPE = 1e-9  # where the slope is not usable, so that a step leads out of the bracket


class TwoSidedQuantile(Distribution):
    """Base of distributions whose quantiles are found from a probability and its complement."""

    def _quantile(self, below: Array, above: Array, q: Array) -> Array:
        """Return the quantile.

        Args:
          below: probability below the quantile.
          above: `1 - below`, without the rounding of `below`.
          q: the number that the quantile is differentiated in, as `below` is.
        """
        raise must_define(self, "_quantile")

    def _icdf(self, q: Array) -> Array:
        return self._quantile(q, 1 - q, q)

    def _isf(self, q: Array) -> Array:
        return self._quantile(1 - q, q, 1 - q)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        return self._quantile(below, above, below)


class NumericalQuantile(TwoSidedQuantile, LogTails):
    r"""Base of distributions whose quantiles are found numerically.

    The quantile solves that the logarithm of the smaller tail is the given one. Its derivatives,
    and those of draws, are implicit ones.

    A subclass writes `_log_tails` and `_log_prob`, `_sample` or `_rsample`, and `_bracket`. The
    search is for a coordinate t of x, in which tails change most evenly: where that is not x, it
    writes `_from_coordinate` too. `_solve` is overridden where another search is better.
    """

    has_rsample = True

    def _bracket(self, below: Array, above: Array) -> tuple[Array, Array, Array]:
        """Return bounds of the coordinate of a quantile, and where to begin.

        Args:
          below: probability below the quantile, positive.
          above: `1 - below`, positive, without the rounding of `below`.
        """
        raise must_define(self, "_bracket")

    def _from_coordinate(self, t: Array) -> tuple[Array, Array]:
        """Return x at a coordinate t, and the logarithm of the slope of x in t."""
        return t, jnp.zeros_like(t)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        x = lax.stop_gradient(self._sample(key, shape))
        return implicit_reparameterization(self, clip_draw(self.support, x))

    def _quantile(self, below: Array, above: Array, q: Array) -> Array:
        """Return the quantile, with its derivative in `q`; an end of the support where it is."""
        low, high = self.support.bounds
        possible = (below > 0) & (above > 0)
        p, complement = (jnp.where(possible, x, 0.5) for x in (below, above))
        x = lax.stop_gradient(self)._solve(*lax.stop_gradient((p, complement)))
        inside = possible & (x > low) & (x < high)
        moving = implicit_reparameterization(
            self, jnp.where(inside, x, self.support.feasible_like(x)), q
        )
        at_end = jnp.where(possible, x, jnp.where(below > 0, high, low))
        return jnp.where(inside, moving, at_end)

    def _solve(self, below: Array, above: Array) -> Array:
        """Find the quantile at a probability and its complement, both positive."""
        is_lower = below < above
        target, _ = _evenly(jnp.log(jnp.where(is_lower, below, above)))

        def error(t: Array) -> tuple[Array, Array]:
            x, log_slope = self._from_coordinate(t)
            log_cdf, log_sf = self._log_tails(x)
            log_tail = jnp.where(is_lower, log_cdf, log_sf)
            value, derivative = _evenly(log_tail)
            excess = jnp.where(is_lower, 1, -1) * (value - target)
            slope = derivative * jnp.exp(self._log_prob(x) + log_slope - log_tail)
            is_usable = jnp.isfinite(excess) & jnp.isfinite(slope) & (slope > 0)
            return jnp.clip(excess, -_LARGEST, _LARGEST), jnp.where(is_usable, slope, _LEAST_SLOPE)

        low, high, start = vary_with(self._bracket(below, above), self, below, above)
        start = jnp.clip(start, low, high)
        t = find_root(error, low, high, steps=bisection_steps(low.dtype), start=start)
        return self._from_coordinate(t)[0]


def _evenly(log_tail: Array) -> tuple[Array, Array]:
    """Map logarithms of probabilities to numbers that change evenly in tails that fall fast.

    Returns:
      The numbers, and the slope of the map: logarithms themselves from -1 up, and from there on
      logarithms of their size.
    """
    rare = log_tail < -1
    size = jnp.where(rare, -log_tail, 1)
    return jnp.where(rare, -1 - jnp.log(size), log_tail), 1 / size


class PositiveNumericalQuantile(NumericalQuantile):
    """Base of such distributions of positive numbers: t is the logarithm of x."""

    support = constraints.positive

    def _from_coordinate(self, t: Array) -> tuple[Array, Array]:
        return jnp.exp(t), t

    def _solve(self, below: Array, above: Array) -> Array:
        """Find the quantile; 0 where it underflows."""
        x = super()._solve(below, above)
        tiny = jnp.full_like(x, jnp.finfo(x.dtype).tiny)
        underflows = (below < above) & (self._log_tails(tiny)[0] > jnp.log(below))
        return jnp.where(underflows, 0, x)
