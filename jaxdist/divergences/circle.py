"""Divergences KL(p || q) with p on the circle."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.bregman import bregman_divergence
from jaxdist.divergences.registry import register_kl
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.numerics.differentiation import derivative
from jaxdist.special import bessel_ratio, bessel_ratio_complement, log_i0e


@register_kl(VonMises, VonMises)
def von_mises_von_mises(p: VonMises, q: VonMises) -> Array:
    r"""Divergence of von Mises distributions: of their concentrations, then of their directions.

    .. math:: B_f(\kappa_q; \kappa_p) + 2 \kappa_q \frac{I_1(\kappa_p)}{I_0(\kappa_p)}
              \sin^2 \frac{\mathrm{loc}_p - \mathrm{loc}_q}{2}, \quad
              f(\kappa) = \log I_0(\kappa) - \kappa
    """
    x, y = p.concentration, q.concentration
    is_close = (y < 2 * x + 1) & (x < 2 * y + 1)
    of_directions = 2 * y * bessel_ratio(x) * jnp.sin((p.loc - q.loc) / 2) ** 2
    return bregman_divergence(log_i0e, _bessel_ratio_slope, y, x, is_close) + of_directions


def _bessel_ratio_slope(kappa: Array) -> Array:
    """Derivative of I1 / I0, by that of its complement, which does not cancel."""
    return -derivative(bessel_ratio_complement)(kappa)
