"""The beta function, and densities built on it without the cancellation of large logarithms."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.special.approximation import elementwise
from jaxdist.special.differences import digamma_difference, digamma_excess, log_gamma_ratio
from jaxdist.special.elementary import xlogy
from jaxdist.special.gamma import (
    deviance_of,
    lgamma,
    lgamma1p,
    log_ratio,
    stirling_error_split,
    tilted,
)
from jaxdist.special.stirling import (
    digamma_less_log,
    raised,
    slope_series,
    stirling_error,
    stirling_series,
    stirling_slope,
)

_HALF_LOG_TWO_PI = math.log(2 * math.pi) / 2


def _sort(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the smaller and the larger one; unlike `minimum`, twice differentiable where equal."""
    return jnp.where(a < b, a, b), jnp.where(a < b, b, a)


@elementwise
@jax.custom_jvp
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


@lbeta.defjvp
def _lbeta_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (a, b), (a_dot, b_dot) = primals, tangents
    return lbeta(a, b), -digamma_difference(a, b) * a_dot - digamma_difference(b, a) * b_dot


def _many(k: Array, n: Array) -> tuple[Array, Array, Array]:
    """Return whether successes or failures are few; and k and n, harmless where they are."""
    few = (k < 0.5) | (n - k < 0.5)
    return few, jnp.where(few, 1, k), jnp.where(few, 2, n)


def _log_choose_few(s: Array, l: Array) -> Array:
    """Logarithm of `(s + l)! / (s! l!)`, for small s."""
    z = jnp.where(s < 1, s, 0)
    return z * jnp.log1p(l) + log_gamma_ratio(l + 1, z) - lgamma1p(z)


def _log_choose_excess(k: Array, l: Array) -> Array:
    """Logarithm of `(k + l)! / (k! l!)` over `(k + l)^(k + l) / (k^k l^l)`."""
    # Stacked, because three copies of the function compile three times as long.
    (d, d_k, d_l), (m, m_k, m_l) = stirling_error_split(jnp.stack([k + l, k, l]))
    return d - d_k - d_l + jnp.log(m / m_k / m_l) / 2


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
    impossible = ((probs <= 0) & (k > 0)) | ((probs >= 1) & (k < n))
    p = jnp.where(impossible, 0.5, probs)
    certain = p >= 1
    few, m, t = _many(k, n)
    log_q = jnp.where(certain, 0, jnp.log1p(-jnp.where(certain, 0, p)))
    direct = _log_choose_few(*_sort(k, n - k)) + xlogy(k, p) + (n - k) * log_q
    p = jnp.where(few, 0.5, p)
    cost = _binomial_deviance(m, t - m, p, 1 - p, m - t * p)
    log_prob = jnp.where(few, direct, _log_choose_excess(m, t - m) - cost)
    return jnp.where(impossible, -math.inf, log_prob)


@elementwise
def _binomial_of_logits(k: Array, n: Array, logits: Array) -> Array:
    impossible = jnp.isinf(logits) & (jnp.where(logits < 0, k, n - k) > 0)
    largest = jnp.finfo(logits.dtype).max  # times no trials it is 0, which infinity is not
    logits = jnp.clip(jnp.where(impossible, 0, logits), -largest, largest)
    few, m, t = _many(k, n)
    log_p, log_q = -jax.nn.softplus(-logits), -jax.nn.softplus(logits)
    direct = _log_choose_few(*_sort(k, n - k)) + k * log_p + (n - k) * log_q
    extreme = jnp.abs(logits) > 20
    z = jnp.where(extreme, 0, logits)
    p, q = jax.nn.sigmoid(z), jax.nn.sigmoid(-z)
    # m - t p, by that of p, 1 - p and p - 1/2 which is rounded least.
    middle = (m - t / 2) - t / 2 * jnp.tanh(z / 2)
    excess = jnp.where(z < -1, m - t * p, jnp.where(z > 1, t * q - (t - m), middle))
    near = _binomial_deviance(m, t - m, p, q, excess)
    far = m * (jnp.log(m / t) - log_p) + (t - m) * (jnp.log1p(-m / t) - log_q)
    cost = jnp.where(extreme, far, near)
    log_prob = jnp.where(few, direct, _log_choose_excess(m, t - m) - cost)
    return jnp.where(impossible, -math.inf, log_prob)


