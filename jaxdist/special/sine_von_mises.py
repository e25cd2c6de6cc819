r"""The sine model of two von Mises angles: its density, its integral and its marginal.

With a = phi_concentration, b = psi_concentration, r = correlation the logarithm of the density of
the angles is, up to a constant,

.. math:: E = a \cos\phi + b \cos\psi + r \sin\phi \sin\psi

It is largest at :math:`\pm(\phi_0, \psi_0)`: at 0, or at two points if :math:`r^2 > a b`. All is
relative to E there, in forms whose large terms do not cancel. The second angle is integrated in
closed form, and the first one by quadrature:

.. math:: \int e^E d\psi = 2 \pi e^{a \cos\phi} I_0(\alpha), \quad
          \alpha = \sqrt{b^2 + r^2 \sin^2\phi}
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.numerics.quadrature import gauss_legendre_average, negligible_exponent
from jaxdist.promotion import custom_jvp
from jaxdist.special.bessel import (
    bessel_mean_fall,
    bessel_ratio,
    bessel_ratio_complement,
    log_i0e,
)
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.with_slopes import with_slopes

# Of the interval of integration, until the density falls by little: for any float32 concentration.
_HALVINGS = 72


class Angle(NamedTuple):
    """Cosine and sine of an angle."""

    cos: Array
    sin: Array


class Mode(NamedTuple):
    """The angles where the density is largest, both in [0, pi / 2], of a positive correlation."""

    phi: Angle
    psi: Angle


def regular(b: Array) -> Array:
    r"""Return :math:`\sqrt{b^2 + \epsilon}`, with which α has derivatives everywhere."""
    return hypot(b, jnp.full_like(b, math.sqrt(jnp.finfo(b.dtype).eps)))


def excess(b: Array) -> Array:
    """Return by how much `regular(b)` is more than b."""
    return float(jnp.finfo(b.dtype).eps) / (regular(b) + b)


def mode(a: Array, b: Array, r: Array) -> Mode:
    """Find where the density is largest; b is `regular`."""
    r = jnp.abs(r)
    between = jnp.where(a > 0, jnp.sqrt(jnp.where(a > 0, a, 1)), 0) * jnp.sqrt(b)
    is_bimodal = r > between
    r = jnp.where(is_bimodal, r, 2)
    between = jnp.where(is_bimodal, between, 1)
    norm = hypot(r, a)
    cosine = a / norm * hypot(b, r) / r
    sine = jnp.sqrt((r - between) / r * ((r + between) / r)) * hypot(r, between) / norm
    phi = Angle(jnp.where(is_bimodal, cosine, 1), jnp.where(is_bimodal, sine, 0))
    alpha = hypot(b, r * phi.sin)
    return Mode(phi, Angle(b / alpha, r * phi.sin / alpha))


@custom_jvp
def _exactly(exact: Array, plain: Array) -> Array:
    """Return `exact`, with the derivatives of an expression that is the same but for rounding.

    The body has them too: see `with_slopes`.
    """
    return lax.stop_gradient(exact) + (plain - lax.stop_gradient(plain))


@_exactly.defjvp
def _exactly_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    return _exactly(*primals), tangents[1]


def relative_log_density(phi: Array, psi: Array, a: Array, b: Array, r: Array) -> Array:
    """Evaluate E less its largest value, which counts as a constant; b is `regular`."""
    top = lax.stop_gradient(mode(a, b, r))
    sign = jnp.where(jnp.sin(lax.stop_gradient(phi)) < 0, -1.0, 1.0)
    other_sign = jnp.where(r < 0, -sign, sign)
    at_phi = Angle(top.phi.cos, sign * top.phi.sin)
    at_psi = Angle(top.psi.cos, other_sign * top.psi.sin)
    half_phi, *of_phi = _differences(*lax.stop_gradient((phi, at_phi)))
    half_psi, *of_psi = _differences(*lax.stop_gradient((psi, at_psi)))
    product = of_phi[1] * of_psi[1]
    stiffness = (hypot(a, r * at_psi.sin), hypot(b, r * at_phi.sin))
    value = r * product - 2 * (stiffness[0] * half_phi**2 + stiffness[1] * half_psi**2)
    joint = at_phi.sin * of_psi[1] + at_psi.sin * of_phi[1] + product
    sines = jnp.sin(phi) * jnp.sin(psi)
    slopes = (
        r * jnp.cos(phi) * jnp.sin(psi) - a * jnp.sin(phi),
        r * jnp.sin(phi) * jnp.cos(psi) - b * jnp.sin(psi),
        _exactly(of_phi[0], jnp.cos(phi)),
        _exactly(of_psi[0], jnp.cos(psi)),
        _exactly(joint, sines),
    )
    return with_slopes(lax.stop_gradient(value), slopes, (phi, psi, a, b, r))


def _differences(x: Array, origin: Angle) -> tuple[Array, Array, Array]:
    """Return the sine of half the distance, and the differences of the cosines and the sines."""
    start = jnp.arctan2(origin.sin, origin.cos)
    half, middle = jnp.sin((x - start) / 2), (x + start) / 2
    return half, -2 * half * jnp.sin(middle), 2 * half * jnp.cos(middle)


# --- the marginal of the first angle -------------------------------------------------------------


class Origin(NamedTuple):
    r"""The angle in [0, pi / 2] to which the marginal density of the first angle is relative.

    Attributes:
      at: the angle, a constant.
      linear: the slope of :math:`a \cos\phi + \alpha` in the cosine there.
    """

    at: Angle
    linear: Array

    @property
    def angle(self) -> Array:
        """The angle as a number."""
        return jnp.arctan2(self.at.sin, self.at.cos)


class Point(NamedTuple):
    """The marginal density of the first angle at a point, relative to that at an origin.

    Attributes:
      log_density: its logarithm.
      deviations: its derivatives in a, b and r; expected values of the cosines and of the product
        of the sines given the first angle, less those at the origin.
      cosines: expected product of the cosines, given the first angle.
      square: the square of the sine of the first angle.
      fall: by how much E is expected to be less than at the origin, given the first angle.
    """

    log_density: Array
    deviations: tuple[Array, Array, Array]
    cosines: Array
    square: Array
    fall: Array


def origin(at: Angle, linear: Array | float, a: Array, b: Array, r: Array) -> Origin:
    """Make an origin from the slope that it has, unless it is 0, where that has a better form."""
    return lax.stop_gradient(Origin(at, jnp.where(at.sin > 0, linear, a - r * (r / b))))


def point(step: Array, start: Origin, a: Array, b: Array, r: Array) -> Point:
    """Evaluate the marginal density at a distance from an origin; b is `regular`."""
    cos, sin = start.at
    phi = start.angle + step
    sine = jnp.sin(phi)
    alpha = hypot(b, r * sine)
    # The differences of the cosine (with a minus), of the square of the sine, and of alpha.
    chord, sine_between = 2 * jnp.sin(step / 2), jnp.sin(phi - step / 2)
    u = chord * sine_between
    v = u * (2 * cos - u)
    at_start = lax.stop_gradient(hypot(b, r * sin))
    rise = lax.stop_gradient(r * (r * v / (alpha + at_start)))
    bend = r * u * (r * u / (2 * at_start)) + rise * (rise / (2 * at_start))
    exponent = lax.stop_gradient(-start.linear * chord * sine_between - bend)  # u may underflow
    share = rise / at_start
    # The mode of the second angle given the first: the terms of its derivatives do not cancel.
    given = jnp.arctan2(r * sine, b)
    given_cos = _exactly(b / alpha, jnp.cos(given))
    given_sin = _exactly(r * sine / alpha, jnp.sin(given))
    slopes = (
        _exactly(-u, jnp.cos(phi)),
        _exactly(-b / alpha * share, given_cos),
        _exactly(r / alpha * (v - sin**2 * share), sine * given_sin),
    )
    exponent = with_slopes(exponent, slopes, (a, b, r))
    spread = bessel_ratio_complement(alpha)
    deviations = (
        slopes[0],
        slopes[1] - spread * given_cos,
        slopes[2] - spread * sine * given_sin,
    )
    cosines = jnp.cos(phi) * bessel_ratio(alpha) * given_cos
    log_density = exponent + log_i0e(alpha)
    return Point(log_density, deviations, cosines, sine**2, bessel_mean_fall(alpha) - exponent)


def reach(drop: Callable[[Array], Array], span: Array, enough: float) -> Array:
    """Halve an interval until a function, which increases from 0, is hardly enough at its end."""
    halves = 0.5 ** np.arange(1.0, _HALVINGS + 1).reshape(-1, *[1] * span.ndim)
    excess = drop(lax.stop_gradient(span) * jnp.asarray(halves, span.dtype)) > enough
    return span * jnp.exp2(-jnp.sum(excess, 0, dtype=span.dtype))


def _integrate(function: Callable[[Point], Any], a: Array, b: Array, r: Array) -> tuple[Any, Array]:
    """Integrate a function of points times the density, from 0 to pi.

    Returns:
      The integrals over a common factor, without which they underflow at large concentrations, and
      its logarithm.
    """
    start = origin(mode(a, b, r).phi, 0.0, a, b, jnp.abs(r))
    span = jnp.stack([math.pi - start.angle, start.angle])
    sign = jnp.asarray([1.0, -1.0], span.dtype).reshape(2, *[1] * a.ndim)
    fixed = lax.stop_gradient((a, b, r))
    at_start = point(jnp.zeros_like(a), start, *fixed).log_density
    enough, nodes = _rule(a.dtype)
    drop = lambda step: at_start - point(sign * step, start, *fixed).log_density
    end = reach(drop, span, enough)
    largest = jnp.max(end, 0)

    def integrand(step: Array) -> Any:
        x = point(sign * step, start, a, b, r)
        weight = jnp.exp(x.log_density - at_start)
        return jax.tree.map(lambda y: weight * y, function(x))

    average = gauss_legendre_average(integrand, end, nodes)
    sums = jax.tree.map(lambda y: jnp.sum(end / largest * y, 0), average)
    return sums, at_start + jnp.log(largest)


def _rule(dtype: np.dtype) -> tuple[float, int]:
    """Return how far the logarithm of the density falls, and the number of nodes."""
    return negligible_exponent(dtype), 24 if jnp.finfo(dtype).eps > 1e-10 else 56


def log_integral(a: Array, b: Array, r: Array) -> Array:
    r"""Integrate the density relative to that at the mode, :math:`\log \int e^{E - E_0}`.

    Args:
      a: non-negative concentration of the first angle.
      b: that of the second one, `regular`, of the same shape.
      r: correlation, of the same shape.
    """
    total, log_factor = _integrate(lambda x: jnp.ones_like(x.square), a, b, r)
    return jnp.log(4 * math.pi * total) + log_factor


def log_mean_of_weak(a: Array, b: Array, r: Array) -> Array:
    r"""Return :math:`\log E e^E` of uniform angles by its power series, for arguments up to 2.

    .. math:: \sum_m \binom{2 m}{m} \left(\frac{r}{2}\right)^{2 m}
              \frac{I_m(a)}{a^m} \frac{I_m(b)}{b^m}, \quad
              \frac{I_m(x)}{x^m} = \frac{1}{2^m} \sum_k \frac{(x / 2)^{2 k}}{k!\, (m + k)!}

    Singh, Hnizdo and Demchuk, Probabilistic model for two dependent circular variables (2002).

    Args:
      a: concentration of the first angle.
      b: that of the second one.
      r: correlation.
    """
    terms = range(10 if jnp.finfo(a.dtype).eps > 1e-10 else 18)

    def bessel(x: Array, m: int) -> Array:
        coefficients = [1 / math.factorial(k) / math.factorial(m + k) for k in terms]
        return jnp.polyval(jnp.asarray(coefficients[::-1], x.dtype), x * x / 4)

    factors = [math.comb(2 * m, m) * bessel(a, m) * bessel(b, m) for m in terms]
    return jnp.log(jnp.polyval(jnp.stack(factors[::-1]), r * r / 16))


class Moments(NamedTuple):
    """Expected values: see `Point`."""

    deviations: tuple[Array, Array, Array]
    cosines: Array
    square: Array
    fall: Array


def moments(a: Array, b: Array, r: Array) -> Moments:
    """Return expected values of the cosines and sines; arguments as of `log_integral`."""
    (total, sums), _ = _integrate(lambda x: (jnp.ones_like(x.square), Moments(*x[1:])), a, b, r)
    averages: Moments = jax.tree.map(lambda y: y / total, sums)
    return averages


def path_slopes(phi: Array, a: Array, b: Array, r: Array) -> tuple[Array, Array, Array]:
    r"""Differentiate a draw of the first angle in the parameters, at fixed probability.

    .. math:: \frac{\partial \phi}{\partial \theta} = \int_\phi^\pi \left(
              \frac{\partial \log p(t)}{\partial \theta} \right) \frac{p(t)}{p(\phi)} dt

    or minus the integral from 0 to φ, on the side of the mode where φ is.

    Args:
      phi: in [0, pi], any shape, as all.
      a: non-negative concentration of the first angle.
      b: that of the second one, `regular`.
      r: correlation.
    """
    start = origin(mode(a, b, r).phi, 0.0, a, b, jnp.abs(r))
    distance = phi - start.angle
    is_upper = lax.stop_gradient(distance) >= 0
    sign = jnp.where(is_upper, 1.0, -1.0)
    span = jnp.where(is_upper, math.pi - phi, phi)
    here = point(distance, start, a, b, r)
    expected = moments(a, b, r).deviations
    fixed_distance, *fixed = lax.stop_gradient((distance, a, b, r))
    at_here = lax.stop_gradient(here.log_density)

    def drop(step: Array) -> Array:
        return at_here - point(fixed_distance + sign * step, start, *fixed).log_density

    enough, nodes = _rule(a.dtype)
    end = reach(drop, span, enough)

    def integrand(step: Array) -> tuple[Array, ...]:
        x = point(distance + sign * step, start, a, b, r)
        ratio = jnp.exp(x.log_density - here.log_density)
        return tuple(ratio * (y - e) for y, e in zip(x.deviations, expected, strict=True))

    first, second, third = gauss_legendre_average(integrand, end, nodes)
    return sign * end * first, sign * end * second, sign * end * third
