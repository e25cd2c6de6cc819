"""The probability of the center of Student's t distribution, of which a tiny df leaves little."""

from __future__ import annotations

import math
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.quadrature import gauss_legendre_average
from jaxdist.special.gamma import lgamma1p, log_gamma_ratio
from jaxdist.special.quotient import log_quotient, quotient

_POINTS = 20  # nodes
LARGEST_RATIO = 1e8  # of t to sqrt(df); beyond it the tail is a pure power in float64


class Center(NamedTuple):
    """Degrees of freedom, and a t >= 0 near the center."""

    df: Array
    t: Array


def flat_center(df: Array, t: Array) -> tuple[Array, Center]:
    """Return where few of the draws are central for a tiny df, and arguments that are there."""
    is_flat = (df < 0.1) & (df * _arcsinh_ratio(df, t) < 2)
    return is_flat, Center(jnp.where(is_flat, df, 0.01), jnp.where(is_flat, t, 1))


def _arcsinh_ratio(df: Array, t: Array) -> Array:
    """Return arcsinh(t / sqrt(df)), also where the square of the quotient overflows."""
    root = jnp.sqrt(df)
    far = t > LARGEST_RATIO * root
    of_log = math.log(2) + log_quotient(jnp.where(far, t, 1), root)
    return jnp.where(far, of_log, jnp.arcsinh(quotient(jnp.where(far, 0, t), root)))


def mass_of_flat(df: Array, t: Array) -> Array:
    r"""Evaluate P(|T| < t) for a small ν = df, as an integral over almost a constant.

    .. math:: \frac{2 \Gamma((\nu + 1) / 2)}{\sqrt{\pi} \Gamma(\nu / 2)}
              \int_0^v \cosh^{-\nu}(w) dw, \quad \sqrt{\nu} \sinh v = t

    with :math:`w = v s^2`, because the integrand varies most near 0.
    """
    end = _arcsinh_ratio(df, t)

    def integrand(s: Array) -> Array:
        w = end * s * s
        return 2 * s * jnp.exp(-df * (w + jnp.log1p(jnp.expm1(-2 * w) / 2)))

    average = gauss_legendre_average(integrand, jnp.ones_like(df), _POINTS)
    a = df / 2
    log_ratio = log_gamma_ratio(jnp.full_like(a, 0.5), a) - math.log(2) * a
    return df * jnp.exp(log_ratio - lgamma1p(a)) * end * average
