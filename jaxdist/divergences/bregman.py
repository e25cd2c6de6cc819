r"""Bregman divergences of convex functions: KL within exponential families, without cancellation.

.. math:: B_f(y; x) = f(y) - f(x) - f'(x) (y - x) \ge 0

Members of an exponential family have :math:`KL(p \| q) = B_A(\eta_q; \eta_p)`, with the natural
parameters :math:`\eta` and the log-normalizer A (Nielsen and Nock, 2010).
"""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.bases.categories import sum_of_others
from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.special import (
    deviance,
    digamma,
    log1pmx,
    log_gamma_ratio,
    stirling_curvature,
    stirling_error,
)
from jaxdist.special.deviance import deviance_from_difference
from jaxdist.special.polygamma import digamma_difference_remainder
from jaxdist.special.quotient import quotient

Function = Callable[[Array], Array]

# Gauss-Legendre nodes s in [0, 1], and their weights times 1 - s.
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(12)
_NODES = (1 + _NODES) / 2
_WEIGHTS = (1 - _NODES) * _WEIGHTS / 2


def bregman_divergence(
    function: Function,
    second_derivative: Function,
    y: Array,
    x: Array,
    is_close: Array,
    step: Array | None = None,
) -> Array:
    r"""Bregman divergence of a convex function f.

    .. math:: B_f(y; x) = f(y) - f(x) - f'(x) (y - x)
              = (y - x)^2 \int_0^1 (1 - s) f''(x + s (y - x)) ds

    Args:
      function: f, elementwise.
      second_derivative: f''.
      y: any shape broadcastable with `x`.
      x: where the tangent touches f.
      is_close: where to use the integral, because y and x are so close that the difference
        cancels.
      step: `y - x`, where it is known with more digits than y and x have.
    """
    y, x = jnp.broadcast_arrays(y, x)
    value, slope = jax.jvp(function, (x,), (jnp.ones_like(x),))
    difference = function(y) - value - slope * (y - x)
    step = jnp.where(is_close, y - x if step is None else step, 0)
    curvature = mean_curvature(lambda s: second_derivative(x + s * step), step.dtype)
    return jnp.where(is_close, step * step * curvature, difference)


def mean_curvature(curvature: Function, dtype: np.dtype) -> Array:
    r"""Integrate :math:`(1 - s) f''(s)` over s in [0, 1], for a smooth second derivative."""
    return weighted_sum(curvature, _WEIGHTS, _NODES, dtype=dtype)


def itakura_saito(t: Array) -> Array:
    r"""Itakura-Saito divergence, the Bregman divergence of -log, of two numbers with ratio t.

    .. math:: t - 1 - \log t

    Args:
      t: positive, any shape.
    """
    return deviance(1.0, t)


def log_gamma_bregman_remainder(y: Array, x: Array) -> Array:
    r"""Bregman divergence of log-gamma, less the deviance, which is that of x log(x) - x.

    .. math:: B_{\log \Gamma}(y; x) - \mathrm{deviance}(y, x)
              = \tfrac12 \left(\tfrac{y}{x} - 1 - \log \tfrac{y}{x}\right) + B_\delta(y; x)

    for :math:`\log \Gamma(x) = (x - \tfrac12) \log x - x + \tfrac12 \log 2 \pi + \delta(x)`, where
    :math:`\delta` is `stirling_error`. For a tiny x that is :math:`-\tfrac12 \log x` and a
    constant, and its curvature may overflow.

    Args:
      y: positive, any shape broadcastable with `x`.
      x: positive.
    """
    is_tiny = jnp.maximum(x, y) < jnp.finfo(x.dtype).eps ** 2
    of_logs = itakura_saito(quotient(y, x)) / 2
    y, x = (jnp.where(is_tiny, 1, v) for v in (y, x))
    is_close = (y < 2 * x) & (x < 2 * y)
    stirling = bregman_divergence(stirling_error, stirling_curvature, y, x, is_close)
    return of_logs + jnp.where(is_tiny, of_logs, stirling)


def gamma_divergence(a: Array, b: Array, rate_ratio: Array) -> Array:
    r"""Divergence of gamma distributions: of their means, then of their concentrations.

    .. math:: b (m - 1 - \log m)
              + B_{\log \Gamma}(b; a) - \mathrm{deviance}(b, a), \quad
              m = \frac{a}{b} \frac{\mathrm{rate}_q}{\mathrm{rate}_p}

    Args:
      a: concentration of p, any shape broadcastable with the others.
      b: concentration of q.
      rate_ratio: rate of q over that of p.
    """
    return b * itakura_saito(quotient(a, b) * rate_ratio) + log_gamma_bregman_remainder(b, a)


def rare_beta_divergence(a: Array, h: Array, b: Array, k: Array) -> Array:
    r"""Divergence of beta distributions of which one concentration is small: h in p, and k in q.

    .. math:: B_{\log \Gamma}(k; h) + h (u - 1 - \log u) + (h - k) (\log b - \psi(a + h))
              + (b - a) \left(\psi(a + h) - \psi(a) - \tfrac h a \right)
              + \log \frac{\Gamma(a + h)}{\Gamma(a)\, a^h}
              - \log \frac{\Gamma(b + k)}{\Gamma(b)\, b^k}, \quad u = b / a

    All terms vanish with h and k.

    Args:
      a: the other concentration of p, of one shape with all.
      h: positive.
      b: the other concentration of q.
      k: positive.
    """
    of_rare = deviance(k, h) + log_gamma_bregman_remainder(k, h)
    means = h * itakura_saito(b / a) + (h - k) * (jnp.log(b) - digamma(a + h))
    slope = log1pmx(h / a) + digamma_difference_remainder(a, h)
    return of_rare + means + (b - a) * slope + (log_gamma_ratio(a, h) - log_gamma_ratio(b, k))


def _excess(a: Array, b: Array, scaled: Array) -> Array:
    r"""Return b less the scaled a, for the sums A and B; where they are close, by their change.

    .. math:: b_i - a_i \frac{B}{A}
              = \frac{(b_i - a_i) \sum_{j \ne i} a_j - a_i \sum_{j \ne i} (b_j - a_j)}{A}
    """
    total, change = jnp.sum(a, -1, keepdims=True), b - a
    own = change * quotient(sum_of_others(a), total)
    of_others = sum_of_others(change) * quotient(a, total)
    is_close = jnp.maximum(jnp.abs(own), jnp.abs(of_others)) < b / 4
    return jnp.where(is_close, own - of_others, b - scaled)


def dirichlet_divergence(a: Array, b: Array) -> Array:
    r"""Divergence of Dirichlet distributions with concentrations a and b, of sums A and B.

    .. math:: \sum_i B_{\log \Gamma}(b_i; a_i) - B_{\log \Gamma}(B; A)

    The deviances in these Bregman divergences add up to the divergence of the means,
    :math:`\sum_i \mathrm{deviance}(b_i, a_i B / A)`.

    Args:
      a: concentrations of p, shape `(..., k)`.
      b: concentrations of q.

    Returns:
      Shape `(...)`.
    """
    a, b = jnp.broadcast_arrays(a, b)
    total_a, total_b = (jnp.sum(x, -1, keepdims=True) for x in (a, b))
    scaled = a * quotient(total_b, total_a)
    of_means = jnp.sum(deviance_from_difference(b, scaled, _excess(a, b, scaled)), -1)
    remainder = log_gamma_bregman_remainder(
        *(jnp.concatenate(x, -1) for x in ((b, total_b), (a, total_a)))
    )
    return of_means + jnp.sum(remainder[..., :-1], -1) - remainder[..., -1]
