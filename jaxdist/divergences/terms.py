"""What divergences are made of: non-negative terms that vanish, without cancellation, at p = q."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.constraints import Range
from jaxdist.distribution import Distribution
from jaxdist.numerics.polynomials import horner
from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.special import deviance, expm1mx, lgamma, masked_log_softmax, stirling_error, trigamma

_STEPS, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_STEPS = (1 + _STEPS) / 2
_WEIGHTS = (1 - _STEPS) * _WEIGHTS / 2

_BERNOULLI = (
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
)  # fmt: skip


def excess(t: Array) -> Array:
    """Return `t - 1 - log(t)`, for a positive ratio t."""
    return deviance(1.0, t)


def scale_divergence(t: Array) -> Array:
    """Divergence of normal distributions of one mean, the ratio t of whose scales is p's to q's."""
    return excess(t) + (t - 1) ** 2 / 2


def bregman(
    function: Callable[[Array], Array],
    curvature: Callable[[Array], Array],
    y: Array,
    x: Array,
    near: Array,
) -> Array:
    r"""Bregman divergence of a convex function f, the excess of f(y) over the tangent at x.

    .. math:: f(y) - f(x) - f'(x) (y - x) = (y - x)^2 \int_0^1 (1 - s) f''(x + s (y - x)) ds

    Args:
      function: f, elementwise.
      curvature: f''.
      y: any shape broadcastable with `x`.
      x: where the tangent is taken.
      near: where to integrate, because y and x are so close that the left-hand side cancels.
    """
    y, x = jnp.broadcast_arrays(y, x)
    value, slope = jax.jvp(function, (x,), (jnp.ones_like(x),))
    apart = function(y) - value - slope * (y - x)
    step = jnp.where(near, y - x, 0)
    mean = weighted_sum(lambda s: curvature(x + s * step), _WEIGHTS, _STEPS, dtype=step.dtype)
    close = step * step * mean
    return jnp.where(near, close, apart)


def _stirling_curvature(x: Array) -> Array:
    """Second derivative of `stirling_error`."""
    large = x > 8
    w = 1 / jnp.where(large, x, 8)
    z = jnp.where(large, 1, x)
    return jnp.where(large, w**3 * horner(_BERNOULLI, w * w), trigamma(z) - 1 / z - 1 / (2 * z * z))


def stirling_bregman(y: Array, x: Array) -> Array:
    r"""Bregman divergence of log-gamma, less what its leading term x log(x) - x contributes.

    .. math:: B_{\log \Gamma}(y; x) = \mathrm{deviance}(y, x)
              + \tfrac12 \left(\tfrac{y}{x} - 1 - \log \tfrac{y}{x}\right) + B_\delta(y; x)

    for :math:`\log \Gamma(x) = (x - \tfrac12) \log x - x + \tfrac12 \log 2 \pi + \delta(x)`, where
    :math:`\delta` is `stirling_error`. This is the sum of the last two terms.

    Args:
      y: positive, any shape broadcastable with `x`.
      x: positive.
    """
    near = (y < 2 * x) & (x < 2 * y)
    return excess(y / x) / 2 + bregman(stirling_error, _stirling_curvature, y, x, near)


def extreme_value_divergence(t: Array, shift: Array) -> Array:
    r"""Divergence of Gumbel distributions; Weibull ones are those of minus the logarithm.

    .. math:: \left(\log \Gamma(t) + \gamma (t - 1)\right) + \left(e^h - 1 - h\right), \quad
              h = \log \Gamma(1 + t) - \mathrm{shift}

    Args:
      t: scale of p over that of q.
      shift: location of p less that of q, over the scale of q.
    """
    return lgamma(t) + np.euler_gamma * (t - 1) + expm1mx(lgamma(1 + t) - shift)


def divergence_of_probs(p: Array, q: Array) -> Array:
    r"""Divergence of probabilities along the last axis, as the sum of their deviances.

    Args:
      p: non-negative, shape `(..., n)`.
      q: the same.

    Returns:
      Shape `(...)`; infinite with gradient 0 where q lacks what p has.
    """
    shared = (p > 0) & (q > 0)
    terms = deviance(jnp.where(shared, p, 1), jnp.where(shared, q, 1))
    terms = jnp.where(shared, terms, jnp.where(q > 0, q, 0))
    return jnp.where(jnp.any((p > 0) & (q == 0), -1), math.inf, jnp.sum(terms, -1))


def divergence_of_logs(log_p: Array, log_q: Array) -> Array:
    r"""Divergence of probabilities, given by their logarithms, along the last axis.

    Args:
      log_p: shape `(..., n)`.
      log_q: the same.

    Returns:
      Shape `(...)`; infinite with gradient 0 where q lacks what p has.
    """
    shared, log_p, log_q = _shared(log_p, log_q)
    return _divergence_by_steps(log_p, log_q, jnp.where(shared, log_q - log_p, 0))


def divergence_of_logits(p: Array, q: Array) -> Array:
    r"""Divergence of probabilities, given by their logits, along the last axis.

    Where both mask the same and all differences of the logits are small, those of the
    log-probabilities are

    .. math:: \log q_i - \log p_i = d_i - \log\Big(1 + \sum_j p_j (e^{d_j} - 1)\Big)

    with :math:`d` the difference of the logits, up to a constant that does not matter.

    Args:
      p: logits, shape `(..., n)`.
      q: the same.

    Returns:
      Shape `(...)`; infinite with gradient 0 where q lacks what p has.
    """
    log_p, log_q = masked_log_softmax(p), masked_log_softmax(q)
    shared, log_p, log_q = _shared(log_p, log_q)
    apart = jnp.where(shared, log_q - log_p, 0)
    step = jnp.where(shared, q, 0) - jnp.where(shared, p, 0)
    step = step - lax.stop_gradient(
        jnp.max(step, -1, keepdims=True, where=shared, initial=-jnp.inf)
    )
    alike = shared == ((log_p > -math.inf) | (log_q > -math.inf))
    near = jnp.all(alike & ((jnp.abs(step) < 0.5) | ~shared), -1, keepdims=True)
    small = jnp.where(near & shared, step, 0)
    change = jnp.sum(jnp.where(shared, jnp.exp(log_p), 0) * jnp.expm1(small), -1, keepdims=True)
    return _divergence_by_steps(log_p, log_q, jnp.where(near, small - jnp.log1p(change), apart))


def _shared(log_p: Array, log_q: Array) -> tuple[Array, Array, Array]:
    """Tell which outcomes both have, and broadcast."""
    log_p, log_q = jnp.broadcast_arrays(log_p, log_q)
    return (log_p > -math.inf) & (log_q > -math.inf), log_p, log_q


def _divergence_by_steps(log_p: Array, log_q: Array, step: Array) -> Array:
    r"""Divergence, given the differences of the log-probabilities.

    .. math:: \sum_i p_i \log \frac{p_i}{q_i} = \sum_i p_i (e^{d_i} - 1 - d_i), \quad
              d_i = \log q_i - \log p_i

    where p is 0 the term is q.
    """
    possible, covered = log_p > -math.inf, log_q > -math.inf
    shared = possible & covered
    p, q = (jnp.exp(jnp.where(log > -math.inf, log, 0)) for log in (log_p, log_q))
    step = jnp.where(shared, step, 0)
    close = step < 1  # beyond, its exponential may overflow
    terms = jnp.where(close, p * expm1mx(jnp.where(close, step, 0)), q - p * (1 + step))
    terms = jnp.where(shared, terms, jnp.where(covered, q, 0))
    return jnp.where(jnp.any(possible & ~covered, -1), math.inf, jnp.sum(terms, -1))


def covers(q: Distribution, p: Distribution) -> Array:
    """Tell where the support of q, a range, contains that of p."""
    assert isinstance(q.support, Range)
    assert isinstance(p.support, Range)
    (low, high), (inner_low, inner_high) = q.support.bounds, p.support.bounds
    return (jnp.asarray(inner_low) >= low) & (jnp.asarray(inner_high) <= high)


def inside_support(p: Distribution, q: Distribution, divergence: Array) -> Array:
    """Let it be infinite, with gradient 0, where it is, or where q's support lacks part of p's."""
    return jnp.where(covers(q, p) & (divergence < math.inf), divergence, math.inf)
