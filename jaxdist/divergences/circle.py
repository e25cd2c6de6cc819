"""Divergences KL(p || q) with p on the circle."""

from __future__ import annotations

import operator

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.divergences.bregman import bregman_divergence, mean_curvature
from jaxdist.divergences.registry import register_kl
from jaxdist.families.circle.sine_bivariate_von_mises import SineBivariateVonMises
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.numerics.differentiation import derivative
from jaxdist.special import bessel_ratio, bessel_ratio_complement, log_i0e
from jaxdist.special.sine_von_mises import Angle, log_integral, mode, moments, regular

_CLOSE = 0.5  # parameters between which variances are smooth
_LEAST = 0.01  # concentration of the second angle, from which its derivatives have all digits


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
    expected under p, and Z is relative to their values at the modes. If the parameters other than
    the locations are close, it is their Bregman divergence, an integral of variances, and what the
    locations add.
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
    of_phi_turn, of_psi_turn = 2 * jnp.sin(phi / 2) ** 2, 2 * jnp.sin(psi / 2) ** 2
    turned = turned - (sines + of_both) * (of_phi_turn * jnp.cos(psi) + of_psi_turn)
    statistics = (
        of_phi + _turned(start.phi, end.phi, of_phi, phi),
        of_psi + _turned(start.psi, end.psi, of_psi, psi),
        of_both + (sines - jnp.sign(others[2]) * end.phi.sin * end.psi.sin) + turned,
    )
    mean_log_p = sum(map(operator.mul, own, (of_phi, of_psi, of_both))) - log_integral(*own)
    mean_log_q = sum(map(operator.mul, others, statistics)) - log_integral(*others)
    far = (mean_log_p - excess * mean_cosine) - (
        mean_log_q - other_excess * mean_cosine * jnp.cos(psi)
    )
    of_locations = others[0] * (start.phi.cos + of_phi) * of_phi_turn
    of_locations += q.psi_concentration * mean_cosine * of_psi_turn - others[2] * turned
    is_close, near = _bregman_if_close(
        (p.phi_concentration, p.psi_concentration, p.correlation),
        (q.phi_concentration, q.psi_concentration, q.correlation),
    )
    return jnp.where(is_close, near + of_locations, far)


Shapes = tuple[Array, Array, Array]
"""The concentrations of both angles, and the correlation."""


def _bregman_if_close(start: Shapes, end: Shapes) -> tuple[Array, Array]:
    """Return whether parameters are close, and the divergence of distributions at one location."""
    steps = tuple(y - x for x, y in zip(start, end, strict=True))
    size = jnp.maximum(jnp.maximum(abs(steps[0]), abs(steps[1])), abs(steps[2]))
    reach = jnp.minimum(_reach(*start), _reach(*end))
    is_close = (size < reach) & (jnp.minimum(start[1], end[1]) > _LEAST)
    da, db, dr = (jnp.where(is_close, step, 0) for step in steps)

    def variance(s: Array) -> Array:
        """Differentiate expected values, from which those at the mode are constants."""
        a, b, r = start[0] + s * da, start[1] + s * db, start[2] + s * dr

        def slope(t: Array) -> Array:
            second = b + t * db
            smooth = regular(second)
            of_phi, of_psi, of_both = moments(a + t * da, smooth, r + t * dr).deviations
            return da * of_phi + second / smooth * db * of_psi + dr * of_both

        curvature = derivative(slope)(jnp.zeros_like(a))
        smooth = regular(b)
        bend = jnp.finfo(b.dtype).eps / smooth**3  # second derivative of the regular concentration
        return curvature + mode(a, smooth, r).psi.cos * bend * db**2

    return is_close, mean_curvature(variance, da.dtype)


def _reach(a: Array, b: Array, r: Array) -> Array:
    """Return up to which step the variances hardly change: farther where one term dominates."""
    dominance = jnp.maximum(abs(r) - jnp.maximum(a, b), jnp.minimum(a, b) - abs(r))
    return jnp.maximum(_CLOSE, dominance / 5)


def _turned(start: Angle, end: Angle, from_start: Array, angle: Array) -> Array:
    """Return by how much more a mean cosine differs from another mode's, and after a rotation."""
    return (
        _below_one(end) - _below_one(start) - 2 * jnp.sin(angle / 2) ** 2 * (start.cos + from_start)
    )


def _below_one(angle: Angle) -> Array:
    """Return 1 - cos, which does not cancel."""
    return angle.sin**2 / (1 + angle.cos)
