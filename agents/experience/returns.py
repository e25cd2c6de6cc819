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

from jaxdist.argument_checks import check_scalar, check_stream


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

    bootstrap_t = jnp.where(truncated_t & ~terminated_t, v_tp1, 0.0)
    decay_t = jnp.where(terminated_t | truncated_t, 0.0, gamma)
    return decayed_sums(r_t + gamma * bootstrap_t, decay_t, v_tp1[-1])


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

    return decayed_sums(delta_t, decay_t, jnp.zeros_like(v_t[-1]))


def decayed_sums(x_t: Array, decay_t: Array, last: Array) -> Array:
    """The sums y_t = x_t + decay_t y_tp1, from the end of a stream to its start.

    Args:
      x_t: the terms, `[T]`.
      decay_t: the factors, `[T]`.
      last: y after the last step, scalar.

    Returns:
      The sums, `[T]`: one step after another on a CPU, and by doubling on an accelerator.
    """
    return jax.lax.platform_dependent(
        x_t, decay_t, last, cpu=_decayed_sums_by_steps, default=_decayed_sums_by_doubling
    )


def _decayed_sums_by_steps(x_t: Array, decay_t: Array, last: Array) -> Array:
    def step(y_tp1: Array, x: tuple[Array, Array]) -> tuple[Array, Array]:
        x_t, decay_t = x
        y = x_t + decay_t * y_tp1
        return y, y

    return jax.lax.scan(step, last, (x_t, decay_t), reverse=True)[1]


def _decayed_sums_by_doubling(x_t: Array, decay_t: Array, last: Array) -> Array:
    """Sums over 1, 2, 4, ... steps: log2(T) wide operations instead of T narrow ones.

    References:
      Hillis & Steele 1986, "Data parallel algorithms".
    """
    y, decay = jnp.append(x_t, last), jnp.append(decay_t, 0.0)
    length, span = len(y), 1
    while span < length:
        later = lambda a, span=span: jnp.pad(a[span:], (0, span))
        y, decay = y + decay * later(y), decay * later(decay)
        span *= 2
    return y[:-1]
