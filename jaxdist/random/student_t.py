"""Student's t variates, by Bailey's polar method."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.polynomials import horner
from jaxdist.random.implicit import attach_derivatives
from jaxdist.random.sampler import sampler
from jaxdist.random.uniform import centered_uniform_from, positive_uniform_from, word_dtype
from jaxdist.random.words import Shape, two_bits
from jaxdist.special import sinpi, student_t_implicit_derivative

_LARGE = 1e9  # its square has no last bit left for one
_EXPM1 = [0.5**k / math.factorial(k + 1) for k in range(16)]  # (exp(2 x) - 1) / (2 x), in 4 x


@sampler
def student_t(key: Array, df: Array, shape: Shape) -> Array:
    r"""Draw from Student's t distributions, with the derivative in df.

    .. math:: t = \sqrt{\nu (u^{-2 / \nu} - 1)} \sin(\pi w), \quad
              u \in (0, 1], w \in [-1/2, 1/2], \nu = \mathrm{df}

    Bailey, Polar Generation of Random Variates with the t-Distribution (1994).

    Args:
      key: a PRNG key.
      df: positive degrees of freedom, broadcastable to `shape`.
      shape: shape of the draws.

    Returns:
      Draws; infinite where they overflow.
    """
    return attach_derivatives(_derivatives, _student_t(key, lax.stop_gradient(df), shape), df)


def _student_t(key: Array, df: Array, shape: Shape) -> Array:
    length, angle = two_bits(key, shape, word_dtype(df.dtype))
    x = -jnp.log(positive_uniform_from(length)) * (1 / df)
    growth = jnp.exp(x)
    far = growth > _LARGE  # there one is negligible, and the square may overflow
    near = 2 * x * horner(_EXPM1, 4 * jnp.minimum(x, 0.25))
    excess = jnp.where(x < 0.25, near, jnp.where(far, 1, growth * growth - 1))  # exp(2 x) - 1
    radius = jnp.sqrt(df * excess) * jnp.where(far, growth, 1)
    return radius * sinpi(centered_uniform_from(angle))


def _derivatives(t: Array, df: Array) -> tuple[Array]:
    size = jnp.abs(t)
    finite = size < math.inf
    slope = student_t_implicit_derivative(df, jnp.where(finite, size, 0))
    return (jnp.sign(t) * jnp.where(finite, slope, 0),)
