r"""Integrals over the unit sphere, of the von Mises-Fisher distribution.

With t the cosine of the angle between a fixed direction and a uniform point of the sphere in n
dimensions, they are the moments of t under the density proportional to :math:`e^{\kappa t}`:
Bessel functions of the order n / 2 - 1. By Gauss's rule for the density of t, whose sums have no
terms of different sign, and for large n or κ by Debye's expansion.
"""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.numerics.differentiation import derivative
from jaxdist.numerics.quadrature import gauss_legendre_average
from jaxdist.promotion import custom_jvp
from jaxdist.special.debye import debye_start, debye_sums
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.quotient import quotient
from jaxdist.special.stirling import stirling_error

_LARGE_ORDER = 1.0  # from which on Stirling's formula is subtracted from the expansion
_NEAR_ONE = 0.5  # κ up to which the mean of the exponential is near 1
_REACH = 20.0  # exp(-20) is negligible in a derivative of a draw
_POINTS = 48  # of its quadrature


def sphere_log_area(dim: int) -> float:
    r"""Return the logarithm of the area of the sphere, :math:`2 \pi^{n/2} / \Gamma(n/2)`.

    Args:
      dim: the number n of dimensions around it.
    """
    return math.log(2) + dim / 2 * math.log(math.pi) - math.lgamma(dim / 2)


@functools.cache
def _gauss_rule(dim: int, points: int) -> tuple[np.ndarray, np.ndarray]:
    """Return 1 - t and the weights of Gauss's rule for the cosine t (Golub and Welsch, 1969)."""
    k, order = np.arange(2.0, points), dim / 2 - 1
    squares = k * (k + 2 * order - 1) / ((k + order) * (k + order - 1)) / 4
    off_diagonal = np.sqrt(np.concatenate([[0.5 / (1 + order)], squares]))
    nodes, vectors = np.linalg.eigh(np.diag(off_diagonal, 1) + np.diag(off_diagonal, -1))
    return 1 - nodes, vectors[0] ** 2


def _is_large(order: float, kappa: Array) -> Array:
    start = debye_start(kappa.dtype)
    return jnp.full_like(kappa, True, bool) if order > start else kappa > start


def _nodes(dim: int, kappa: Array) -> tuple[Array, Array, Array]:
    """Return a κ that is not large behind a new axis, 1 - t, and the weights of the rule."""
    points = 20 if jnp.finfo(kappa.dtype).eps > 1e-10 else 44
    near = jnp.where(_is_large(dim / 2 - 1, kappa), 1, kappa)
    positions, weights = (jnp.asarray(x, kappa.dtype) for x in _gauss_rule(dim, points))
    return near[..., None], positions, weights


def _radius(order: float, kappa: Array) -> tuple[Array, Array]:
    """Return a κ for which the expansion holds, and R."""
    far = jnp.where(_is_large(order, kappa), kappa, 2 * debye_start(kappa.dtype))
    return far, hypot(order, far)


def _choose(order: float, kappa: Array, far: Array, near: Array) -> Array:
    return jnp.where(_is_large(order, kappa), far, near)


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def sphere_log_mean_exp(dim: int, kappa: Array) -> Array:
    r"""Logarithm of a mean over the sphere, :math:`\log E[e^{\kappa (t - 1)}]`.

    .. math:: \log \frac{\Gamma(\nu + 1)\, I_\nu(\kappa)}{(\kappa / 2)^\nu} - \kappa, \quad
              \nu = n/2 - 1

    Args:
      dim: the number n of dimensions, at least 2.
      kappa: non-negative, any shape.
    """
    order = dim / 2 - 1
    small, u, weights = _nodes(dim, kappa)
    is_near_one = kappa < _NEAR_ONE
    deficit = jnp.sum(weights * jnp.expm1(-jnp.where(is_near_one[..., None], small, 0) * u), -1)
    mean = jnp.sum(weights * jnp.exp(-small * u), -1)
    near = jnp.where(is_near_one, jnp.log1p(deficit), jnp.log(mean))
    far, radius = _radius(order, kappa)
    series, _ = debye_sums(jnp.full_like(far, order), radius)
    if order < _LARGE_ORDER:
        constant = math.lgamma(order + 1) - math.log(2 * math.pi) / 2
        power = order * jnp.log((order + radius) / 2) + jnp.log(radius) / 2
        leading = order * order / (radius + far) - power + constant
    else:
        excess = far / (radius + order) * far  # R - order
        power = order * jnp.log1p(excess / (2 * order)) + jnp.log1p(excess / order) / 2
        correction = stirling_error(jnp.full_like(far, order))
        leading = correction - order * ((far + excess) / (radius + far)) - power
    return _choose(order, kappa, leading + series, near)


