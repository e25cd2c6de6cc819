"""The beta function, and densities built on it without the cancellation of large logarithms."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.special.approximation import elementwise
from jaxdist.special.differences import log_gamma_ratio
from jaxdist.special.elementary import xlogy
from jaxdist.special.gamma import (
    deviance_of,
    lgamma,
    lgamma1p,
    log_factorial_excess,
    stirling_error,
)

_HALF_LOG_TWO_PI = math.log(2 * math.pi) / 2


def _sort(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the smaller and the larger one; unlike `minimum`, twice differentiable where equal."""
    return jnp.where(a < b, a, b), jnp.where(a < b, b, a)


@elementwise
def lbeta(a: Array, b: Array) -> Array:
    r"""Logarithm of the beta function, `lgamma(a) + lgamma(b) - lgamma(a + b)`.

    Args:
      a: positive, any shape broadcastable with `b`.
      b: positive.
    """
    s, l = _sort(a, b)
    small = s < 1
    z, n = jnp.where(small, s, 0.5), jnp.where(small, 1, s)
    # Stirling's formula for lgamma(n), with -n log(l) pulled into its logarithm.
    large = n * jnp.log(n / l) - n - jnp.log(n) / 2 + _HALF_LOG_TWO_PI + stirling_error(n)
    return jnp.where(small, lgamma(z) - z * jnp.log(l), large) - log_gamma_ratio(l, s)


@elementwise
def log_choose(n: Array, k: Array) -> Array:
    r"""Logarithm of the binomial coefficient.

    Args:
      n: non-negative, any shape broadcastable with `k`; need not be an integer.
      k: in `[0, n]`.
    """
    s, l = _sort(k, n - k)
    small = s < 1
    z, m = jnp.where(small, s, 0), jnp.where(small, 1, s)
    few = z * jnp.log1p(l) + log_gamma_ratio(l + 1, z) - lgamma1p(z)
    l, n = jnp.where(small, 1, l), jnp.where(small, 2, n)
    many = _log_choose_excess(m, l) - m * jnp.log(m / n) - l * jnp.log1p(-m / n)
    return jnp.where(small, few, many)


def _log_choose_excess(k: Array, l: Array) -> Array:
    """Logarithm of `(k + l)! / (k! l!)` over `(k + l)^(k + l) / (k^k l^l)`."""
    return log_factorial_excess(k + l) - log_factorial_excess(k) - log_factorial_excess(l)


def binomial_log_prob(
    k: ArrayLike,
    n: ArrayLike,
    *,
    probs: ArrayLike | None = None,
    logits: ArrayLike | None = None,
) -> Array:
    r"""Log-probability of k successes in n trials, by Loader's saddle-point form.

    Args:
      k: in `[0, n]`, any shape broadcastable with the others; need not be an integer.
      n: non-negative number of trials.
      probs: probability of a success, in [0, 1]. Or else:
      logits: log-odds of a success.
    """
    if probs is not None and logits is None:
        return _binomial_of_probs(k, n, probs)
    if logits is not None and probs is None:
        return _binomial_of_logits(k, n, logits)
    raise ValueError("binomial_log_prob: give exactly one of probs and logits")


@elementwise
def _binomial_of_probs(k: Array, n: Array, probs: Array) -> Array:
    q = 1 - probs
    certain = probs >= 1
    never = jnp.where(n > k, -math.inf, 0)
    log_q = jnp.where(certain, never, jnp.log1p(-jnp.where(certain, 0, probs)))
    few = log_choose(n, k) + xlogy(k, probs) + (n - k) * log_q
    return jnp.where(_few(k, n), few, _saddle_point(k, n, probs, q, k - n * probs))


@elementwise
def _binomial_of_logits(k: Array, n: Array, logits: Array) -> Array:
    log_p, log_q = -jax.nn.softplus(-logits), -jax.nn.softplus(logits)
    few = log_choose(n, k) + k * log_p + (n - k) * log_q
    extreme = jnp.abs(logits) > 20
    z = jnp.where(extreme, 0, logits)
    p, q = jax.nn.sigmoid(z), jax.nn.sigmoid(-z)
    # k - n p, by that of p, 1 - p and p - 1/2 which is rounded least.
    middle = (k - n / 2) - n / 2 * jnp.tanh(z / 2)
    excess = jnp.where(z < -1, k - n * p, jnp.where(z > 1, n * q - (n - k), middle))
    return jnp.where(_few(k, n) | extreme, few, _saddle_point(k, n, p, q, excess))


def _few(k: Array, n: Array) -> Array:
    return (k < 0.5) | (n - k < 0.5)


def _saddle_point(k: Array, n: Array, p: Array, q: Array, excess: Array) -> Array:
    """Evaluate the binomial log-probability where successes and failures are not few."""
    few = _few(k, n)
    k, n = jnp.where(few, 1, k), jnp.where(few, 2, n)
    p, q = jnp.where(few, 0.5, p), jnp.where(few, 0.5, q)
    excess = jnp.where(few, 0, excess)
    cost = deviance_of(k, n * p, excess) + deviance_of(n - k, n * q, -excess)
    return _log_choose_excess(k, n - k) - cost


@elementwise
def beta_log_prob(a: Array, b: Array, x: Array) -> Array:
    r"""Log-density of the beta distribution, `x^(a - 1) (1 - x)^(b - 1) / B(a, b)`.

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      x: in [0, 1].
    """
    large = (a > 2) & (b > 2)
    low, high = x == 0, x == 1
    inside = jnp.where(low | high, 0.5, x)
    m, n, y = jnp.where(large, a, 3), jnp.where(large, b, 3), jnp.where(large, inside, 0.5)
    saddle_point = log_beta_kernel(m, n, y, 1 - y) - jnp.log(y) - jnp.log1p(-y)
    powers = (a - 1) * jnp.log(inside) + (b - 1) * jnp.log1p(-inside)
    log_prob = jnp.where(large, saddle_point, powers - lbeta(a, b))
    at_end = _at_end(jnp.where(low, a, b), jnp.where(low, b, a))
    return jnp.where(low | high, at_end, log_prob)


def _at_end(a: Array, b: Array) -> Array:
    """Log-density of the beta distribution at 0."""
    return jnp.where(a < 1, math.inf, jnp.where(a > 1, -math.inf, jnp.log(b)))


def log_beta_kernel(a: Array, b: Array, x: Array, y: Array) -> Array:
    """Compute `log(x^a y^b / B(a, b))` for `0 < x < 1` and `y = 1 - x`."""
    n = a + b
    excess = a * y - b * x
    cost = deviance_of(a, n * x, excess) + deviance_of(b, n * y, -excess)
    return _log_choose_excess(a, b) + jnp.log(a * (b / n)) - cost
