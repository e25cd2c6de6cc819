"""FromPreimage: distributions on an interval that evaluate the density at a draw's pre-image."""

from __future__ import annotations

from jax import Array, lax

from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.pytree import must_define


class FromPreimage(Distribution):
    """Base of distributions of x = g(y) on an interval, whose draws are made from y.

    `sample_and_log_prob` and `rsample_and_log_prob` evaluate the log-density of x at y, which is
    exact also where x rounds towards an end of the interval.
    """

    has_rsample = True

    def _rsample_preimage(self, key: Array, shape: Shape) -> Array:
        """Draw y, differentiable in the parameters."""
        raise must_define(self, "_rsample_preimage")

    def _image(self, y: Array) -> Array:
        """Map y strictly into the interval, by a g that does not depend on the parameters."""
        raise must_define(self, "_image")

    def _log_prob_at_preimage(self, y: Array) -> Array:
        """Evaluate the log-density of x = g(y)."""
        raise must_define(self, "_log_prob_at_preimage")

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._image(self._rsample_preimage(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        y = self._rsample_preimage(key, shape)
        y = y if pathwise else lax.stop_gradient(y)
        return self._image(y), self._log_prob_at_preimage(y)
