"""Normal variates: by Box and Muller from two random words, or by inversion from one."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import DTypeLike

from jaxdist.random.sampler import sampler
from jaxdist.random.uniform import (
    centered_uniform_from,
    positive_uniform_from,
    random_sign,
    word_dtype,
)
from jaxdist.random.words import Shape, two_bits
from jaxdist.special import sinpi


@sampler
def normal(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from the standard normal distribution.

    .. math:: x = \sqrt{-2 \log u} \sin(\pi w), \quad u \in (0, 1], w \in [-1/2, 1/2]

    Box and Muller, A Note on the Generation of Random Normal Deviates (1958); half a circle will
    do, since the sine is odd.
    """
    length, angle = two_bits(key, shape, word_dtype(dtype))
    radius = jnp.sqrt(-2 * jnp.log(positive_uniform_from(length)))
    return radius * sinpi(centered_uniform_from(angle))


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
        return math.sqrt(2) * lax.erf_inv(2 * centered_uniform_from(word))
    tail = positive_uniform_from(word)  # 1 - |x|, the argument of erfinv being x
    w = -jnp.log(tail * (2 - tail))
    near = w < 5
    z = jnp.where(near, w - 2.5, jnp.sqrt(w) - 3)
    ratio = jnp.zeros_like(z)
    for c_near, c_far in zip(reversed(_ERFINV_NEAR), reversed(_ERFINV_FAR), strict=True):
        ratio = ratio * z + jnp.where(near, c_near, c_far)
    return random_sign(word, math.sqrt(2) * ratio * (1 - tail))
