"""Divergences of location-scale families, by the ratio of the scales and the shift.

Monotone maps of x leave the divergence as it is: the logarithm of a LogNormal is normal, that of a
Weibull is minus a Gumbel.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.divergences.bregman import itakura_saito
from jaxdist.linalg.triangular import diagonal
from jaxdist.special import expm1mx, lgamma, quotient


def normal_divergence(scale_ratio: Array, shift: Array | float = 0.0) -> Array:
    r"""Divergence of normal distributions.

    .. math:: (t - 1 - \log t) + \tfrac12 (t - 1)^2 + \tfrac12 z^2, \quad
              t = \frac{\mathrm{scale}_p}{\mathrm{scale}_q}, \quad
              z = \frac{\mathrm{loc}_p - \mathrm{loc}_q}{\mathrm{scale}_q}

    Args:
      scale_ratio: t, any shape broadcastable with `shift`.
      shift: z, any shape.
    """
    return itakura_saito(scale_ratio) + (scale_ratio - 1) ** 2 / 2 + shift**2 / 2


def multivariate_normal_divergence(factor: Array) -> Array:
    r"""Divergence of a centered normal vector with covariance A A^T from a standard one.

    .. math:: \tfrac12 \left(\mathrm{tr} A A^T - n - \log |A A^T|\right)
              = \sum_i \left(A_{ii} - 1 - \log A_{ii} + \tfrac12 (A_{ii} - 1)^2\right)
                + \tfrac12 \sum_{j < i} A_{ij}^2

    Args:
      factor: A, lower triangular with a positive diagonal, shape `(..., n, n)`.

    Returns:
      Shape `(...)`.
    """
    below = jnp.tril(factor, -1)
    on_diagonal = jnp.sum(normal_divergence(diagonal(factor)), -1)
    return on_diagonal + jnp.sum(below * below, (-2, -1)) / 2


def cauchy_divergence(scale_p: Array, scale_q: Array, shift: Array) -> Array:
    r"""Divergence of Cauchy distributions, which is symmetric (Chyzak and Nielsen, 2019).

    .. math:: \log \frac{(a + b)^2 + (\mathrm{loc}_p - \mathrm{loc}_q)^2}{4 a b}
              = \log(1 + u^2 + v^2), \quad
              u = \frac{a - b}{\sqrt{4 a b}}, \quad
              v = \frac{\mathrm{loc}_p - \mathrm{loc}_q}{\sqrt{4 a b}}

    The squares are scaled by their largest, so that they do not overflow.

    Args:
      scale_p: a, any shape broadcastable with the others.
      scale_q: b, any shape.
      shift: location of p less that of q.
    """
    width = 2 * jnp.sqrt(scale_p) * jnp.sqrt(scale_q)
    u, v = quotient(scale_p - scale_q, width), quotient(shift, width)
    size = lax.stop_gradient(jnp.maximum(jnp.maximum(jnp.abs(u), jnp.abs(v)), 1))
    inverse = 1 / size
    squares = (u * inverse) ** 2 + (v * inverse) ** 2
    return jnp.log1p(squares + (inverse * inverse - 1)) + 2 * jnp.log(size)


def gumbel_divergence(scale_ratio: Array, shift: Array) -> Array:
    r"""Divergence of Gumbel distributions.

    .. math:: \left(\log \Gamma(t) + \gamma (t - 1)\right) + \left(e^h - 1 - h\right), \quad
              h = \log \Gamma(1 + t) - z

    with t and z as in `normal_divergence`.

    Args:
      scale_ratio: t, any shape broadcastable with `shift`.
      shift: z, any shape.
    """
    t = scale_ratio
    return lgamma(t) + np.euler_gamma * (t - 1) + expm1mx(lgamma(1 + t) - shift)
