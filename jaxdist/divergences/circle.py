"""Divergences KL(p || q) with p on the circle."""

from __future__ import annotations

import functools
import operator

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.divergences.bregman import bregman_divergence, mean_curvature
from jaxdist.divergences.registry import register_kl
from jaxdist.families.circle.sine_bivariate_von_mises import SineBivariateVonMises
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.numerics.differentiation import derivative
from jaxdist.special import bessel_ratio, bessel_ratio_complement, log_i0e
from jaxdist.special.sine_von_mises import (
    Angle,
    log_integral,
    log_mean_of_weak,
    mode,
    moments,
    regular,
)

_CLOSE = 0.5  # parameters between which variances are smooth
_WEAK = 1.6  # concentrations and correlations up to which power series are used
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
    the locations are close or small, it is their Bregman divergence, an integral of variances, and
    what the locations add.
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
    turned = _turned_product(cosines, sines + of_both, phi, psi)
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
    shapes = p.phi_concentration, p.psi_concentration, p.correlation
    other_shapes = q.phi_concentration, q.psi_concentration, q.correlation
    is_close, near = _bregman_if_close(shapes, other_shapes)
    near += _of_locations(other_shapes, (start.phi.cos + of_phi, mean_cosine, turned), phi, psi)
    is_weak, weak = _divergence_if_weak(shapes, other_shapes, phi, psi)
    return jnp.where(is_weak, weak, jnp.where(is_close, near, far))


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


def _divergence_if_weak(start: Shapes, end: Shapes, phi: Array, psi: Array) -> tuple[Array, Array]:
    """Return whether all concentrations are small, and the divergence of those that are."""
    largest = functools.reduce(jnp.maximum, map(abs, start + end))
    is_weak = largest < _WEAK
    start, end = jax.tree.map(lambda x: jnp.where(is_weak, x, 1), (start, end))
    steps = tuple(y - x for x, y in zip(start, end, strict=True))

    def variance(s: Array) -> Array:
        at = tuple(x + s * step for x, step in zip(start, steps, strict=True))

        def along(t: Array) -> Array:
            return log_mean_of_weak(*(x + t * step for x, step in zip(at, steps, strict=True)))

        return derivative(derivative(along))(jnp.zeros_like(largest))

    def mean_cosine(b: Array) -> Array:
        return derivative(lambda a: log_mean_of_weak(a, b, start[2]))(start[0])

    of_phi = mean_cosine(start[1])
    of_psi = derivative(lambda b: log_mean_of_weak(start[0], b, start[2]))(start[1])
    sines = derivative(lambda r: log_mean_of_weak(*start[:2], r))(start[2])
    cosines = derivative(mean_cosine)(start[1]) + of_phi * of_psi
    means = (of_phi, of_psi, _turned_product(cosines, sines, phi, psi))
    added = _of_locations(end, means, phi, psi)
    return is_weak, mean_curvature(variance, largest.dtype) + added


def _turned_product(cosines: Array, sines: Array, phi: Array, psi: Array) -> Array:
    """Return what rotations by phi and psi add to the mean product of the sines.

    Args:
      cosines: mean product of the cosines.
      sines: mean product of the sines.
      phi: first angle.
      psi: second angle.
    """
    fall = _one_minus_cosine(phi) * jnp.cos(psi) + _one_minus_cosine(psi)
    return cosines * jnp.sin(phi) * jnp.sin(psi) - sines * fall


def _of_locations(shapes: Shapes, means: Shapes, phi: Array, psi: Array) -> Array:
    """Return the divergence due to locations; means are of the cosines, and `_turned_product`."""
    a, b, r = shapes
    cosine, other_cosine, turned = means
    of_phi, of_psi = a * cosine * _one_minus_cosine(phi), b * other_cosine * _one_minus_cosine(psi)
    return of_phi + of_psi - r * turned


def _one_minus_cosine(angle: Array) -> Array:
    return 2 * jnp.sin(angle / 2) ** 2


def _reach(a: Array, b: Array, r: Array) -> Array:
    """Return up to which step the variances hardly change: farther where one term dominates."""
    dominance = jnp.maximum(abs(r) - jnp.maximum(a, b), jnp.minimum(a, b) - abs(r))
    return jnp.maximum(_CLOSE, dominance / 5)


def _turned(start: Angle, end: Angle, from_start: Array, angle: Array) -> Array:
    """Return by how much more a mean cosine differs from another mode's, and after a rotation."""
    return _below_one(end) - _below_one(start) - _one_minus_cosine(angle) * (start.cos + from_start)


def _below_one(angle: Angle) -> Array:
    """Return 1 - cos, which does not cancel."""
    return angle.sin**2 / (1 + angle.cos)
