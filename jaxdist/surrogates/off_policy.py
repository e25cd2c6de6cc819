"""Corrections for actions that another policy took."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.surrogates.ratio import importance_ratio
from jaxdist.surrogates.score import score_function


def off_policy_score_function(
    log_prob: ArrayLike,
    behaviour_log_prob: ArrayLike,
    objective: ArrayLike,
    baseline: ArrayLike = 0.0,
    clip: ArrayLike = 1.0,
) -> Array:
    r"""Score-function surrogate with a truncated importance weight.

    .. math:: \nabla J = E_\mu\left[\min(\rho, \bar\rho) (f - b) \nabla \log p(a)\right], \quad
              \rho = p(a) / \mu(a)

    Without truncation (`clip=jnp.inf`) it is unbiased for first derivatives; the smaller the
    bound, the smaller variance, and the larger the bias.

    Args:
      log_prob: log-probability of the action under the policy to improve, any shape.
      behaviour_log_prob: the same under the policy that acted, mu.
      objective: f, broadcastable with `log_prob`.
      baseline: b, which does not depend on the action.
      clip: the largest weight.

    Returns:
      The weighted objective, the shape of `log_prob`.

    References:
      Espeholt et al. 2018, "IMPALA", section 4.2; Degris, White and Sutton 2012, "Off-policy
      actor-critic".
    """
    ratio = lax.stop_gradient(importance_ratio(log_prob, behaviour_log_prob))
    return jnp.minimum(ratio, clip) * score_function(log_prob, objective, baseline)


class VTrace(NamedTuple):
    """Value targets and advantages, both `[T]` and without gradients.

    Attributes:
      target: what the value function of `s_t` is to be trained towards.
      advantage: of `a_t`, with its importance weight, for `score_function`.
    """

    target: Array
    advantage: Array


def v_trace(
    log_prob_t: ArrayLike,
    behaviour_log_prob_t: ArrayLike,
    r_t: Array,
    v_t: Array,
    v_tp1: Array,
    terminated_t: Array,
    truncated_t: Array,
    gamma: ArrayLike,
    *,
    lambda_: ArrayLike = 1.0,
    clip_rho: ArrayLike = 1.0,
    clip_c: ArrayLike = 1.0,
) -> VTrace:
    r"""V-trace: value targets and advantages of one stream that another policy made.

    .. math:: \delta_t = \rho_t (r_t + \gamma v_{t + 1} - v_t), \quad
              g_t = v_t + \delta_t + \gamma c_t (g_{t + 1} - v_{t + 1}), \quad
              A_t = \rho_t (r_t + \gamma g_{t + 1} - v_t)

    with :math:`\rho_t = \min(\bar\rho, p / \mu)` and :math:`c_t = \lambda \min(\bar c, p / \mu)`.
    After a termination nothing follows; after a truncation, and at the end, :math:`g_{t + 1}` is
    :math:`v_{t + 1}`. With p = mu and lambda = 1 targets are the returns.

    Args:
      log_prob_t: log-probability of the action under the policy to improve, `[T]`.
      behaviour_log_prob_t: the same under the policy that acted, `[T]`.
      r_t: rewards, `[T]`.
      v_t: the value of the state each step left, `[T]`.
      v_tp1: the value of the state each step led to, before any reset, `[T]`.
      terminated_t: booleans, `[T]`.
      truncated_t: booleans, `[T]`.
      gamma: discount factor, scalar.
      lambda_: how far to trust observed rewards over values.
      clip_rho: :math:`\bar\rho`, which decides the value function that is found.
      clip_c: :math:`\bar c`, which decides how fast.

    Returns:
      Targets and advantages.

    References:
      Espeholt et al. 2018, "IMPALA: Scalable distributed deep-RL with importance weighted
      actor-learner architectures", equations 1 and 4 and remark 1.
    """
    ratio = importance_ratio(log_prob_t, behaviour_log_prob_t)
    rho_t, c_t = jnp.minimum(ratio, clip_rho), lambda_ * jnp.minimum(ratio, clip_c)
    discount_t = jnp.where(terminated_t, 0.0, gamma)
    delta_t = rho_t * (r_t + discount_t * v_tp1 - v_t)
    trace_t = jnp.where(truncated_t, 0.0, discount_t * c_t)

    def step(excess_tp1: Array, x: tuple[Array, Array]) -> tuple[Array, Array]:
        delta, trace = x
        excess = delta + trace * excess_tp1
        return excess, excess

    excess_t = jax.lax.scan(step, jnp.zeros_like(delta_t[-1]), (delta_t, trace_t), reverse=True)[1]
    excess_tp1 = jnp.append(excess_t[1:], jnp.zeros_like(excess_t[:1]))
    target_tp1 = v_tp1 + jnp.where(truncated_t, 0.0, excess_tp1)
    advantage_t = rho_t * (r_t + discount_t * target_tp1 - v_t)
    return VTrace(lax.stop_gradient(v_t + excess_t), lax.stop_gradient(advantage_t))