def _binomial_deviance(k: Array, l: Array, p: Array, q: Array, excess: Array) -> Array:
    """Deviance of k successes and l failures, given q = 1 - p and `excess = k - (k + l) p`."""
    counts, means = jnp.stack([k, l]), jnp.stack([(k + l) * p, (k + l) * q])
    successes, failures = deviance_of(counts, means, jnp.stack([excess, -excess]))
    return successes + failures


@elementwise
def beta_log_prob(a: Array, b: Array, x: Array) -> Array:
    r"""Log-density of the beta distribution, `x^(a - 1) (1 - x)^(b - 1) / B(a, b)`.

    Args:
      a: positive, any shape broadcastable with the others.
      b: positive.
      x: in [0, 1].
    """
    low, high = x == 0, x == 1
    log_prob = _beta_inside(a, b, jnp.where(low | high, 0.5, x))
    at_end = log_beta_at_end(jnp.where(low, a, b), jnp.where(low, b, a))
    return jnp.where(low | high, at_end, log_prob)


@jax.custom_jvp
def _beta_inside(a: Array, b: Array, x: Array) -> Array:
    """Multiply gamma densities at t x and t y, for t = m + n, and divide by that of their sum."""
    y = 1 - x
    (few_a, m, _), (few_b, n, _) = raised(a), raised(b)
    t, excess = m + n, n * x - m * y
    of_x = tilted(jnp.where(few_a, a, a - 1), m, x, t, excess)
    of_y = tilted(jnp.where(few_b, b, b - 1), n, y, t, -excess)
    share = jnp.where(few_a, a / (a + b), 1) * jnp.where(few_b, b / (m + b), 1)
    lowered = share / (jnp.where(few_a, x, 1) * jnp.where(few_b, y, 1))
    factor = jnp.log(lowered) + jnp.log(t / jnp.sqrt(2 * math.pi * m * (n / t)))
    return factor + of_x + of_y + stirling_series(t) - stirling_series(m) - stirling_series(n)


