"""The methods of distributions as functions, for use with `jax.vmap`, `jax.grad` and `jax.tree`.

`jax.grad(log_prob)(d, x)` is the score, a distribution-shaped tree like `d`.
"""

from __future__ import annotations

from collections.abc import Sequence

from jax import Array

from jaxdist.arguments import Numbers
from jaxdist.distribution import Distribution, require_distribution


def sample(d: Distribution, key: Array, sample_shape: int | Sequence[int] = ()) -> Array:
    """Draw, with the gradient stopped: `d.sample(key, sample_shape)`."""
    return require_distribution(d).sample(key, sample_shape)


def rsample(d: Distribution, key: Array, sample_shape: int | Sequence[int] = ()) -> Array:
    """Draw, with a pathwise derivative: `d.rsample(key, sample_shape)`."""
    return require_distribution(d).rsample(key, sample_shape)


def sample_and_log_prob(
    d: Distribution, key: Array, sample_shape: int | Sequence[int] = ()
) -> tuple[Array, Array]:
    """Draw and evaluate the log-density: `d.sample_and_log_prob(key, sample_shape)`."""
    return require_distribution(d).sample_and_log_prob(key, sample_shape)


def rsample_and_log_prob(
    d: Distribution, key: Array, sample_shape: int | Sequence[int] = ()
) -> tuple[Array, Array]:
    """Draw and evaluate the log-density: `d.rsample_and_log_prob(key, sample_shape)`."""
    return require_distribution(d).rsample_and_log_prob(key, sample_shape)


def log_prob(d: Distribution, value: Numbers) -> Array:
    """Evaluate the log-density, or log-mass: `d.log_prob(value)`.

    Example:
      The score of a Normal, and a batch of values under a batch of distributions:

      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> jax.grad(jd.log_prob)(jd.Normal(0.0, 1.0), 2.0)
      Normal(loc=2., scale=3.)
      >>> d = jd.Normal(jnp.zeros(2), 1.0)
      >>> jax.vmap(jd.log_prob, in_axes=(None, 0))(d, jnp.zeros((3, 2))).shape
      (3, 2)
    """
    return require_distribution(d).log_prob(value)


def cdf(d: Distribution, value: Numbers) -> Array:
    """Evaluate P(X <= value): `d.cdf(value)`."""
    return require_distribution(d).cdf(value)


def log_cdf(d: Distribution, value: Numbers) -> Array:
    """Evaluate log P(X <= value): `d.log_cdf(value)`."""
    return require_distribution(d).log_cdf(value)


def survival_function(d: Distribution, value: Numbers) -> Array:
    """Evaluate P(X > value): `d.survival_function(value)`."""
    return require_distribution(d).survival_function(value)


def log_survival_function(d: Distribution, value: Numbers) -> Array:
    """Evaluate log P(X > value): `d.log_survival_function(value)`."""
    return require_distribution(d).log_survival_function(value)


def icdf(d: Distribution, value: Numbers) -> Array:
    """Evaluate the quantile function: `d.icdf(value)`."""
    return require_distribution(d).icdf(value)


def mean(d: Distribution) -> Array:
    """Return the expected value: `d.mean`."""
    return require_distribution(d).mean


def mode(d: Distribution) -> Array:
    """Return the most likely value: `d.mode`."""
    return require_distribution(d).mode


def variance(d: Distribution) -> Array:
    """Return the variance of each entry: `d.variance`."""
    return require_distribution(d).variance


def stddev(d: Distribution) -> Array:
    """Return the standard deviation of each entry: `d.stddev`."""
    return require_distribution(d).stddev


def entropy(d: Distribution) -> Array:
    """Return the entropy in nats: `d.entropy()`."""
    return require_distribution(d).entropy()


def fisher_information(d: Distribution) -> Array:
    """Return the Fisher information matrix of the parameters: `d.fisher_information()`."""
    return require_distribution(d).fisher_information()


def perplexity(d: Distribution) -> Array:
    """Return the exponential of the entropy: `d.perplexity()`."""
    return require_distribution(d).perplexity()
