"""L1BallTransform: real vectors to vectors whose absolute values sum to less than one."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.special import clip, log_sech2, softplus, tanh
from jaxdist.transforms.transform import Transform


class L1BallTransform(Transform):
    r"""Bijection from real vectors to the ball of the L1 norm, by stick breaking with signs.

    .. math:: y_i = \tanh(x_i) \prod_{j < i} (1 - |\tanh x_j|)

    It is that of numpyro.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> x = jnp.array([0.5, -2.0, 3.0])
      >>> y = jd.L1BallTransform()(x)
      >>> bool(jnp.abs(y).sum() < 1), bool(jnp.allclose(jd.L1BallTransform().inv(y)[:2], x[:2]))
      (True, True)
    """

    domain = constraints.real_vector
    codomain = constraints.l1_ball
    bijective = True

    def _log_remaining(self, x: Array) -> Array:
        """Return the logarithm of what is left of the stick before each entry.

        1 - tanh|x| = 2 / (1 + exp(2 |x|)).
        """
        log_kept = math.log(2) - softplus(2 * jnp.abs(x))
        zero = jnp.zeros_like(x[..., :1])
        return jnp.concatenate([zero, jnp.cumsum(log_kept, -1)[..., :-1]], -1)

    def _forward(self, x: Array) -> Array:
        return tanh(x) * jnp.exp(self._log_remaining(x))

    def _inverse(self, y: Array) -> Array:
        """The values at the surface of the ball are those of the next numbers inside."""
        size = jnp.abs(y)
        remaining = 1 - (jnp.cumsum(size, -1) - size)
        possible = remaining > 0
        fraction = jnp.where(possible, y / jnp.where(possible, remaining, 1), 0)
        largest = 1 - jnp.finfo(y.dtype).epsneg
        return jnp.arctanh(clip(fraction, -largest, largest))

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(log_sech2(x) + self._log_remaining(x), -1)
