r"""The density and the pre-image of a sinh-arcsinh variable.

.. math:: x = c \sinh(b\,(\operatorname{arcsinh} y + a)), \quad
          c = \mathrm{scale}\, \frac{2}{\sinh w}, \quad w = b \operatorname{arcsinh} 2

With v = arcsinh(x / c), the pre-image is y = sinh(v / b - a). All slopes are written by v, in which
neither x nor c overflows; of those in b, no first-order terms cancel for a small b.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import horner
from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.exp_log import log_sinhc
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.location_scale import log_distance, standardize
from jaxdist.special.logistic import log_cosh
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import quotient

_ARCSINH_2 = math.asinh(2.0)
_LARGE = 15.0  # w from which sinh(w) is exp(w) / 2, in float64 from twice that on
_LARGEST_ANGLE = 80.0  # whose hyperbolic functions are finite
_LARGE_PREIMAGE = 1e9
_HUGE = 1e30  # b beside which the logarithm of |x| is nothing
_FAR = 30.0  # v from which it is the logarithm of 2 x / c
# (w cosh w - sinh w) / w^3 by powers of w^2.
_EXCESS = [2 * k / math.factorial(2 * k + 1) for k in range(1, 12)]


@of_arrays()
@custom_jvp
def sinh_arcsinh_log_density(x: Array, scale: Array, skew: Array, tailweight: Array) -> Array:
    """Evaluate the log-density at x.

    Args:
      x: any shape broadcastable with the others.
      scale: positive.
      skew: the skew a, a real number.
      tailweight: positive b.
    """
    v = _angle(x, scale, tailweight)
    angle = finite(_over_tailweight(v, tailweight) - skew)
    log_slope = _log_slope(x, scale, tailweight, v) - log_cosh(angle)
    return -(jnp.sinh(angle) ** 2) / 2 - LOG_TWO_PI / 2 - log_slope


@sinh_arcsinh_log_density.defjvp
def _sinh_arcsinh_log_density_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, scale, skew, b), (x_dot, scale_dot, skew_dot, b_dot) = primals, tangents
    v = _angle(x, scale, b)
    angle, tangent = finite(_over_tailweight(v, b) - skew), jnp.tanh(v)
    # That in the angle is -y^2 tanh(angle), which may overflow: a large y is multiplied last.
    size = jnp.sinh(jnp.clip(angle, -_LARGEST_ANGLE, _LARGEST_ANGLE))
    is_large = jnp.abs(size) > _LARGE_PREIMAGE
    y, other = jnp.where(is_large, size, 1), jnp.where(is_large, 1, size)
    rest = -size * other * jnp.tanh(angle)
    secant = 1 / jnp.cosh(jnp.minimum(jnp.abs(v), _LARGEST_ANGLE))
    of_x = y * _over_radius(quotient(rest, b), x, scale, b, v)
    of_x -= _over_radius(tangent, x, scale, b, v)
    of_scale = y * (rest * _slope_in_scale(scale, b, v)) - quotient(secant**2, scale)
    of_b = y * quotient(rest * _angle_growth(x, scale, b, v), b)
    of_b += quotient(secant * (_excess(b) * secant) - tangent**2, b)
    dot = along(of_x, x_dot) + along(of_scale, scale_dot)
    dot += along(of_b, b_dot) - along(y * rest, skew_dot)
    return sinh_arcsinh_log_density(*primals), dot


@of_arrays()
@custom_jvp
def sinh_arcsinh_angle(x: Array, scale: Array, tailweight: Array) -> Array:
    """Return v / b, that is arcsinh(y) for a skew of 0.

    Args:
      x: any shape broadcastable with the others.
      scale: positive.
      tailweight: positive b.
    """
    return _over_tailweight(_angle(x, scale, tailweight), tailweight)


@sinh_arcsinh_angle.defjvp
def _sinh_arcsinh_angle_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (x, scale, b), (x_dot, scale_dot, b_dot) = primals, tangents
    v = _angle(x, scale, b)
    dot = along(_over_radius(1 / b, x, scale, b, v), x_dot)
    dot += along(_slope_in_scale(scale, b, v), scale_dot)
    dot += along(quotient(_angle_growth(x, scale, b, v), b), b_dot)
    return sinh_arcsinh_angle(x, scale, b), dot


@of_arrays()
@custom_jvp
def sinh_arcsinh_image(angle: Array, scale: Array, tailweight: Array) -> Array:
    """Return x, given `arcsinh(y) + a`.

    Args:
      angle: any shape broadcastable with the others.
      scale: positive.
      tailweight: positive b.
    """
    return _sine_and_cosine(angle, scale, tailweight)[0]


@sinh_arcsinh_image.defjvp
def _sinh_arcsinh_image_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (angle, scale, b), (angle_dot, scale_dot, b_dot) = primals, tangents
    of_scale, _ = _sine_and_cosine(angle, jnp.ones_like(scale), b)
    is_small = b < 1  # where c may overflow, and not its product with b
    _, cosine = _sine_and_cosine(angle, jnp.where(is_small, b, scale), b)
    of_angle = jnp.where(is_small, scale, b) * cosine
    is_large = scale > 1
    growth = _growth(angle, jnp.where(is_large, 1, scale), b) * jnp.where(is_large, scale, 1)
    dot = along(of_angle, angle_dot) + along(of_scale, scale_dot) + along(growth, b_dot)
    return sinh_arcsinh_image(angle, scale, b), dot


def _sine_and_cosine(angle: Array, scale: Array, b: Array) -> tuple[Array, Array]:
    """Return c sinh(v) and c cosh(v), where v is b times the angle."""
    v, w = angle * b, _width(b)
    far, is_large = jnp.abs(v) > _FAR, w > 2 * _LARGE
    v_inside, near_w = jnp.where(far, 0, v), jnp.where(is_large, 1, w)
    near = 2 / jnp.sinh(near_w)
    root = jnp.exp(-jnp.where(is_large, w, 0) / 2)
    sine, cosine = (
        jnp.where(is_large, scale * root * (4 * of_v * root), scale * (near * of_v))
        for of_v in (jnp.sinh(v_inside), jnp.cosh(v_inside))
    )
    gap, far_w = jnp.where(far, jnp.abs(angle) - _ARCSINH_2, 0), jnp.where(far, w, 1)
    root = jnp.exp(gap * b / 2)  # whose square may overflow where its product does not
    outside = scale * root * (2 * root / -jnp.expm1(-2 * far_w))
    sine = jnp.where(far, jnp.where(v < 0, -outside, outside), sine)
    return sine, jnp.where(far, outside, cosine)


def _growth(angle: Array, scale: Array, b: Array) -> Array:
    r"""Return the slope of x in b, :math:`c\,(v \cosh v - w \coth(w) \sinh v) / b`."""
    sine, cosine = _sine_and_cosine(angle, scale, b)
    v = angle * b
    near, far = jnp.abs(v) < 1, jnp.abs(v) > _FAR
    small, inside = jnp.where(near, v, 0), jnp.where(near | far, 0, v)
    c = jnp.where(near, cosine, 0) / jnp.cosh(small)
    by_terms = inside * jnp.where(far, 0, cosine) - jnp.where(far, 0, sine) * (1 + _excess(b))
    by_terms = jnp.where(jnp.isinf(cosine), jnp.sign(v) * math.inf, by_terms)
    of_small = c * small**3 * horner(_EXCESS, small**2) - jnp.where(near, sine, 0) * _excess(b)
    of_inside = quotient(jnp.where(near, of_small, by_terms), b)
    # Far out the hyperbolic functions are one.
    gap = jnp.abs(angle) - _ARCSINH_2
    gap = jnp.where(_width(b) > _FAR, gap, quotient(jnp.abs(v) - 1 - _excess(b), b))
    return jnp.where(far, jnp.where(gap == 0, 0, sine) * gap, of_inside)


def _width(b: Array) -> Array:
    """Return w, which is finite."""
    return jnp.minimum(_ARCSINH_2 * b, float(jnp.finfo(b.dtype).max) / 4)


def _angle(x: Array, scale: Array, b: Array) -> Array:
    """Return v."""
    w = _width(b)
    log_size = log_distance(x, jnp.zeros_like(x), scale) + (w - math.log(2)) + _log1mexp2(w)
    far = log_size > _FAR
    near_w = jnp.minimum(w, 170.0)
    root = jnp.exp(near_w / 2) / 2
    z = standardize(jnp.where(far, 0, x), jnp.zeros_like(x), scale)
    near = jnp.arcsinh(root * (root * (z * -jnp.expm1(-2 * near_w))))
    return jnp.where(far, jnp.where(x < 0, -log_size, log_size), near)


def _over_tailweight(v: Array, b: Array) -> Array:
    """Return v / b, or its limit where b is so large that w may overflow."""
    is_huge = (b > _HUGE) & (v != 0)
    return jnp.where(is_huge, jnp.sign(v) * _ARCSINH_2, v / jnp.where(is_huge, 1, b))


def _log1mexp2(w: Array) -> Array:
    """Return `log(1 - exp(-2 w))`."""
    return jnp.log(-jnp.expm1(-2 * w))


def _slope_in_scale(scale: Array, b: Array, v: Array) -> Array:
    """Return the slope of v / b; 0 where v is, also if the product of the divisors underflows."""
    away = v != 0
    slope = quotient(quotient(jnp.tanh(v), jnp.where(away, b, 1)), jnp.where(away, scale, 1))
    return -slope


def _log_slope(x: Array, scale: Array, b: Array, v: Array) -> Array:
    """Return the logarithm of b c cosh(v); far from 0 that is of b |x / tanh(v)|."""
    near = jnp.abs(v) < 1
    log_factor = jnp.log(scale) + math.log(2 / _ARCSINH_2) - log_sinhc(_width(b))
    of_near = log_factor + log_cosh(jnp.where(near, v, 0))
    size = jnp.abs(jnp.where(near, 1, x))
    of_far = jnp.log(b) + jnp.log(size) - jnp.log(jnp.tanh(jnp.where(near, 1, jnp.abs(v))))
    return jnp.where(near, of_near, of_far)


def _over_radius(numerator: Array, x: Array, scale: Array, b: Array, v: Array) -> Array:
    """Divide by c cosh(v); far from 0 that is |x / tanh(v)|."""
    near, w = jnp.abs(v) < 1, _width(b)
    root = jnp.exp(jnp.minimum(w, 170.0) / 2) / 2
    inner = quotient(numerator * root, scale) * root * -jnp.expm1(-2 * w)
    inner /= jnp.cosh(jnp.where(near, v, 0))
    size = jnp.abs(jnp.where(near, 1, x))
    outer = quotient(numerator * jnp.tanh(jnp.where(near, 1, jnp.abs(v))), size)
    return jnp.where(near, inner, outer)


def _excess(b: Array) -> Array:
    """Return w coth(w) - 1; w coth(w) is minus the slope of log c in log b."""
    w = _width(b)
    near = w < 1
    small = jnp.where(near, w, 0.5)
    of_small = small**3 * horner(_EXCESS, small * small) / jnp.sinh(small)
    return jnp.where(near, of_small, w / jnp.tanh(jnp.where(near, 1, w)) - 1)


def _angle_growth(x: Array, scale: Array, b: Array, v: Array) -> Array:
    """Return the slope of v / b in log b: `(tanh(v) w coth(w) - v) / b`.

    By what both terms exceed tanh(v) by, or if both are large, by w - v.
    """
    size, w = jnp.abs(v), _width(b)
    near = size < 1
    small = jnp.where(near, size, 0.5)
    deficit = small**3 * horner(_EXCESS, small * small) / jnp.cosh(small)
    deficit = jnp.where(near, deficit, size - jnp.tanh(jnp.where(near, 1, size)))
    change = jnp.tanh(size) * _excess(b) - deficit
    is_large = (size > 1) & (w > 1)
    s, t = jnp.where(is_large, size, 1), jnp.where(is_large, w, 1)
    shrinking = jnp.exp(-2 * s)
    # arcsinh(u) = log(2 u) + log((1 + sqrt(1 + 1 / u^2)) / 2), of which the last is small.
    inverse = 2 * jnp.exp(-s) / (1 - shrinking)  # 1 / u
    rest = jnp.log1p(inverse * inverse / (2 * (1 + jnp.sqrt(1 + inverse * inverse))))
    log_z = log_distance(x, jnp.zeros_like(x), scale)
    lead = jnp.where(is_large, log_z, 0) - math.log(2) + (_log1mexp2(t) + rest)  # v - w
    vanishing = jnp.exp(-2 * t)
    beyond = 2 * vanishing / (1 - vanishing) * t
    below = 2 * shrinking / (1 + shrinking) * (t + beyond)
    change = jnp.where(is_large, (beyond - below) - lead, change)
    return jnp.where(v < 0, -1, 1) * quotient(change, b)
