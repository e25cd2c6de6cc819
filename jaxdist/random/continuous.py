"""Draws that are a function of one or two random words."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import DTypeLike

from jaxdist.random.words import Shape, bits, two_bits
from jaxdist.special.polynomials import horner


def uniform(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw from [0, 1), on the grid of the numbers below 1.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.
    """
    return unit(bits(key, shape, word_of(dtype)))


def uniform_open(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw from (0, 1], as fine near 0 as 31 random bits allow (63 in float64).

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.

    Returns:
      Positive numbers, of which the smallest is half a unit of the last bit.
    """
    return positive_unit(bits(key, shape, word_of(dtype)))


def two_tails(key: Array, shape: Shape, dtype: DTypeLike) -> tuple[Array, Array]:
    """Draw u from (0, 1) and return u and 1 - u, of which the smaller one is fine near 0.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.
    """
    tail, upper = _tail(key, shape, dtype)
    return jnp.where(upper, 1 - tail, tail), jnp.where(upper, tail, 1 - tail)


def _tail(key: Array, shape: Shape, dtype: DTypeLike) -> tuple[Array, Array]:
    """Draw a distance from the nearer end of (0, 1), and whether that is the upper end."""
    word = bits(key, shape, word_of(dtype))
    return positive_unit(word) / 2, _last_bit(word) != 0


def normal(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from the standard normal distribution.

    .. math:: x = \sqrt{-2 \log u} \sin(\pi w), \quad u \in (0, 1], w \in [-1/2, 1/2]

    Box and Muller, A Note on the Generation of Random Normal Deviates (1958); half a circle will
    do, since the sine is odd.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.
    """
    length, angle = two_bits(key, shape, word_of(dtype))
    return jnp.sqrt(-2 * jnp.log(positive_unit(length))) * sinpi(centred_unit(angle))


def exponential(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw from the standard exponential distribution; never 0.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.
    """
    below_one = 1 - float(jnp.finfo(dtype).epsneg)
    return -jnp.log(jnp.minimum(uniform_open(key, shape, dtype), below_one))


def laplace(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw from the standard Laplace distribution.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.
    """
    word = bits(key, shape, word_of(dtype))
    return random_sign(word, -jnp.log(positive_unit(word)))


def logistic(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw from the standard logistic distribution, as fine in one tail as in the other.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.
    """
    word = bits(key, shape, word_of(dtype))
    tail = positive_unit(word) / 2
    return random_sign(word, jnp.log((1 - tail) / tail))


def gumbel(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw from the standard Gumbel distribution, as fine in one tail as in the other.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.
    """
    tail, upper = _tail(key, shape, dtype)
    u = jnp.where(upper, 1 - tail, tail)
    log_u = jnp.log(u)
    # -log(1 - t) where 1 - t is rounded: Kahan's quotient restores what the rounding took.
    rounded = 1 - u
    close = jnp.where(rounded > 0, tail * log_u / jnp.where(rounded > 0, rounded, 1), -tail)
    return -jnp.log(-jnp.where(upper, close, log_u))


def cauchy(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    """Draw from the standard Cauchy distribution: the cotangent of an angle, fine near 0.

    Args:
      key: a PRNG key.
      shape: shape of the draws.
      dtype: float32 or float64.
    """
    word = bits(key, shape, word_of(dtype))
    return random_sign(word, cotpi(positive_unit(word) / 2))


def integers(key: Array, low: Array, high: Array, shape: Shape) -> Array:
    r"""Draw integers of closed intervals, with the same probability but for one part in 2^32.

    .. math:: \mathrm{low} + \lfloor w n / 2^{64} \rfloor, \quad
              n = \mathrm{high} - \mathrm{low} + 1, w \in \{0, \dots, 2^{64} - 1\}

    Lemire, Fast Random Integer Generation in an Interval (2019), with 64 bits, whose remainders
    need not be refused.

    Args:
      key: a PRNG key.
      low: smallest value, int32, broadcastable to `shape`.
      high: largest value, int32, at least `low`, broadcastable to `shape`.
      shape: shape of the draws.

    Returns:
      Numbers of type int32.
    """
    first, second = two_bits(key, shape)
    start = lax.bitcast_convert_type(low, jnp.uint32)
    number = lax.bitcast_convert_type(high, jnp.uint32) - start + 1  # 0 where it is 2^32
    fraction = first * number
    carried = fraction + _upper_half(second, number) < fraction
    steps = jnp.where(number == 0, first, _upper_half(first, number) + carried)
    return lax.bitcast_convert_type(start + steps, jnp.int32)


def _upper_half(a: Array, b: Array) -> Array:
    """Multiply words of 32 bits, and return the upper 32 bits of the product."""
    a_low, a_high, b_low, b_high = a & 0xFFFF, a >> 16, b & 0xFFFF, b >> 16
    inner = a_high * b_low + (a_low * b_low >> 16)
    outer = a_low * b_high + (inner & 0xFFFF)
    return a_high * b_high + (inner >> 16) + (outer >> 16)


# --- from words to numbers -----------------------------------------------------------------------


def word_of(dtype: DTypeLike) -> np.dtype:
    """Return the type of the words that make numbers of a type: as many bits, unsigned."""
    return np.dtype(f"uint{jnp.finfo(dtype).bits}")


def _float_of(word: Array) -> np.dtype:
    return np.dtype(f"float{8 * word.dtype.itemsize}")


def _signed(word: Array) -> Array:
    """Reinterpret the bits as those of a signed integer, which is cheaper to make a float of."""
    return lax.bitcast_convert_type(word, f"int{8 * word.dtype.itemsize}")


def unit(word: Array) -> Array:
    """Map a word to [0, 1), on the grid of the numbers below 1."""
    dtype = _float_of(word)
    info = jnp.finfo(dtype)
    return _signed(word >> (info.bits - info.nmant - 1)).astype(dtype) * 2.0 ** -(info.nmant + 1)


def positive_unit(word: Array) -> Array:
    """Map all bits of a word but the last to (0, 1], fine near 0."""
    size = 8 * word.dtype.itemsize - 1
    return (_signed(word >> 1).astype(_float_of(word)) + 0.5) * 2.0**-size


def centred_unit(word: Array) -> Array:
    """Map a word to [-1/2, 1/2], fine near 0."""
    return _signed(word).astype(_float_of(word)) * 2.0 ** -(8 * word.dtype.itemsize)


# Giles, Approximating the erfinv function (2012): of erfinv(x) / x, near 0 and far from it.
_ERFINV_NEAR = (
    *(1.50140941, 0.246640727, -0.00417768164, -0.00125372503, 0.00021858087),
    *(-4.39150654e-06, -3.5233877e-06, 3.43273939e-07, 2.81022636e-08),
)
_ERFINV_FAR = (
    *(2.83297682, 1.00167406, 0.00943887047, -0.0076224613, 0.00573950773),
    *(-0.00367342844, 0.00134934322, 0.000100950558, -0.000200214257),
)


def normal_from(word: Array) -> Array:
    """Map a word to a standard normal number, by inversion; for float32 as fine as 31 bits."""
    if word.dtype == jnp.uint64:
        return math.sqrt(2) * lax.erf_inv(2 * centred_unit(word))
    tail = positive_unit(word)  # 1 - |x|, where erfinv(x) is meant
    w = -jnp.log(tail * (2 - tail))
    near = w < 5
    z = jnp.where(near, w - 2.5, jnp.sqrt(w) - 3)
    ratio = jnp.zeros_like(z)
    for c_near, c_far in zip(reversed(_ERFINV_NEAR), reversed(_ERFINV_FAR), strict=True):
        ratio = ratio * z + jnp.where(near, c_near, c_far)
    return random_sign(word, math.sqrt(2) * ratio * (1 - tail))


def random_sign(word: Array, x: Array) -> Array:
    """Negate where the last bit of a word is set; `positive_unit` does not use it."""
    sign = word << (8 * word.dtype.itemsize - 1)
    return lax.bitcast_convert_type(lax.bitcast_convert_type(x, word.dtype) ^ sign, x.dtype)


def _last_bit(word: Array) -> Array:
    return word & 1


_HALF_TURN = math.pi / 2
_SINE = [(-1) ** k * _HALF_TURN ** (2 * k + 1) / math.factorial(2 * k + 1) for k in range(13)]

# cot(pi x) pi x / (1 - 4 x^2) in 8 x^2 - 1: its poles are far, and the zero is divided out.
# Interpolated at 17 nodes with mpmath.
_COTANGENT = (
    *(1.1008195932917916, 0.11457789555774124, 0.015706591069919786, 0.0022260976504708037),
    *(3.1747954864156799e-4, 4.5337425996689316e-5, 6.4762391614453664e-6, 9.2515981590266186e-7),
    *(1.3216513387513504e-7, 1.8880702496638793e-8, 2.6972426379064132e-9, 3.853450434490724e-10),
    *(5.5049291322162938e-11, 7.8376004155698762e-12, 1.1196572016008527e-12),
    *(1.7514190860775004e-13, 2.5020272657598414e-14),
)


def sinpi(x: Array) -> Array:
    r"""Evaluate :math:`\sin(\pi x)` for :math:`|x| \le 1/2` by its series."""
    return 2 * x * horner(_SINE, 4 * x * x)


def cotpi(x: Array) -> Array:
    r"""Evaluate :math:`\cot(\pi x)` for :math:`0 < x \le 1/2`, exact at both ends."""
    y = 2 * x
    ratio = (1 - y) * (1 + y) * horner(_COTANGENT, 2 * y * y - 1)
    return ratio / (_HALF_TURN * y)
