"""Log-odds of probabilities that may have been rounded to 0 or 1."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.special.of_arrays import of_arrays


@of_arrays()
def clip_to_open_unit(x: Array) -> Array:
    """Move 0 and 1 to the floating-point numbers next to them inside (0, 1).

    Args:
      x: in [0, 1], any shape.
    """
    info = jnp.finfo(x.dtype)
    return clip(x, info.tiny, 1 - info.epsneg)


def clip(x: Array, low: ArrayLike, high: ArrayLike) -> Array:
    """Return `jnp.clip(x, low, high)`, whose gradient is 0 outside, not 0 times the next slope.

    Args:
      x: any shape.
      low: smallest value.
      high: largest value.
    """
    low, high = (jnp.asarray(bound, x.dtype) for bound in (low, high))
    return jnp.where(x < low, low, jnp.where(x > high, high, x))


@of_arrays()
def clipped_logit(probs: Array) -> Array:
    r"""Log-odds :math:`\log(p / (1 - p))` of `clip_to_open_unit(probs)`, which are finite.

    Args:
      probs: in [0, 1], any shape.
    """
    p = clip_to_open_unit(probs)
    near = jnp.abs(p - 0.5) < 0.25
    v = jnp.where(near, 2 * p - 1, 0)
    around_half = jnp.log1p(v) - jnp.log1p(-v)  # of one sign, and so are their slopes
    far = jnp.where(near, 0.25, p)
    return jnp.where(near, around_half, jnp.log(far) - jnp.log1p(-far))
