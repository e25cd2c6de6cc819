"""The methods of distributions as functions, for `vmap`, `grad` and `tree` code.

`jax.grad(log_prob)(d, x)` is the score: a tree of the shape of `d`.
"""

from __future__ import annotations

from collections.abc import Sequence

from jax import Array
from jax.typing import ArrayLike

from jaxdist.distribution import Distribution


def sample(d: Distribution, key: Array, sample_shape: int | Sequence[int] = ()) -> Array:
    """`d.sample(key, sample_shape)`."""
    return d.sample(key, sample_shape)


def rsample(d: Distribution, key: Array, sample_shape: int | Sequence[int] = ()) -> Array:
    """`d.rsample(key, sample_shape)`."""
    return d.rsample(key, sample_shape)


def sample_and_log_prob(
    d: Distribution, key: Array, sample_shape: int | Sequence[int] = ()
) -> tuple[Array, Array]:
    """`d.sample_and_log_prob(key, sample_shape)`."""
    return d.sample_and_log_prob(key, sample_shape)


def rsample_and_log_prob(
    d: Distribution, key: Array, sample_shape: int | Sequence[int] = ()
) -> tuple[Array, Array]:
    """`d.rsample_and_log_prob(key, sample_shape)`."""
    return d.rsample_and_log_prob(key, sample_shape)


def log_prob(d: Distribution, value: ArrayLike) -> Array:
    """`d.log_prob(value)`."""
    return d.log_prob(value)


def cdf(d: Distribution, value: ArrayLike) -> Array:
    """`d.cdf(value)`."""
    return d.cdf(value)


def log_cdf(d: Distribution, value: ArrayLike) -> Array:
    """`d.log_cdf(value)`."""
    return d.log_cdf(value)


def survival_function(d: Distribution, value: ArrayLike) -> Array:
    """`d.survival_function(value)`."""
    return d.survival_function(value)


def log_survival_function(d: Distribution, value: ArrayLike) -> Array:
    """`d.log_survival_function(value)`."""
    return d.log_survival_function(value)


def icdf(d: Distribution, value: ArrayLike) -> Array:
    """`d.icdf(value)`."""
    return d.icdf(value)


def mean(d: Distribution) -> Array:
    """`d.mean`."""
    return d.mean


def mode(d: Distribution) -> Array:
    """`d.mode`."""
    return d.mode


def variance(d: Distribution) -> Array:
    """`d.variance`."""
    return d.variance


def stddev(d: Distribution) -> Array:
    """`d.stddev`."""
    return d.stddev


def entropy(d: Distribution) -> Array:
    """`d.entropy()`."""
    return d.entropy()


def perplexity(d: Distribution) -> Array:
    """`d.perplexity()`."""
    return d.perplexity()
