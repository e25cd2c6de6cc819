"""Divergences KL(p || q) with p on the circle."""

from __future__ import annotations

import operator

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.divergences.bregman import bregman_divergence
from jaxdist.divergences.registry import register_kl
from jaxdist.families.circle.sine_bivariate_von_mises import SineBivariateVonMises
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.numerics.differentiation import derivative
from jaxdist.special import bessel_ratio, bessel_ratio_complement, log_i0e
from jaxdist.special.sine_von_mises import Angle, log_integral, mode, moments, regular


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


@register_kl(SineBivariateVonMises, SineBivariateVonMises)
def sine_bivariate_von_mises_sine_bivariate_von_mises(
    p: SineBivariateVonMises, q: SineBivariateVonMises
) -> Array:
    r"""Divergence of two exponential families in the same statistics, but for their locations.

    .. math:: \eta_p \cdot (E T - T_p) - \log Z_p - \eta_q \cdot (E T' - T_q) + \log Z_q

    where T and T' are the cosines and the product of the sines around the locations of p and of q,
    expected under p, and Z is relative to their values at the modes.
    """
    own = p.phi_concentration, regular(p.psi_concentration), p.correlation
    others = q.phi_concentration, regular(q.psi_concentration), q.correlation
    excess, other_excess = own[1] - p.psi_concentration, others[1] - q.psi_concentration
    averages = moments(*own)
    start, end = lax.stop_gradient((mode(*own), mode(*others)))
    phi, psi = p.phi_loc - q.phi_loc, p.psi_loc - q.psi_loc
    of_phi, of_psi, of_both = averages.deviations
    of_psi = of_psi - excess / own[1] * (start.psi.cos + of_psi)
    mean_cosine = start.psi.cos + of_psi
    cosines = p.psi_concentration / own[1] * averages.cosines
    sines = jnp.sign(own[2]) * start.phi.sin * start.psi.sin
    turned = cosines * jnp.sin(phi) * jnp.sin(psi)
    turned = turned + (sines + of_both) * (jnp.cos(phi) * jnp.cos(psi) - 1)
    statistics = (
        of_phi + _turned(start.phi, end.phi, of_phi, phi),
        of_psi + _turned(start.psi, end.psi, of_psi, psi),
        of_both + (sines - jnp.sign(others[2]) * end.phi.sin * end.psi.sin) + turned,
    )
    mean_log_p = sum(map(operator.mul, own, (of_phi, of_psi, of_both))) - log_integral(*own)
    mean_log_q = sum(map(operator.mul, others, statistics)) - log_integral(*others)
    return (mean_log_p - excess * mean_cosine) - (
        mean_log_q - other_excess * mean_cosine * jnp.cos(psi)
    )


def _turned(start: Angle, end: Angle, from_start: Array, angle: Array) -> Array:
    """Return by how much more a mean cosine differs from another mode's, and after a rotation."""
    return (
        _below_one(end) - _below_one(start) - 2 * jnp.sin(angle / 2) ** 2 * (start.cos + from_start)
    )


def _below_one(angle: Angle) -> Array:
    """Return 1 - cos, which does not cancel."""
    return angle.sin**2 / (1 + angle.cos)
