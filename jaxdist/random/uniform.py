"""Uniform variates, and how random words become numbers."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import DTypeLike

from jaxdist.random.sampler import sampler
from jaxdist.random.words import Shape, bits


@sampler
def uniform(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from [0, 1), on the grid of the multiples of eps / 2."""
    return uniform_from(bits(key, shape, word_dtype(dtype)))


@sampler
def uniform_open(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from (0, 1], with 31 random bits, of which none is lost near 0 (63 in float64).

    .. math:: (k + 1/2) / 2^{31}, \quad k \in \{0, \dots, 2^{31} - 1\}
    """
    return positive_uniform_from(bits(key, shape, word_dtype(dtype)))


@sampler
def uniform_with_complement(key: Array, shape: Shape, dtype: DTypeLike) -> tuple[Array, Array]:
    """Draw u from (0, 1) and return u and 1 - u, of which the smaller one is exact."""
    distance, upper = distance_to_end(key, shape, dtype)
    return jnp.where(upper, 1 - distance, distance), jnp.where(upper, distance, 1 - distance)


def distance_to_end(key: Array, shape: Shape, dtype: DTypeLike) -> tuple[Array, Array]:
    """Draw u from (0, 1); return its distance to the nearer end, and whether that is 1."""
    word = bits(key, shape, word_dtype(dtype))
    return positive_uniform_from(word) / 2, (word & 1) != 0


# --- from words to numbers -----------------------------------------------------------------------


def word_dtype(dtype: DTypeLike) -> np.dtype:
    """Return the type of the words that make numbers of a type: as many bits, unsigned."""
    return np.dtype(f"uint{jnp.finfo(dtype).bits}")


def _float_dtype(word: Array) -> np.dtype:
    return np.dtype(f"float{8 * word.dtype.itemsize}")


def _signed(word: Array) -> Array:
    """Reinterpret the bits as those of a signed integer, which is cheaper to make a float of."""
    return lax.bitcast_convert_type(word, f"int{8 * word.dtype.itemsize}")


def uniform_from(word: Array) -> Array:
    """Map a word to [0, 1), on the grid of the multiples of eps / 2."""
    dtype = _float_dtype(word)
    info = jnp.finfo(dtype)
    return _signed(word >> (info.bits - info.nmant - 1)).astype(dtype) * 2.0 ** -(info.nmant + 1)


def positive_uniform_from(word: Array) -> Array:
    """Map all bits of a word but the last to (0, 1], of which none is lost near 0."""
    size = 8 * word.dtype.itemsize - 1
    return (_signed(word >> 1).astype(_float_dtype(word)) + 0.5) * 2.0**-size


def centered_uniform_from(word: Array) -> Array:
    """Map a word to [-1/2, 1/2], of which no bit is lost near 0."""
    return _signed(word).astype(_float_dtype(word)) * 2.0 ** -(8 * word.dtype.itemsize)


def random_sign(word: Array, x: Array) -> Array:
    """Negate where the last bit of a word is set; `positive_uniform_from` does not use it."""
    sign = word << (8 * word.dtype.itemsize - 1)
    return lax.bitcast_convert_type(lax.bitcast_convert_type(x, word.dtype) ^ sign, x.dtype)
