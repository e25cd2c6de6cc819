"""Draws on an interval that keep their pre-image."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.validation import Shape


def open_unit(x: Array) -> Array:
    """Move 0 and 1 to the numbers next to them inside the unit interval."""
    info = jnp.finfo(x.dtype)
    return jnp.clip(x, info.tiny, 1 - info.epsneg)


def open_logit(probs: Array) -> Array:
    """Log-odds of probabilities, of which 0 and 1 stand for the numbers next to them inside."""
    inner = open_unit(probs)
    return jnp.log(inner) - jnp.log1p(-inner)


class FromPreimage(Distribution):
    """Draws x = g(y) on an interval; the joint call evaluates the density of x at y.

    Where x rounds towards an end of the interval, y still tells how far from there it is.
    """

    has_rsample = True

    def _preimage(self, key: Array, shape: Shape) -> Array:
        """Draw y, differentiable in the parameters."""
        raise NotImplementedError

    def _image(self, y: Array) -> Array:
        """Map y strictly into the interval, independently of the parameters."""
        raise NotImplementedError

    def _log_prob_at(self, y: Array) -> Array:
        """Evaluate the log-density of x = g(y)."""
        raise NotImplementedError

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._image(self._preimage(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        y = self._preimage(key, shape)
        y = y if pathwise else lax.stop_gradient(y)
        return self._image(y), self._log_prob_at(y)
