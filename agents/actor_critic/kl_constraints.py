"""Constraints on the KL divergence from an old policy, with Lagrange multipliers: MPO and V-MPO."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd

from ..networks.state_dependent import StateDependent
from .problem import Problem


def kl_parts(old: jd.Distribution, new: jd.Distribution) -> list[Array]:
    """KL(old, new); of normal policies, the parts of it that their means and scales contribute.

    The parts are KL(N(m, s), N(m', s)) and KL(N(m, s), N(m, s')), summed over the coordinates of an
    action. A policy that is squashed into a box has the divergence of the policy before squashing.

    Args:
      old: the policy to stay near.
      new: the policy, of the same family and batch shape.

    Returns:
      Two arrays of the batch shape for normal policies, otherwise one.

    References:
      Abdolmaleki et al. 2018, "Relative Entropy Regularized Policy Iteration", section 4.2.
    """
    p, q = _normal(old), _normal(new)
    if p is None or q is None:
        return [jd.kl_divergence(old, new)]
    parts = (jd.Normal(q.loc, p.scale), jd.Normal(p.loc, q.scale))
    coordinates = tuple(range(len(old.batch_shape), len(p.batch_shape)))
    return [jnp.sum(jd.kl_divergence(p, part), axis=coordinates) for part in parts]


def initial_log_multipliers(params: Any, problem: Problem[Any]) -> Array:
    """The logarithm of the initial multiplier of each constraint, `[parts]`."""

    def parts(params: Any) -> list[Array]:
        pi = problem.actor.apply(params, jnp.zeros((1, problem.env.observation_size)))
        return kl_parts(pi, pi)

    num_parts = len(jax.eval_shape(parts, params))
    return jnp.full(num_parts, jnp.log(problem.config.multiplier))


def penalties(
    log_multipliers: Array, divergences: Sequence[Array], bounds: Sequence[Any]
) -> tuple[Array, Array]:
    """The Lagrangians of constraints E KL <= epsilon, of the policy and of the multipliers.

    Args:
      log_multipliers: the logarithms of the multipliers alpha, `[parts]`.
      divergences: the KL divergences, each `[rows]`.
      bounds: the bounds epsilon, at least as many.

    Returns:
      The sum of alpha KL, whose gradient is that of the policy, and the sum of
      alpha (epsilon - KL), whose gradient is that of the multipliers; scalars.
    """
    mean = jnp.stack([jnp.mean(part) for part in divergences])
    alpha, fixed_mean = jnp.exp(log_multipliers), jax.lax.stop_gradient(mean)
    slack = jnp.stack(jnp.broadcast_arrays(*bounds[: len(divergences)])) - fixed_mean
    return jnp.sum(jax.lax.stop_gradient(alpha) * mean), jnp.sum(alpha * slack)


def _normal(pi: jd.Distribution) -> jd.Normal | None:
    """The normal distribution of each coordinate of an action, before it is squashed."""
    match pi:
        case jd.Normal():
            return pi
        case jd.TanhNormal():
            return jd.Normal(pi.loc, pi.scale)
        case jd.Independent() | jd.TransformedDistribution() | StateDependent():
            return _normal(pi.base_dist)
        case _:
            return None
