r"""The sum of n uniform variables on [0, 1] (Irwin and Hall): its density is a cardinal B-spline.

.. math:: m\, M_{m+1}(t) = t\, M_m(t) + (m + 1 - t)\, M_m(t - 1), \quad
          P(T \le t) = \sum_{j \ge 0} M_{n+1}(t - j)

By the recurrence of de Boor, in which no terms cancel, for t at most n / 2.
"""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.promotion import custom_jvp


def _splines(order: int, t: Array) -> tuple[Array, Array]:
    """Evaluate the splines of an order at t, t - 1 ... t - order, relative to a scale.

    Returns:
      Values behind a new axis, and the logarithm of their scale, which does not underflow.
    """
    j = jnp.arange(order + 1, dtype=t.dtype)
    above, below = t[..., None] - j, j + 1 - t[..., None]  # distances to both ends of [j, j + 1]

    def raise_order(carry: tuple[Array, Array], m: Array) -> tuple[tuple[Array, Array], None]:
        values, log_scale = carry
        following = jnp.concatenate([values[..., 1:], jnp.zeros_like(values[..., :1])], -1)
        values = (above * values + (below + m) * following) / m
        largest = lax.stop_gradient(jnp.max(values, -1))
        return (values / largest[..., None], log_scale + jnp.log(largest)), None

    first = jnp.where((above >= 0) & (below > 0), 1, jnp.zeros_like(above))
    start = vary_with((first, jnp.zeros_like(t)), t)
    steps = jnp.arange(1, order, dtype=t.dtype)
    return lax.scan(raise_order, start, steps)[0]


def irwin_hall_log_prob(count: int, t: Array) -> Array:
    """Logarithm of the density of the sum, for t up to half the count.

    Args:
      count: the number n of variables.
      t: from 0 to n / 2, any shape.
    """
    is_below = t < 1
    positive = jnp.where(t > 0, t, 1)
    at_end = -math.inf if count > 1 else 0.0
    power = jnp.where(t > 0, (count - 1) * jnp.log(positive), at_end) - math.lgamma(count)
    values, log_scale = _splines(count, jnp.where(is_below, min(1.0, count / 2), t))
    return jnp.where(is_below, power, log_scale + jnp.log(values[..., 0]))


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def irwin_hall_log_cdf(count: int, t: Array, log_t: Array) -> Array:
    """Logarithm of the probability that the sum is at most t, for t up to half the count.

    Args:
      count: the number n of variables.
      t: from 0 to n / 2, any shape.
      log_t: its logarithm, which is differentiated below 1; not used at 0.
    """
    is_below = t < 1
    positive = jnp.where(t > 0, t, 1)
    power = jnp.where(t > 0, count * jnp.log(positive), -math.inf) - math.lgamma(count + 1)
    values, log_scale = _splines(count + 1, jnp.where(is_below, min(1.0, count / 2), t))
    return jnp.where(is_below, power, log_scale + jnp.log(jnp.sum(values, -1)))


@irwin_hall_log_cdf.defjvp
def _irwin_hall_log_cdf_jvp(
    count: int, primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (t, log_t), (t_dot, log_t_dot) = primals, tangents
    log_cdf = irwin_hall_log_cdf(count, t, log_t)
    is_below = t < 1
    inner = jnp.where(is_below, min(1.0, count / 2), t)
    log_ratio = irwin_hall_log_prob(count, inner) - irwin_hall_log_cdf(count, inner, log_t)
    of_power = jnp.where(is_below & (t > 0), count, 0) * log_t_dot
    return log_cdf, of_power + jnp.where(is_below, 0, jnp.exp(log_ratio)) * t_dot


def irwin_hall_quantile(count: int, p: Array) -> Array:
    r"""Solve P(T <= t) = p for t, for p up to 1/2, by Newton's method; it has no derivative.

    In log t the logarithm of the probability is concave, and at most that of
    :math:`t^n / n!`, which is exact below 1 and gives a lower bound from which to begin.

    Args:
      count: the number n of variables.
      p: any shape.
    """
    possible = p > 0
    log_p = jnp.log(jnp.where(possible, p, 0.5))
    start = (log_p + math.lgamma(count + 1)) / count
    high = jnp.full_like(p, math.log(count / 2))
    low = jnp.minimum(start, high) - 1

    def evaluate(s: Array) -> tuple[Array, Array]:
        t = jnp.minimum(jnp.exp(s), count / 2)
        log_cdf = irwin_hall_log_cdf(count, t, s)
        return log_cdf - log_p, jnp.exp(s + irwin_hall_log_prob(count, t) - log_cdf)

    steps = bisection_steps(p.dtype)
    s = find_root(evaluate, low, high, steps=steps, start=jnp.minimum(start, high))
    return jnp.where(possible, jnp.exp(jnp.where(start < 0, start, s)), 0)
