"""V-trace: off-policy value targets and advantages."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.argument_checks import check_scalar, check_stream
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.surrogates.ratio import importance_ratio


class VTrace(NamedTuple):
    """Value targets and advantages of one stream, without gradients.

    Attributes:
      target: regression target of the value function at `s_t`, `[T]`.
      advantage: advantage of `a_t` times its importance weight, for `score_function`, `[T]`.
    """

    target: Array
    advantage: Array


def v_trace(
    log_prob_t: ArrayLike,
    behavior_log_prob_t: ArrayLike,
    r_t: ArrayLike,
    v_t: ArrayLike,
    v_tp1: ArrayLike,
    terminated_t: ArrayLike,
    truncated_t: ArrayLike,
    gamma: ArrayLike,
    *,
    lambda_: ArrayLike = 1.0,
    clip_rho: ArrayLike = 1.0,
    clip_c: ArrayLike = 1.0,
) -> VTrace:
    r"""V-trace value targets and advantages of one stream; `jax.vmap` handles a batch of streams.

    .. math:: \delta_t = \rho_t (r_t + \gamma v_{t + 1} - v_t), \quad
              g_t = v_t + \delta_t + \gamma c_t (g_{t + 1} - v_{t + 1}), \quad
              A_t = \rho_t (r_t + \gamma g_{t + 1} - v_t)

    with :math:`\rho_t = \min(\bar\rho, p / \mu)` and :math:`c_t = \lambda \min(\bar c, p / \mu)`,
    where p is the target policy and :math:`\mu` the behavior policy. After a termination,
    :math:`v_{t + 1}` and :math:`g_{t + 1}` are 0; after a truncation, and at the end of the
    stream, :math:`g_{t + 1}` is :math:`v_{t + 1}`. If :math:`p = \mu` and :math:`\lambda = 1`,
    the targets are the discounted returns.

    Args:
      log_prob_t: log-probability of the action under the target policy, `[T]`.
      behavior_log_prob_t: log-probability of the action under the behavior policy, `[T]`.
      r_t: rewards, `[T]`.
      v_t: value of the state before each step, `[T]`.
      v_tp1: value of the state after each step and before any reset, `[T]`.
      terminated_t: booleans, `[T]`.
      truncated_t: booleans, `[T]`.
      gamma: discount factor, scalar.
      lambda_: mixing parameter between one-step (0) and multi-step (1) targets, scalar.
      clip_rho: :math:`\bar\rho`, which determines the fixed point of the value function, scalar.
      clip_c: :math:`\bar c`, which determines the speed of convergence, scalar.

    Returns:
      Targets and advantages.

    Raises:
      ValueError: if an argument does not have its shape.

    References:
      Espeholt et al. 2018, "IMPALA: Scalable distributed deep-RL with importance weighted
      actor-learner architectures", equations 1 and 4 and remark 1.

    Example:
      An episode of three steps that terminates: on-policy targets are the discounted returns.

      >>> import jax.numpy as jnp, jaxdist as jd
      >>> log_prob, value, never = jnp.log(jnp.full(3, 0.5)), jnp.zeros(3), jnp.zeros(3, bool)
      >>> reward, terminated = jnp.array([1.0, 0.0, 2.0]), jnp.array([False, False, True])
      >>> jd.v_trace(log_prob, log_prob, reward, value, value, terminated, never, 0.5).target
      Array([1.5, 1. , 2. ], dtype=float32)
    """
    check_stream(
        "v_trace",
        log_prob_t=log_prob_t,
        behavior_log_prob_t=behavior_log_prob_t,
        r_t=r_t,
        v_t=v_t,
        v_tp1=v_tp1,
        terminated_t=terminated_t,
        truncated_t=truncated_t,
    )
    check_scalar("v_trace", gamma=gamma, lambda_=lambda_, clip_rho=clip_rho, clip_c=clip_c)
    ratio = importance_ratio(log_prob_t, behavior_log_prob_t)
    rho_t, c_t = jnp.minimum(ratio, clip_rho), lambda_ * jnp.minimum(ratio, clip_c)
    discount_t = jnp.where(terminated_t, 0.0, gamma)
    delta_t = rho_t * (r_t + discount_t * v_tp1 - v_t)
    trace_t = jnp.where(truncated_t, 0.0, discount_t * c_t)

    def step(excess_tp1: Array, x: tuple[Array, Array]) -> tuple[Array, Array]:
        delta, trace = x
        excess = delta + trace * excess_tp1
        return excess, excess

    after = vary_with(jnp.zeros_like(delta_t[-1]), trace_t)
    excess_t = jax.lax.scan(step, after, (delta_t, trace_t), reverse=True)[1]
    excess_tp1 = jnp.append(excess_t[1:], jnp.zeros_like(excess_t[:1]))
    target_tp1 = v_tp1 + jnp.where(truncated_t, 0.0, excess_tp1)
    advantage_t = rho_t * (r_t + discount_t * target_tp1 - v_t)
    return VTrace(lax.stop_gradient(excess_t + v_t), lax.stop_gradient(advantage_t))
