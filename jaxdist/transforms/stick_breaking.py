"""StickBreakingTransform: real vectors to the simplex by stick breaking."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.special import softplus
from jaxdist.transforms.log_simplex import LogSimplexTransform


def _offset(size: int, dtype: np.dtype) -> Array:
    return jnp.log(jnp.arange(size, 0, -1, dtype=dtype))


def log_pieces(logits: Array) -> Array:
    r"""Return the logarithms of the pieces of a stick of length 1 that is broken n times.

    .. math:: \log y_i = \log v_i + \sum_{j < i} \log (1 - v_j), \quad
              v_i = \mathrm{sigmoid}(\mathrm{logits}_i), \quad v_{n + 1} = 1

    Args:
      logits: of the fractions that are broken off what is left, shape `(..., n)`.

    Returns:
      Shape `(..., n + 1)`.
    """
    log_remaining = jnp.cumsum(-softplus(logits), -1)
    zero = jnp.zeros_like(logits[..., :1])
    log_fractions = jnp.concatenate([-softplus(-logits), zero], -1)
    return log_fractions + jnp.concatenate([zero, log_remaining], -1)


def log_stick_breaking(x: Array) -> Array:
    """Return the logarithm of `StickBreakingTransform`'s value.

    Args:
      x: shape `(..., n)`.

    Returns:
      Log-probabilities, shape `(..., n + 1)`.
    """
    return log_pieces(x - _offset(x.shape[-1], x.dtype))


def log_stick_breaking_inverse(log_y: Array) -> Array:
    """Invert `log_stick_breaking`.

    Args:
      log_y: log-probabilities, shape `(..., n + 1)`.

    Returns:
      x, shape `(..., n)`.
    """
    log_remaining = lax.cumlogsumexp(log_y, axis=log_y.ndim - 1, reverse=True)
    return log_y[..., :-1] - log_remaining[..., 1:] + _offset(log_y.shape[-1] - 1, log_y.dtype)


class StickBreakingTransform(LogSimplexTransform):
    r"""Stick breaking, a bijection from n real numbers to the simplex of n + 1.

    .. math:: y_i = v_i \prod_{j < i} (1 - v_j), \quad
              v_i = \mathrm{sigmoid}(x_i - \log(n + 1 - i)), \quad v_{n + 1} = 1

    x = 0 is mapped to the uniform distribution. The log-determinant, that of the first n entries of
    y, is :math:`\sum_{i = 1}^{n + 1} \log y_i`.

    Example:
      >>> import jaxdist as jd
      >>> jd.StickBreakingTransform()([0.0, 0.0, 0.0]).round(4).tolist()
      [0.25, 0.25, 0.25, 0.25]
    """

    def _log_value(self, x: Array) -> Array:
        return log_stick_breaking(x)

    def _inverse_of_log(self, log_y: Array) -> Array:
        return log_stick_breaking_inverse(log_y)
