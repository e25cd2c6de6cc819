"""Bounds and gradients by several weighted draws: IWAE, VIMCO, reweighted wake-sleep."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.losses.log_weights import LogJoint, WeightedDraws, weighted_draws
from jaxdist.surrogates import score_function


def _log_mean_exp(x: Array) -> Array:
    return jax.nn.logsumexp(x) - math.log(x.shape[0])


def iwae(log_joint: LogJoint, guide: Distribution, key: Array, *, num_samples: int = 8) -> Array:
    r"""Negative importance weighted bound, with pathwise derivatives.

    .. math:: L_K = -E\Big[\log \frac{1}{K} \sum_{k=1}^K \frac{p(x, z_k)}{q(z_k)}\Big], \quad
              L_1 \geq L_2 \geq \ldots \geq -\log p(x), \quad z_k \sim q

    For one draw it is the negative ELBO. For guides without pathwise derivatives use `vimco`.

    Args:
      log_joint: function from a draw of z to :math:`\log p(x, z)`, scalar, with the data x fixed.
      guide: q, with `has_rsample`; for a `Joint`, z is a tree. Its batch is one draw.
      key: a PRNG key.
      num_samples: number K of draws.

    Returns:
      The loss, scalar, in nats.

    Raises:
      NotImplementedError: if the guide has no pathwise derivative.

    References:
      Burda et al. 2016, "Importance weighted autoencoders".

    Example:
      >>> import jax, jaxdist as jd
      >>> def log_joint(z):
      ...     return jd.Normal(0.0, 1.0).log_prob(z) + jd.Normal(z, 1.0).log_prob(2.0)
      >>> posterior = jd.Normal(1.0, 0.5**0.5)
      >>> loss = jd.losses.iwae(log_joint, posterior, jax.random.key(0))
      >>> print(f"{loss:.4f} {-jd.Normal(0.0, 2**0.5).log_prob(2.0):.4f}")
      2.2655 2.2655
    """
    draws = weighted_draws("iwae", log_joint, guide, key, num_samples, pathwise=True)
    return -_log_mean_exp(draws.log_joint - draws.log_guide)


def vimco(log_joint: LogJoint, guide: Distribution, key: Array, *, num_samples: int = 8) -> Array:
    r"""Negative importance weighted bound, with score functions and leave-one-out baselines.

    .. math:: \nabla E[\hat L] = E\Big[\sum_k (\hat L - \hat L_{-k}) \nabla \log q(z_k)
              + \nabla \hat L\Big], \quad \hat L = \log \frac{1}{K} \sum_k w_k, \quad
              w_k = \frac{p(x, z_k)}{q(z_k)}

    where in :math:`\hat L_{-k}` the geometric mean of the other weights takes the place of
    :math:`w_k`. It is unbiased for any guide, also of discrete variables; the value is that of
    `iwae`.

    Args:
      log_joint: function from a draw of z to :math:`\log p(x, z)`, scalar, with the data x fixed.
      guide: q; for a `Joint`, z is a tree. Its batch is one draw.
      key: a PRNG key.
      num_samples: K, at least 2.

    Returns:
      The loss, scalar, in nats.

    Raises:
      ValueError: if there is one draw.

    References:
      Mnih and Rezende 2016, "Variational inference for Monte Carlo objectives".

    Example:
      A coin that was drawn from two; the guide is the posterior, and log p(x) = log(0.5).

      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> def log_joint(z):
      ...     prior = jd.Bernoulli(0.5).log_prob(z)
      ...     return prior + jd.Bernoulli(jnp.where(z == 1, 0.9, 0.1)).log_prob(1)
      >>> loss = jd.losses.vimco(log_joint, jd.Bernoulli(0.9), jax.random.key(0))
      >>> print(f"{loss:.4f} {-jnp.log(0.5):.4f}")
      0.6931 0.6931
    """
    return vimco_surrogate(weighted_draws("vimco", log_joint, guide, key, num_samples, minimum=2))


def vimco_surrogate(draws: WeightedDraws) -> Array:
    """Return the loss of K draws."""
    log_weights = draws.log_joint - draws.log_guide
    bound = _log_mean_exp(log_weights)
    gain = lax.stop_gradient(bound - _without_one(log_weights))
    # The first term has value 0, and the derivative of the scores times the gains.
    scores = jnp.sum(score_function(draws.log_guide, gain) - gain)
    return -(bound + scores)


def _without_one(log_weights: Array) -> Array:
    """Return the bounds in which one weight is the geometric mean of the others, shape `(K,)`."""
    k = log_weights.shape[0]
    possible = log_weights > -math.inf
    finite = jnp.where(possible, log_weights, 0)
    mean = (jnp.sum(finite) - finite) / (k - 1)
    other_zeros = jnp.sum(~possible) - ~possible  # with one, the geometric mean is zero
    mean = jnp.where(other_zeros == 0, mean, -math.inf)
    nothing = jnp.full(1, -math.inf, log_weights.dtype)
    before = jnp.concatenate([nothing, lax.cumlogsumexp(log_weights)[:-1]])
    after = jnp.concatenate([lax.cumlogsumexp(log_weights, reverse=True)[1:], nothing])
    bounds = jax.nn.logsumexp(jnp.stack([before, after, mean]), 0) - math.log(k)
    return jnp.where(bounds > -math.inf, bounds, 0)


def reweighted_wake_sleep(
    log_joint: LogJoint, guide: Distribution, key: Array, *, num_samples: int = 8
) -> Array:
    r"""Reweighted wake-sleep: gradients of two losses, of the model and of the guide.

    .. math:: \nabla_\theta: \; -\sum_k \bar w_k \nabla_\theta \log p_\theta(x, z_k), \quad
              \nabla_\phi: \; -\sum_k \bar w_k \nabla_\phi \log q_\phi(z_k), \quad
              \bar w_k = \frac{w_k}{\sum_j w_j}

    The first is the gradient of the negative importance weighted bound, the second that of
    KL(posterior || q) with self-normalized weights (the wake phase of the guide): its bias vanishes
    as K grows, and it needs no derivative of draws. The value is that of `iwae`. The sleep phase is
    `maximum_likelihood` of the guide on pairs (z, x) drawn from the model.

    Args:
      log_joint: function from a draw of z to :math:`\log p(x, z)`, scalar, with the data x fixed.
      guide: q; for a `Joint`, z is a tree. Its batch is one draw.
      key: a PRNG key.
      num_samples: number K of draws.

    Returns:
      The loss, scalar, in nats.

    References:
      Bornschein and Bengio 2015, "Reweighted wake-sleep"; Le et al. 2019, "Revisiting reweighted
      wake-sleep".

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> def log_joint(z):
      ...     prior = jd.Bernoulli(0.5).log_prob(z)
      ...     return prior + jd.Bernoulli(jnp.where(z == 1, 0.9, 0.1)).log_prob(1)
      >>> key, posterior = jax.random.key(0), jd.Bernoulli(0.9)
      >>> loss = jd.losses.reweighted_wake_sleep(log_joint, posterior, key)
      >>> print(f"{loss:.4f} {-jnp.log(0.5):.4f}")
      0.6931 0.6931
    """
    name = "reweighted_wake_sleep"
    return wake_sleep_surrogate(weighted_draws(name, log_joint, guide, key, num_samples))


def wake_sleep_surrogate(draws: WeightedDraws) -> Array:
    """Return the loss of K draws."""
    log_weights = draws.log_joint - lax.stop_gradient(draws.log_guide)
    bound = _log_mean_exp(log_weights)
    normalized = lax.stop_gradient(jax.nn.softmax(log_weights))
    scores = jnp.sum(score_function(draws.log_guide, normalized) - normalized)
    return -(bound + scores)
