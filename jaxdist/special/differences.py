"""Differences of log-gamma and digamma functions, without cancellation for large arguments."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.special.approximation import elementwise
from jaxdist.special.elementary import log1pmx
from jaxdist.special.stirling import stirling_error, stirling_slope, trigamma


@elementwise
@jax.custom_jvp
def log_gamma_ratio(a: Array, b: Array) -> Array:
    r"""Return what :math:`\log \Gamma(a + b) - \log \Gamma(a)` exceeds :math:`b \log a` by.

    .. math:: \log \frac{\Gamma(a + b)}{\Gamma(a)\, a^b}
              = a \left(\log(1 + \tfrac{b}{a}) - \tfrac{b}{a}\right)
              + (b - \tfrac{1}{2}) \log(1 + \tfrac{b}{a}) + \delta(a + b) - \delta(a)

    where :math:`\delta` is `stirling_error`. It tends to 0 for large a.

    Args:
      a: positive, any shape broadcastable with `b`.
      b: non-negative.
    """
    stirling = stirling_error(a + b) - stirling_error(a)
    return a * log1pmx(b / a) + (b - 0.5) * jnp.log1p(b / a) + stirling


@log_gamma_ratio.defjvp
def _log_gamma_ratio_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (a, b), (a_dot, b_dot) = primals, tangents
    slope_a = log1pmx(b / a) + digamma_excess(a, b)
    slope_b = jnp.log1p(b / a) - 0.5 / (a + b) + stirling_slope(a + b)
    return log_gamma_ratio(a, b), slope_a * a_dot + slope_b * b_dot


@elementwise
@jax.custom_jvp
def digamma_difference(a: Array, b: Array) -> Array:
    r"""Return :math:`\psi(a + b) - \psi(a)`, the derivative in a of the logarithm of a gamma ratio.

    Args:
      a: positive, any shape broadcastable with `b`.
      b: non-negative.
    """
    return jnp.log1p(b / a) + digamma_excess(a, b)


@digamma_difference.defjvp
def _digamma_difference_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (a, b), (a_dot, b_dot) = primals, tangents
    total = trigamma(a + b)
    return digamma_difference(a, b), (total - trigamma(a)) * a_dot + total * b_dot


def digamma_excess(a: Array, b: Array) -> Array:
    """Return what `digamma_difference` exceeds `log(1 + b / a)` by."""
    return b / a * 0.5 / (a + b) + stirling_slope(a + b) - stirling_slope(a)