@_beta_inside.defjvp
def _beta_inside_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Give log x + psi(a + b) - psi(a) in a, so in b; (a - 1) / x - (b - 1) / (1 - x) in x."""
    (a, b, x), (a_dot, b_dot, x_dot) = primals, tangents
    y = 1 - x
    (few_a, m, inverse_a), (few_b, n, inverse_b) = raised(a), raised(b)
    t, excess = m + n, n * x - m * y
    both = few_a & few_b
    more = jnp.where(few_a | few_b, 1 / (a + b), 0)
    more += jnp.where(both, 1 / jnp.where(both, t - 1, 1), 0)
    common = slope_series(t) - more
    of_a = common - slope_series(m) + n / m * 0.5 / t + inverse_a
    of_b = common - slope_series(n) + m / n * 0.5 / t + inverse_b
    slope_a = log_ratio(x, t, m, excess) + of_a
    slope_b = log_ratio(y, t, n, -excess) + of_b
    slope_x = ((a - 1) * y - (b - 1) * x) / (x * y)
    return _beta_inside(a, b, x), slope_a * a_dot + slope_b * b_dot + slope_x * x_dot


def log_beta_at_end(a: Array, b: Array) -> Array:
    """Log-density of the beta distribution at 0."""
    return jnp.where(a < 1, math.inf, jnp.where(a > 1, -math.inf, jnp.log(b)))


@jax.custom_jvp
def dirichlet_log_prob(a: Array, x: Array) -> Array:
    r"""Log-density of the Dirichlet distribution, at `x / sum(x)`.

    That of gamma variates at :math:`t x_i` over that of their sum t, for :math:`t = \sum_i a_i`.

    Args:
      a: positive, shape `(..., k)`, broadcastable with `x`.
      x: non-negative, shape `(..., k)`.
    """
    t, x = jnp.sum(a, -1, keepdims=True), _shares(x)
    few, n, _ = raised(a)
    lowered = jnp.where(few, a / t, 1) / (jnp.where(few, x, 1) * jnp.sqrt(2 * math.pi * n / t))
    powers = tilted(jnp.where(few, a, a - 1), n, x, t, t * x - n)
    parts = jnp.log(lowered) + powers - stirling_series(n)
    whole = (a.shape[-1] - 1) / 2 * jnp.log(t) + (_HALF_LOG_TWO_PI + stirling_error(t))
    log_prob = jnp.sum(parts, -1) + whole[..., 0]
    empty = (x == 0) & (a != 1)
    at_edge = jnp.where(jnp.any(empty & (a > 1), -1), -math.inf, math.inf)
    return jnp.where(jnp.any(empty, -1), at_edge, log_prob)


@dirichlet_log_prob.defjvp
def _dirichlet_log_prob_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Give log(x) + psi(t) - psi(a) in a, and (a - 1) / x less its mean in x; 0 at the edge."""
    (a, x), (a_dot, x_dot) = primals, tangents
    total = jnp.sum(x, -1, keepdims=True)
    t, inner = jnp.sum(a, -1, keepdims=True), _shares(x)
    _, n, inverse = raised(a)
    of_t = stirling_slope(t) - 0.5 / t
    slope_a = log_ratio(inner, t, n, t * inner - n) - digamma_less_log(n) + inverse + of_t
    held = jnp.maximum(inner, jnp.finfo(x.dtype).tiny)
    slope_x = ((a - 1) / held - (t - a.shape[-1])) / total
    along = jnp.sum(slope_a * a_dot + slope_x * x_dot, -1)
    edge = jnp.any((x == 0) & (a != 1), -1)
    return dirichlet_log_prob(a, x), jnp.where(edge, 0, along)


def _shares(x: Array) -> Array:
    """Return `x / sum(x)`: 0 where x is, and nowhere else."""
    shares = x / jnp.sum(x, -1, keepdims=True)
    return jnp.where(x > 0, jnp.maximum(shares, jnp.finfo(x.dtype).tiny), 0)


@jax.custom_jvp
def log_binomial_kernel(a: Array, b: Array, x: Array, y: Array) -> Array:
    """Compute `log(x^a y^b (a + b)! / (a! b!))` for `0 < x < 1` and `y = 1 - x`."""
    return _log_choose_excess(a, b) - _binomial_deviance(a, b, x, y, a * y - b * x)


@log_binomial_kernel.defjvp
def _log_binomial_kernel_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Give log x + psi(n + 1) - psi(a + 1) in a, so in b, for n = a + b; a / x - b / y in x."""
    (a, b, x, y), (a_dot, b_dot, x_dot, y_dot) = primals, tangents
    n, excess = a + b + 1, a * y - b * x
    slope_a = digamma_excess(a + 1, b) + log_ratio(x, n, a + 1, -excess - y)
    slope_b = digamma_excess(b + 1, a) + log_ratio(y, n, b + 1, excess - x)
    slope_x = excess / (x * y)
    along = slope_a * a_dot + slope_b * b_dot + slope_x * (x_dot - y_dot) / 2
    return log_binomial_kernel(a, b, x, y), along


def log_beta_kernel(a: Array, b: Array, x: Array, y: Array) -> Array:
    """Compute `log(x^a y^b / B(a, b))` for `0 < x < 1` and `y = 1 - x`."""
    return log_binomial_kernel(a, b, x, y) + jnp.log(a * (b / (a + b)))
