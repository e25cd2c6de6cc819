"""Surrogate objectives based on the importance ratio of a new policy to an old one."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.argument_checks import check_same_shape
from jaxdist.arguments import as_floats


def importance_ratio(log_prob: ArrayLike, old_log_prob: ArrayLike) -> Array:
    r"""Ratio of two probabilities, bounded so that it stays finite.

    .. math:: r = p(x) / p_\mathrm{old}(x)

    The ratio is at most the square root of the largest float, so that its product with an
    advantage does not overflow; a NaN in either argument gives NaN.

    Args:
      log_prob: log-probability under the target policy, any shape.
      old_log_prob: log-probability under the behavior policy; its gradient is stopped.
        The shape of `log_prob`, or a scalar.

    Returns:
      The ratio, the shape of `log_prob`.

    Raises:
      ValueError: if the shapes differ.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> new, old = jnp.array([0.5, 0.1]), jnp.array([0.25, 0.4])
      >>> print(jd.importance_ratio(jnp.log(new), jnp.log(old)).round(3))
      [2.   0.25]
    """
    check_same_shape("importance_ratio", log_prob=log_prob, old_log_prob=old_log_prob)
    difference = as_floats(log_prob) - lax.stop_gradient(as_floats(old_log_prob))
    largest = math.log(float(jnp.finfo(difference.dtype).max)) / 2
    return jnp.exp(jnp.minimum(difference, largest))


def clipped_ratio(
    log_prob: ArrayLike, old_log_prob: ArrayLike, advantage: ArrayLike, clip: ArrayLike = 0.2
) -> Array:
    r"""Clipped surrogate objective of PPO, to be maximized.

    .. math:: L = \min(r A, \mathrm{clip}(r, 1 - \epsilon, 1 + \epsilon) A), \quad
              r = p(a) / p_\mathrm{old}(a)

    Args:
      log_prob: log-probability of the action under the current policy, any shape.
      old_log_prob: log-probability of the action under the policy that acted; its gradient is
        stopped.
      advantage: advantage of the action; its gradient is stopped.
      clip: epsilon, the distance from one at which the ratio is clipped.

    Returns:
      The objective, the shape of the arguments, which have equal shapes or are scalars.

    Raises:
      ValueError: if the shapes differ.

    References:
      Schulman et al. 2017, "Proximal Policy Optimization Algorithms", eq. 7.

    Example:
      A ratio of 2 is clipped to 1.2 where that makes the objective smaller.

      >>> import jax.numpy as jnp, jaxdist as jd
      >>> log_prob, old_log_prob = jnp.log(jnp.full(2, 0.5)), jnp.log(jnp.full(2, 0.25))
      >>> print(jd.clipped_ratio(log_prob, old_log_prob, jnp.array([1.0, -1.0])))
      [ 1.2 -2. ]
    """
    check_same_shape(
        "clipped_ratio",
        log_prob=log_prob,
        old_log_prob=old_log_prob,
        advantage=advantage,
        clip=clip,
    )
    ratio = importance_ratio(log_prob, old_log_prob)
    weight, clip = lax.stop_gradient(as_floats(advantage)), as_floats(clip)
    return jnp.minimum(ratio * weight, jnp.clip(ratio, 1 - clip, 1 + clip) * weight)


def penalized_ratio(
    log_prob: ArrayLike,
    old_log_prob: ArrayLike,
    advantage: ArrayLike,
    divergence: ArrayLike,
    coefficient: ArrayLike,
) -> Array:
    r"""Surrogate objective of PPO with a penalty on the KL divergence, to be maximized.

    .. math:: L = r A - \beta \, KL(p_\mathrm{old} \| p), \quad r = p(a) / p_\mathrm{old}(a)

    Args:
      log_prob: log-probability of the action under the current policy, any shape.
      old_log_prob: log-probability of the action under the policy that acted; its gradient is
        stopped.
      advantage: advantage of the action; its gradient is stopped.
      divergence: `kl_divergence(old, current)`, or its mean.
      coefficient: beta; see `adaptive_kl_coefficient`.

    Returns:
      The objective, the shape of the arguments, which have equal shapes or are scalars.

    Raises:
      ValueError: if the shapes differ.

    References:
      Schulman et al. 2017, "Proximal Policy Optimization Algorithms", eq. 8.

    Example:
      >>> import jaxdist as jd
      >>> old, new = jd.Normal(0.0, 1.0), jd.Normal(1.0, 1.0)
      >>> divergence = jd.kl_divergence(old, new)
      >>> print(jd.penalized_ratio(new.log_prob(0.5), old.log_prob(0.5), 3.0, divergence, 2.0))
      2.0
    """
    check_same_shape(
        "penalized_ratio",
        log_prob=log_prob,
        old_log_prob=old_log_prob,
        advantage=advantage,
        divergence=divergence,
        coefficient=coefficient,
    )
    ratio = importance_ratio(log_prob, old_log_prob)
    weight = lax.stop_gradient(as_floats(advantage))
    return ratio * weight - as_floats(coefficient) * as_floats(divergence)


def adaptive_kl_coefficient(
    coefficient: ArrayLike, divergence: ArrayLike, target: ArrayLike
) -> Array:
    """Double the coefficient of a KL penalty if the divergence is too large, halve it if too small.

    Args:
      coefficient: coefficient of the last update, positive.
      divergence: mean KL(old, new) over that update.
      target: desired divergence; the coefficient changes if the divergence is not within a factor
        of 1.5 of it.

    Returns:
      The coefficient of the next update, the shape of the arguments, which have equal shapes or
      are scalars.

    Raises:
      ValueError: if the shapes differ.

    References:
      Schulman et al. 2017, "Proximal Policy Optimization Algorithms", section 4.

    Example:
      >>> import jaxdist as jd
      >>> print(jd.adaptive_kl_coefficient(1.0, divergence=0.05, target=0.01))
      2.0
    """
    check_same_shape(
        "adaptive_kl_coefficient", coefficient=coefficient, divergence=divergence, target=target
    )
    divergence, target = as_floats(divergence), as_floats(target)
    factor = jnp.where(divergence > 1.5 * target, 2.0, jnp.where(divergence < target / 1.5, 0.5, 1))
    return as_floats(coefficient) * factor
