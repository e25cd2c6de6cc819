"""Returns and advantages of one stream; use `jax.vmap` for a batch of streams.

A stream is a sequence of steps that may contain several episodes. Step t leads from `s_t` to
`s_tp1`, the state before any reset, with reward `r_t`. The return after `terminated_t` is zero. The
return after `truncated_t` is bootstrapped: it is estimated by `v_tp1`, the value of `s_tp1`.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.validation import check_scalar, check_stream


def discounted_returns(
    r_t: Array, v_tp1: Array, terminated_t: Array, truncated_t: Array, gamma: ArrayLike
) -> Array:
    """Discounted returns.

    G_t = r_t + gamma G_tp1 within an episode, r_t where it terminated, r_t + gamma v_tp1 where it
    was truncated and at the end of the stream.

    Args:
      r_t: rewards, `[T]`.
      v_tp1: the value of the next state, `[T]`; zeros for Monte Carlo returns.
      terminated_t: booleans, `[T]`.
      truncated_t: booleans, `[T]`.
      gamma: discount factor, scalar.

    Returns:
      Returns G_t, `[T]`.

    Raises:
      ValueError: the shapes differ, or are not `[T]`.

    References:
      Sutton & Barto 2018, section 3.4.
    """
    check_stream(
        "discounted_returns",
        r_t=r_t,
        v_tp1=v_tp1,
        terminated_t=terminated_t,
        truncated_t=truncated_t,
    )
    check_scalar("discounted_returns", gamma=gamma)

    def step(g_tp1: Array, x: tuple[Array, ...]) -> tuple[Array, Array]:
        r, v_next, terminated, truncated = x
        future = jnp.where(terminated, 0.0, jnp.where(truncated, v_next, g_tp1))
        g = r + gamma * future
        return g, g

    xs = (r_t, v_tp1, terminated_t, truncated_t)
    return jax.lax.scan(step, v_tp1[-1], xs, reverse=True)[1]


def gae(
    r_t: Array,
    v_t: Array,
    v_tp1: Array,
    terminated_t: Array,
    truncated_t: Array,
    gamma: ArrayLike,
    lambda_: ArrayLike,
) -> Array:
    """Generalized advantage estimates (GAE).

    delta_t = r_t + gamma v_tp1 - v_t, with v_tp1 = 0 where the episode terminated;
    A_t = delta_t + gamma lambda A_tp1, with A_tp1 = 0 where the episode ended for either reason.

    Args:
      r_t: rewards, `[T]`.
      v_t: the value of the state, `[T]`.
      v_tp1: the value of the next state, `[T]`.
      terminated_t: booleans, `[T]`.
      truncated_t: booleans, `[T]`.
      gamma: discount factor, scalar.
      lambda_: trade-off between bias and variance, scalar: 0 is one-step TD, 1 is Monte Carlo.

    Returns:
      Advantages A_t, `[T]`. The targets of the value function are A_t + v_t.

    Raises:
      ValueError: the shapes differ, or are not `[T]`.

    References:
      Schulman et al. 2016, equations 11 and 16.
    """
    check_stream(
        "gae", r_t=r_t, v_t=v_t, v_tp1=v_tp1, terminated_t=terminated_t, truncated_t=truncated_t
    )
    check_scalar("gae", gamma=gamma, lambda_=lambda_)
    delta_t = r_t + gamma * jnp.where(terminated_t, 0.0, v_tp1) - v_t
    decay_t = jnp.where(terminated_t | truncated_t, 0.0, gamma * lambda_)

    def step(a_tp1: Array, x: tuple[Array, ...]) -> tuple[Array, Array]:
        delta, decay = x
        a = delta + decay * a_tp1
        return a, a

    return jax.lax.scan(step, jnp.zeros_like(v_t[-1]), (delta_t, decay_t), reverse=True)[1]
