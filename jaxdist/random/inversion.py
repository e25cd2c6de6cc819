"""Inversion: standard variates that are the quantile function of a uniform variate.

Both tails are resolved alike, because the uniform variate is its distance to the nearer end of the
unit interval.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array
from jax.typing import DTypeLike

from jaxdist.random.sampler import sampler
from jaxdist.random.uniform import (
    distance_to_end,
    positive_uniform_from,
    random_sign,
    uniform_open,
    word_dtype,
)
from jaxdist.random.words import Shape, bits
from jaxdist.special import cotpi


@sampler
def exponential(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from the standard exponential distribution, :math:`-\log u`; never 0."""
    below_one = 1 - float(jnp.finfo(dtype).epsneg)
    return -jnp.log(jnp.minimum(uniform_open(key, shape, dtype), below_one))


@sampler
def laplace(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from the standard Laplace distribution, :math:`\pm \log u`."""
    word = bits(key, shape, word_dtype(dtype))
    return random_sign(word, -jnp.log(positive_uniform_from(word)))


@sampler
def logistic(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from the standard logistic distribution, :math:`\log(u / (1 - u))`."""
    word = bits(key, shape, word_dtype(dtype))
    tail = positive_uniform_from(word) / 2
    return random_sign(word, jnp.log((1 - tail) / tail))


@sampler
def gumbel(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from the standard Gumbel distribution, :math:`-\log(-\log u)`."""
    tail, upper = distance_to_end(key, shape, dtype)
    u = jnp.where(upper, 1 - tail, tail)
    log_u = jnp.log(u)
    # -log(1 - t) where 1 - t is rounded: Kahan's quotient restores what the rounding took.
    rounded = 1 - u
    close = jnp.where(rounded > 0, tail * log_u / jnp.where(rounded > 0, rounded, 1), -tail)
    return -jnp.log(-jnp.where(upper, close, log_u))


@sampler
def cauchy(key: Array, shape: Shape, dtype: DTypeLike) -> Array:
    r"""Draw from the standard Cauchy distribution, :math:`\pm \cot(\pi u / 2)`."""
    word = bits(key, shape, word_dtype(dtype))
    return random_sign(word, cotpi(positive_uniform_from(word) / 2))
