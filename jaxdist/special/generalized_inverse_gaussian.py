r"""Density and tails of the generalized inverse Gaussian distribution, on the scale of logarithms.

The logarithm of the variable, less that of the mode of its density, has the density

.. math:: \frac{e^{-E(y)}}{\int e^{-E}}, \quad
          E(y) = p\, (\sinh y - y) + R\, (\cosh y - 1), \quad R = \sqrt{p^2 + b^2}

with the order p and the concentration b. It is log-concave; for p < 0 it is that of -p, mirrored.
The integral is :math:`2 K_p(b) e^{R - p \operatorname{arsinh}(p / b)}`.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.quadrature import gauss_legendre_average, negligible_exponent
from jaxdist.promotion import custom_jvp
from jaxdist.special.exp_log import expm1, expm1mx
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import along
from jaxdist.special.quotient import log_quotient, quotient

_NEWTON_STEPS = 6  # to where the density is negligible
_NEGLIGIBLE = -1e25  # logarithm of a kernel, beside which that of the integral is nothing
_FLAT = 1e-30  # an excess, as below
_FAR = 20.0  # from the mode; beyond it, an exponential of y would magnify its rounding
_FARTHEST = 80.0  # from the mode; beyond it, probabilities underflow


def gig_mode(order: Array, concentration: Array) -> Array:
    r"""Return the mode that y is relative to, :math:`\exp(\operatorname{arsinh}(p / b))`."""
    radius = hypot(order, concentration)
    is_negative = order < 0
    larger = (radius + jnp.abs(order)) / concentration
    return jnp.where(is_negative, 1 / larger, larger)


@custom_jvp
def gig_coordinate(x: Array, scale: Array, order: Array, concentration: Array) -> Array:
    """Return y, the logarithm of x over the mode."""
    mode = gig_mode(order, concentration)
    product = scale * mode
    tiny = float(jnp.finfo(x.dtype).tiny)
    in_range = (mode > tiny) & (mode < math.inf) & (product > tiny) & (product < math.inf)
    log_mode = log_quotient(hypot(order, concentration) + jnp.abs(order), concentration)
    log_mode = jnp.where(order < 0, -log_mode, log_mode)
    y = log_quotient(x, jnp.where(in_range, product, scale))
    return jnp.where(in_range, y, y - log_mode)


@gig_coordinate.defjvp
def _gig_coordinate_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, scale, order, b), (x_dot, scale_dot, order_dot, b_dot) = primals, tangents
    radius = hypot(order, b)
    of_mode = quotient(order_dot, radius) - quotient(order, radius) * quotient(b_dot, b)
    dot = quotient(x_dot, x) - quotient(scale_dot, scale) - of_mode
    return gig_coordinate(x, scale, order, b), dot


def gig_log_kernel(y: Array, order: Array, concentration: Array) -> Array:
    """Evaluate -E.

    Args:
      y: any number, of one shape and dtype with the others.
      order: p, any number.
      concentration: positive b.
    """
    size, excess, sign = _shape(order, concentration)
    # Times cosh y it may matter where it underflows.
    log_excess = log_quotient(concentration, hypot(order, concentration) + size)
    log_excess += jnp.log(concentration)
    of_size = jnp.where(size > 0, size * expm1mx(jnp.where(size > 0, sign * y, 0)), 0)
    return -_of_excess(y, excess, log_excess) - of_size


@custom_jvp
def gig_log_kernel_at(x: Array, scale: Array, order: Array, concentration: Array) -> Array:
    """Evaluate -E at x, of which large terms in the slopes cancel in closed form.

    Args:
      x: positive, of one shape and dtype with the others.
      scale: positive.
      order: p, any number.
      concentration: positive b.
    """
    y, z = gig_coordinate(x, scale, order, concentration), quotient(x, scale)
    growth = concentration * ((z + 1 / z) / 2)
    is_far = (jnp.abs(y) > _FAR) & (growth < math.inf)
    far = hypot(order, concentration) + order * y - jnp.where(is_far, growth, 0)
    return jnp.where(is_far, far, gig_log_kernel(y, order, concentration))


@gig_log_kernel_at.defjvp
def _gig_log_kernel_at_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Differentiate: -E' in log x, y in p, and minus the change of cosh(log x) in b."""
    (x, scale, order, b), (x_dot, scale_dot, order_dot, b_dot) = primals, tangents
    y = gig_coordinate(x, scale, order, b)
    size, excess, sign = _shape(order, b)
    is_near, z = jnp.abs(y) < 1, quotient(x, scale)
    near = jnp.where(is_near, y, 0)
    growth = size * expm1(sign * near)
    near_slope = excess * jnp.sinh(near) + sign * growth
    near_change = (2 * excess * jnp.sinh(near / 2) ** 2 + growth) / b
    slope = jnp.where(is_near, near_slope, b * ((z - 1 / z) / 2) - order)
    at_mode = hypot(order, b) / b
    infinite = jnp.where(sign * y > 0, math.inf, -math.inf)
    change = jnp.where(at_mode < math.inf, (z + 1 / z) / 2 - at_mode, infinite)
    change = jnp.where(is_near, near_change, change)
    dot = -along(slope, quotient(x_dot, x) - quotient(scale_dot, scale))
    dot += along(y, order_dot) - along(change, b_dot)
    return gig_log_kernel_at(x, scale, order, b), dot


