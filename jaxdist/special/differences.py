"""Differences of log-gamma and digamma functions, without cancellation for large arguments."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.special.approximation import elementwise
from jaxdist.special.elementary import log1pmx
from jaxdist.special.gamma import stirling_error


@elementwise
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


@elementwise
def digamma_difference(a: Array, b: Array) -> Array:
    r"""Return :math:`\psi(a + b) - \psi(a)`, the derivative in a of the logarithm of a gamma ratio.

    Args:
      a: positive, any shape broadcastable with `b`.
      b: non-negative.
    """
    _, slope = jax.jvp(lambda a: log_gamma_ratio(a, b), (a,), (jnp.ones_like(a),))
    return slope + b / a
