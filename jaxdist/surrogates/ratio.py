"""Surrogates of ratios: new policy against old."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike


def importance_ratio(log_prob: ArrayLike, old_log_prob: ArrayLike) -> Array:
    r"""Ratio of two probabilities, which stays finite.

    .. math:: r = p(x) / p_\mathrm{old}(x)

    Above the square root of the largest float the ratio is cut off, so that its product with an
    advantage does not overflow; a NaN in either argument is passed on.

    Args:
      log_prob: log-probability under the policy that is being improved, any shape.
      old_log_prob: log-probability under the policy that drew, the shape of `log_prob`; its
        gradient is stopped.

    Returns:
      The shape of `log_prob`.
    """
    difference = jnp.asarray(log_prob) - lax.stop_gradient(jnp.asarray(old_log_prob))
    largest = math.log(float(jnp.finfo(difference.dtype).max)) / 2
    return jnp.exp(jnp.minimum(difference, largest))


def clipped_ratio(
    log_prob: ArrayLike, old_log_prob: ArrayLike, advantage: ArrayLike, clip: ArrayLike = 0.2
) -> Array:
    r"""Clipped surrogate objective of PPO, to be maximised.

    .. math:: L = \min(r A, \mathrm{clip}(r, 1 - \epsilon, 1 + \epsilon) A), \quad
              r = p(a) / p_\mathrm{old}(a)

    Args:
      log_prob: log-probability of the action under the current policy, any shape.
      old_log_prob: the same under the policy that acted.
      advantage: advantage of the action; its gradient is stopped.
      clip: epsilon, how far the ratio may move from one.

    Returns:
      The shape of `log_prob`.

    References:
      Schulman et al. 2017, "Proximal Policy Optimization Algorithms", eq. 7.
    """
    ratio = importance_ratio(log_prob, old_log_prob)
    weight = lax.stop_gradient(jnp.asarray(advantage))
    return jnp.minimum(ratio * weight, jnp.clip(ratio, 1 - clip, 1 + clip) * weight)


def penalised_ratio(
    log_prob: ArrayLike,
    old_log_prob: ArrayLike,
    advantage: ArrayLike,
    divergence: ArrayLike,
    coefficient: ArrayLike,
) -> Array:
    r"""Surrogate objective with a penalty on the divergence, to be maximised.

    .. math:: L = r A - \beta \, KL(p_\mathrm{old} \| p), \quad r = p(a) / p_\mathrm{old}(a)

    Args:
      log_prob: log-probability of the action under the current policy, any shape.
      old_log_prob: the same under the policy that acted.
      advantage: advantage of the action; its gradient is stopped.
      divergence: `kl_divergence(old, current)`, broadcastable with the others.
      coefficient: beta; see `adapted_penalty`.

    Returns:
      The shape of `log_prob`.

    References:
      Schulman et al. 2017, "Proximal Policy Optimization Algorithms", eq. 8.
    """
    ratio = importance_ratio(log_prob, old_log_prob)
    weight = lax.stop_gradient(jnp.asarray(advantage))
    return ratio * weight - coefficient * jnp.asarray(divergence)


def adapted_penalty(coefficient: ArrayLike, divergence: ArrayLike, target: ArrayLike) -> Array:
    """Double the coefficient of a penalty where the divergence is too large, or halve it.

    Args:
      coefficient: that of the last update, positive.
      divergence: the mean divergence after it.
      target: the divergence wanted; within a factor of 1.5 of it nothing changes.

    Returns:
      The coefficient of the next update.

    References:
      Schulman et al. 2017, section 4.
    """
    divergence = jnp.asarray(divergence)
    factor = jnp.where(divergence > 1.5 * target, 2.0, jnp.where(divergence < target / 1.5, 0.5, 1))
    return jnp.asarray(coefficient) * factor