@custom_jvp
def gig_log_normalizer(order: Array, concentration: Array) -> Array:
    """Evaluate the logarithm of the integral."""
    zero = jnp.zeros_like(order)
    left, right = (_beyond(zero, order, concentration, side) for side in (-1, 1))
    return jnp.log(left + right)


@gig_log_normalizer.defjvp
def _gig_log_normalizer_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Differentiate: by parts, the mean of -dE/dp = y - sinh y - (cosh y - 1) p / R is E(y)."""
    (order, b), (order_dot, b_dot) = primals, tangents
    mean, excess = _means(order, b)
    slope = -b / hypot(order, b) * excess
    return gig_log_normalizer(order, b), mean * order_dot + slope * b_dot


def gig_moments(order: Array, concentration: Array) -> tuple[Array, Array]:
    r"""Return the mean and the variance, :math:`K_{p + 1} / K_p` and that less its square.

    Of the order q = p + 1, with the mode m, integration by parts in the mean of
    :math:`e^{-y}` shows that

    .. math:: \frac{m}{\text{mean}} = 1 + c, \quad
              c = \Big(1 + \frac{q}{R}\Big) E(\cosh y - 1), \quad
              \text{variance} = \frac{c}{1 + c} \Big(\frac{m^2}{1 + c} + 1\Big)

    the latter by the recurrence of K. No terms cancel.

    Args:
      order: p, any number, of one shape and dtype with the other.
      concentration: positive b.
    """
    q = order + 1
    mode, radius = gig_mode(q, concentration), hypot(q, concentration)
    size, excess, sign = _shape(q, concentration)
    _, mean_of_cosh = _means(q, concentration)
    c = jnp.where(sign > 0, 1 + size / radius, excess / radius) * mean_of_cosh
    mean = mode / (1 + c)
    return mean, c / (1 + c) * (mode * mean + 1)


def gig_log_tail(x: Array, scale: Array, order: Array, concentration: Array) -> tuple[Array, Array]:
    """Return whether the lower tail is evaluated at x, and its logarithm, less the normalizer's.

    Args:
      x: positive, of one shape and dtype with the others.
      scale: positive.
      order: p, any number.
      concentration: positive b.
    """
    y = gig_coordinate(x, scale, order, concentration)
    log_kernel = gig_log_kernel_at(x, scale, order, concentration)
    matters = log_kernel > _NEGLIGIBLE
    is_lower = y < 0
    side = jnp.where(is_lower, -1, 1).astype(y.dtype)
    log_beyond = jnp.log(_beyond(jnp.where(matters, y, 0), order, concentration, side))
    return is_lower, log_kernel + jnp.where(matters, log_beyond, 0)


def _shape(order: Array, concentration: Array) -> tuple[Array, Array, Array]:
    """Return the size of p, R less that size, and the sign of p."""
    sign = jnp.where(order < 0, -1, 1).astype(order.dtype)
    size = sign * order
    excess = concentration * quotient(concentration, hypot(order, concentration) + size)
    return size, excess, sign


def _of_excess(y: Array, excess: Array, log_excess: Array) -> Array:
    """Return cosh y - 1 times the excess, also where it overflows without that."""
    distance = jnp.abs(y)
    near = jnp.minimum(distance, 20)
    far = jnp.exp(log_excess + distance - math.log(2))
    return jnp.where(distance < 20, 2 * excess * jnp.sinh(near / 2) ** 2, far)


def _beyond(y: Array, order: Array, concentration: Array, side: Array | int) -> Array:
    r"""Integrate :math:`e^{E(y) - E}` from y outwards, to a side where E increases.

    Args:
      y: any number of that side.
      order: p, any number.
      concentration: b, positive.
      side: 1 or -1.
    """
    size, excess, sign = _shape(order, concentration)
    tiny = jnp.finfo(y.dtype).tiny
    root = quotient(concentration, jnp.sqrt(hypot(order, concentration) + size))
    root = jnp.where(root > tiny, root, tiny)
    distance, direction = jnp.minimum(side * y, _FARTHEST), sign * side
    distance = jnp.where(distance < 0, 0, distance)  # clipped, it has half of its slope at 0
    growth = jnp.exp(direction * distance)

    def rise(h: Array) -> Array:
        """Return E at the distance h beyond y, less E at y: a sum of positive terms."""
        of_excess = 2 * (root * jnp.sinh(h / 2)) * (root * jnp.sinh(distance + h / 2))
        of_size = growth * expm1mx(direction * h) + direction * h * jnp.expm1(direction * distance)
        return of_excess + size * of_size

    def slope(h: Array) -> Array:
        of_size = direction * jnp.expm1(direction * (distance + h))
        return root * (root * jnp.sinh(distance + h)) + size * of_size

    exponent = negligible_exponent(y.dtype)
    least = 64 * tiny
    is_flat = excess < _FLAT  # it may underflow
    of_flat = math.log(2 * exponent) - 2 * jnp.log(root)
    bounds = [
        jnp.where(is_flat, of_flat, jnp.arccosh(1 + exponent / jnp.maximum(excess, _FLAT))),
        exponent / jnp.maximum(slope(jnp.zeros_like(distance)), least),
    ]
    ratio = exponent / jnp.maximum(size, least)
    of_growth = jnp.log1p(ratio + jnp.sqrt(2 * ratio))
    largest = math.log(float(jnp.finfo(y.dtype).max) / 2)  # of which the exponential is finite
    of_growth = jnp.minimum(of_growth, largest - distance)
    # From exp(-h) - 1 + h >= h^2 / (2 + h).
    of_decay = (ratio + jnp.sqrt(ratio) * jnp.sqrt(ratio + 8)) / 2
    of_size = jnp.where(direction > 0, of_growth, of_decay)
    farthest = jnp.minimum(jnp.minimum(*bounds), of_size)

    # On a convex function, Newton's method from beyond the root stays beyond it.
    # A bound is not beyond it where parameters underflow.
    def newton(_: int, h: Array) -> Array:
        return jnp.minimum(h - (rise(h) - exponent) / slope(h), farthest)

    reach = lax.fori_loop(0, _NEWTON_STEPS, newton, farthest)
    points = 40 if exponent < 25 else 96
    reach = lax.stop_gradient(reach)
    return reach * gauss_legendre_average(lambda h: jnp.exp(-rise(h)), reach, points)


def _means(order: Array, concentration: Array) -> tuple[Array, Array]:
    """Return the means of y and of cosh y - 1."""
    size, excess, sign = _shape(order, concentration)
    exponent = negligible_exponent(order.dtype)
    least = jnp.finfo(order.dtype).tiny * 1e6
    points = 48 if exponent < 25 else 120

    def of_side(side: int) -> tuple[Array, ...]:
        direction = sign * side

        def rise(h: Array) -> Array:
            return excess * 2 * jnp.sinh(h / 2) ** 2 + size * expm1mx(direction * h)

        def slope(h: Array) -> Array:
            return excess * jnp.sinh(h) + size * direction * jnp.expm1(direction * h)

        # Where cosh y times the integrand is negligible; first, a bound.
        of_excess = jnp.arccosh(1 + (exponent + _FARTHEST) / jnp.maximum(excess, least))
        ratio = (exponent + _FARTHEST) / jnp.maximum(size, least)
        of_growth = jnp.log1p(ratio + jnp.sqrt(2 * ratio))
        farthest = jnp.where(direction > 0, jnp.minimum(of_excess, of_growth), of_excess)
        farthest = jnp.minimum(farthest, _FARTHEST)

        def newton(_: int, h: Array) -> Array:
            ahead = slope(h) - 1
            step = (rise(h) - h - exponent) / jnp.where(ahead > 0, ahead, 1)
            return jnp.where(ahead > 0, jnp.clip(h - step, 0, farthest), h)

        reach = lax.stop_gradient(lax.fori_loop(0, _NEWTON_STEPS + 2, newton, farthest))

        def terms(h: Array) -> tuple[Array, ...]:
            weight = jnp.exp(-rise(h))
            return weight, side * h * weight, 2 * (jnp.sinh(h / 2) * weight) * jnp.sinh(h / 2)

        averages = gauss_legendre_average(terms, reach, points)
        return tuple(reach * x for x in averages)

    total, mean, mean_of_cosh = (x + y for x, y in zip(of_side(-1), of_side(1), strict=True))
    return mean / total, mean_of_cosh / total