@sphere_log_mean_exp.defjvp
def _sphere_log_mean_exp_jvp(
    dim: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (kappa,), (kappa_dot,) = primals, tangents
    return sphere_log_mean_exp(dim, kappa), -sphere_mean_distance(dim, kappa) * kappa_dot


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def sphere_mean_distance(dim: int, kappa: Array) -> Array:
    r"""Mean of 1 - t under the density proportional to :math:`e^{\kappa t}`, exact where small.

    .. math:: 1 - I_{\nu + 1}(\kappa) / I_\nu(\kappa), \quad \nu = n/2 - 1

    Args:
      dim: the number n of dimensions, at least 2.
      kappa: non-negative, any shape.
    """
    order = dim / 2 - 1
    return _choose(order, kappa, _far_mean_distance(order, kappa), _near_moments(dim, kappa)[0])


@sphere_mean_distance.defjvp
def _sphere_mean_distance_jvp(
    dim: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    (kappa,), (kappa_dot,) = primals, tangents
    return sphere_mean_distance(dim, kappa), -sphere_cosine_variance(dim, kappa) * kappa_dot


def sphere_mean_fall(dim: int, kappa: Array) -> Array:
    r"""Mean of :math:`\kappa (1 - t)` under the density proportional to :math:`e^{\kappa t}`.

    It is (n - 1) / 2 for a large kappa, where the derivatives of the factors underflow.

    Args:
      dim: the number n of dimensions, at least 2.
      kappa: non-negative, any shape.
    """
    is_large = _is_enormous(dim, kappa)
    inside = jnp.where(is_large, 1, kappa)
    return jnp.where(is_large, (dim - 1) / 2, inside * sphere_mean_distance(dim, inside))


def _far_mean_distance(order: float, kappa: Array) -> Array:
    far, radius = _radius(order, kappa)
    _, slope = debye_sums(jnp.full_like(far, order), radius)
    leading = order * (1 + order / (radius + far)) / (radius + order)
    return leading + (0.5 * (far / radius) * (1 / radius) + far * slope)


def _near_moments(dim: int, kappa: Array) -> tuple[Array, Array]:
    """Return mean and variance of 1 - t by Gauss's rule."""
    small, u, weights = _nodes(dim, kappa)
    weights = weights * jnp.exp(-small * u)
    total = jnp.sum(weights, -1)
    mean = jnp.sum(weights * u, -1) / total
    return mean, jnp.sum(weights * (u - mean[..., None]) ** 2, -1) / total


def sphere_cosine_variance(dim: int, kappa: Array) -> Array:
    r"""Variance of t under the density proportional to :math:`e^{\kappa t}`.

    Args:
      dim: the number n of dimensions, at least 2.
      kappa: non-negative, any shape.
    """
    order, is_large = dim / 2 - 1, _is_enormous(dim, kappa)
    inside = jnp.where(is_large, 1, kappa)
    far = -derivative(functools.partial(_far_mean_distance, order))(inside)
    finite = _choose(order, inside, far, _near_moments(dim, inside)[1])
    large = jnp.where(is_large, kappa, 1)
    leading = quotient(quotient(jnp.full_like(kappa, (dim - 1) / 2), large), large)
    return jnp.where(is_large, leading, finite)


def _is_enormous(dim: int, kappa: Array) -> Array:
    """Return where the leading term in 1 / κ is exact, and derivatives of the others underflow."""
    return kappa * float(jnp.finfo(kappa.dtype).eps) ** 2 > dim


def sphere_mean_ratio(dim: int, kappa: Array) -> Array:
    r"""Mean of t under the density proportional to :math:`e^{\kappa t}`, over κ.

    .. math:: \frac{I_{\nu + 1}(\kappa)}{\kappa I_\nu(\kappa)}, \quad \nu = n/2 - 1

    Args:
      dim: the number n of dimensions, at least 2.
      kappa: non-negative, any shape.
    """
    order = dim / 2 - 1
    small, u, weights = _nodes(dim, kappa)
    weights = weights * jnp.exp(-small * u)
    near = jnp.sum(weights * u * (2 - u), -1) / jnp.sum(weights, -1) / (dim - 1)
    far, radius = _radius(order, kappa)
    _, slope = debye_sums(jnp.full_like(far, order), radius)
    return _choose(order, kappa, 1 / (radius + order) - 0.5 / radius / radius - slope, near)


def sphere_angle_derivative(dim: int, angle: Array, kappa: Array) -> Array:
    r"""Derivative in κ of an angle whose cosine has the density of t, at a fixed probability.

    .. math:: \frac{d\theta}{d\kappa} = -\int_0^\theta (B - u')\, e^{-\kappa (u' - u)}
              \left(\frac{\sin \theta'}{\sin \theta}\right)^{n - 2} d\theta', \quad
              u = 1 - \cos \theta, \; B = E[u]

    For u > B by the integral from θ to π, of opposite sign, so that no terms cancel.

    Args:
      dim: the number n of dimensions, at least 2.
      angle: θ in (0, π), any shape.
      kappa: non-negative, the shape of `angle`.
    """
    mean = sphere_mean_distance(dim, kappa)
    u = 2 * jnp.sin(angle / 2) ** 2
    is_lower = u <= mean
    concentration = dim / 2 - 1
    width = math.pi if dim == 2 else min(math.pi, 1.2 * math.sqrt(_REACH / concentration))
    inner = 1 if dim == 2 else 1 - math.sqrt(max(0, 1 - math.sqrt(2 * _REACH / concentration)))
    q = _REACH / jnp.maximum(kappa * u, _REACH / 1e6)
    farthest = jnp.minimum(u * (1 + q + jnp.sqrt(q * (q + 2))), 2)
    outwards = jnp.minimum(2 * jnp.arcsin(jnp.sqrt(farthest / 2)), math.pi) - angle
    length = jnp.minimum(jnp.where(is_lower, inner * angle, outwards), width)
    sign = jnp.where(is_lower, -1, 1)

    def integrand(step: Array) -> Array:
        other = angle + sign * step
        change = 2 * sign * jnp.sin(step / 2) * jnp.sin(angle + sign * step / 2)
        ratio = jnp.maximum(jnp.sin(other) / jnp.sin(angle), 0) ** (dim - 2)
        return jnp.abs(u + change - mean) * jnp.exp(-kappa * change) * ratio

    return -length * gauss_legendre_average(integrand, length, _POINTS)
