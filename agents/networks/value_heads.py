"""Value heads: how the output of a critic represents a value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

NUM_BINS = 255
"""The number of bins of the two-hot head, which is odd: one of them is 0."""

LARGEST = 20.0
"""The symlog of the largest bin: values up to 4.9e8."""


class ValueHead(NamedTuple):
    """A representation of values.

    Attributes:
      size: the length of the critic's output for one state.
      encode: function from values `[...]` to what the output is fitted to, `[...]` if the size is
        1, otherwise `[..., size]`.
      decode: function from outputs, of the shape of what `encode` returns, to values `[...]`.
      loss: function from outputs and encoded values to the loss of each, `[...]`.
    """

    size: int
    encode: Callable[[Array], Array]
    decode: Callable[[Array], Array]
    loss: Callable[[Array, Array], Array]


def symlog(x: Array) -> Array:
    """sign(x) log(1 + |x|): linear near 0, logarithmic for large numbers."""
    return jnp.sign(x) * jnp.log1p(jnp.abs(x))


def symexp(x: Array) -> Array:
    """sign(x) (exp(|x|) - 1), the inverse of `symlog`."""
    return jnp.sign(x) * jnp.expm1(jnp.abs(x))


def two_hot(v: Array) -> Array:
    """The probabilities of the two bins next to a value, whose mean it is.

    Args:
      v: values, `[...]`; they are clipped to the range of the bins.

    Returns:
      Probabilities, `[..., NUM_BINS]`.
    """
    position = jnp.interp(v, _bins(), np.arange(NUM_BINS, dtype=np.float32))
    return jax.nn.relu(1 - jnp.abs(position[..., None] - np.arange(NUM_BINS, dtype=np.float32)))


def mean_of_bins(logits: Array) -> Array:
    """The mean of a distribution over the bins.

    Opposite bins are subtracted first: the large ones cancel where they are equally probable, as
    they are at first and as long as no value is near them.

    Args:
      logits: `[..., NUM_BINS]`.

    Returns:
      Values, `[...]`.
    """
    probs, middle = jax.nn.softmax(logits), NUM_BINS // 2
    excess = probs[..., middle + 1 :] - probs[..., :middle][..., ::-1]
    return jnp.sum(excess * _bins()[middle + 1 :], axis=-1)


def cross_entropy(logits: Array, probs: Array) -> Array:
    """The cross-entropy of a distribution and of another one to be fitted, `[...]`."""
    return -jnp.sum(probs * jax.nn.log_softmax(logits), axis=-1)


def squared_error(x: Array, target: Array) -> Array:
    """Half the squared error."""
    return 0.5 * (x - target) ** 2


def _bins() -> np.ndarray:
    """The bins, whose symlog is evenly spaced."""
    positions = np.linspace(-LARGEST, LARGEST, NUM_BINS)
    return (np.sign(positions) * np.expm1(np.abs(positions))).astype(np.float32)


ValueHeadName = Literal["linear", "symlog", "two-hot"]
"""The name of a value head."""

VALUE_HEADS: dict[str, ValueHead] = {
    "linear": ValueHead(1, lambda v: v, lambda x: x, squared_error),
    "symlog": ValueHead(1, symlog, symexp, squared_error),
    "two-hot": ValueHead(NUM_BINS, two_hot, mean_of_bins, cross_entropy),
}
"""The value heads by name.

linear: the output is the value.
symlog: the output is the symlog of the value, fitted by its squared error.
two-hot: the output is the logits of a distribution over bins, whose mean is the value.

References:
  Hafner et al. 2025, "Mastering diverse control tasks through world models".
"""
