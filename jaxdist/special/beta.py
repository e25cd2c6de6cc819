"""The logarithm of the beta function."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.elementwise import elementwise
from jaxdist.special.gamma import lgamma, log_gamma_ratio
from jaxdist.special.polygamma import digamma_difference
from jaxdist.special.quotient import log_quotient
from jaxdist.special.stirling import stirling_error


def sort_pair(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the smaller and the larger one; unlike `minimum`, twice differentiable where equal."""
    return jnp.where(a < b, a, b), jnp.where(a < b, b, a)


@elementwise
@custom_jvp
def lbeta(a: Array, b: Array) -> Array:
    r"""Logarithm of the beta function, for a, b > 0.

    .. math:: \log B(a, b) = \log \Gamma(a) + \log \Gamma(b) - \log \Gamma(a + b)

    DLMF 5.12.1, by `log_gamma_ratio` of the larger argument. Accurate to 4 eps.

    Args:
      a: positive, any shape broadcastable with `b`.
      b: positive.
    """
    s, l = sort_pair(a, b)
    small = s < 1
    z, n = jnp.where(small, s, 0.5), jnp.where(small, 1, s)
    # Stirling's formula for lgamma(n), with -n log(l) pulled into its logarithm.
    large = n * log_quotient(n, l) - n - jnp.log(n) / 2 + LOG_TWO_PI / 2 + stirling_error(n)
    return jnp.where(small, lgamma(z) - z * jnp.log(l), large) - log_gamma_ratio(l, s)


@lbeta.defjvp
def _lbeta_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (a, b), (a_dot, b_dot) = primals, tangents
    return lbeta(a, b), -digamma_difference(a, b) * a_dot - digamma_difference(b, a) * b_dot
