r"""The density and the pre-image of Johnson's unbounded variable.

.. math:: y = a + b \operatorname{arcsinh} z, \quad z = (x - \mathrm{loc}) / \mathrm{scale}

for a standard normal y.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.hyperbolic import arcsinh_quotient, cosine_and_sine, hypot, log_hypot
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.location_scale import offset_and_scale
from jaxdist.special.quotient import log_of_scale, quotient

_FAR = 60.0  # |v| from which hyperbolic functions are half of exponentials


def arcsinh_of_standardized(x: Array, loc: Array, scale: Array) -> Array:
    """Evaluate arcsinh z, also where the difference or the quotient overflows."""
    offset, scale, _ = offset_and_scale(x, loc, scale)
    return arcsinh_quotient(offset, scale)


@custom_jvp
def johnson_su_preimage(
    x: Array, loc: Array, scale: Array, skew: Array, tailweight: Array
) -> Array:
    """Return y, which is finite.

    Args:
      x: any shape broadcastable with the others.
      loc: location.
      scale: positive.
      skew: a, a real number.
      tailweight: positive b.
    """
    return finite(skew + tailweight * arcsinh_of_standardized(x, loc, scale))


@johnson_su_preimage.defjvp
def _johnson_su_preimage_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, loc, scale, _, b), (x_dot, loc_dot, scale_dot, skew_dot, b_dot) = primals, tangents
    offset, in_unit, unit = offset_and_scale(x, loc, scale)
    of_x = jnp.where(unit > 1, 0.5, 1) * quotient(b, hypot(offset, in_unit))
    of_scale = quotient(b * cosine_and_sine(offset, in_unit)[0], scale)
    dot = along(of_x, x_dot - loc_dot) - along(of_scale, scale_dot)
    dot += skew_dot + along(arcsinh_quotient(offset, in_unit), b_dot)
    return johnson_su_preimage(*primals), dot


@custom_jvp
def johnson_su_image(y: Array, loc: Array, scale: Array, skew: Array, tailweight: Array) -> Array:
    """Return x, which may be infinite; the inverse of `johnson_su_preimage`."""
    sine, _ = _scaled_sine_and_cosine((y - skew) / tailweight, scale)
    return loc + sine


@johnson_su_image.defjvp
def _johnson_su_image_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """The slope in y is the scale over b times a hyperbolic cosine."""
    (y, _, scale, skew, b), (y_dot, loc_dot, scale_dot, skew_dot, b_dot) = primals, tangents
    v = (y - skew) / b
    _, of_y = _scaled_sine_and_cosine(v, quotient(scale, b))
    of_scale, _ = _scaled_sine_and_cosine(v, jnp.ones_like(scale))
    of_b = jnp.where(v == 0, 0, v) * of_y
    dot = along(of_y, y_dot - skew_dot) - along(of_b, b_dot)
    dot += along(of_scale, scale_dot) + loc_dot
    return johnson_su_image(*primals), dot


def _scaled_sine_and_cosine(v: Array, scale: Array) -> tuple[Array, Array]:
    """Return `scale sinh(v)` and `scale cosh(v)`, also where the hyperbolic functions overflow."""
    is_far = jnp.abs(v) > _FAR
    near = jnp.where(is_far, 0, v)
    root = jnp.exp(jnp.where(is_far, jnp.abs(v) / 2, 0))
    far = jnp.where(root < math.inf, root * scale * (root / 2), math.inf)
    sine = jnp.where(is_far, jnp.sign(v) * far, scale * jnp.sinh(near))
    return sine, jnp.where(is_far, far, scale * jnp.cosh(near))


@custom_jvp
def johnson_su_log_density(
    x: Array, loc: Array, scale: Array, skew: Array, tailweight: Array
) -> Array:
    """Evaluate the log-density at x.

    Args:
      x: any shape broadcastable with the others.
      loc: location.
      scale: positive.
      skew: a, a real number.
      tailweight: positive b.
    """
    y = skew + tailweight * arcsinh_of_standardized(x, loc, scale)
    offset, in_unit, unit = offset_and_scale(x, loc, scale)
    log_radius = log_hypot(offset, in_unit) + jnp.where(unit > 1, math.log(2), 0)
    return -y * (y / 2) - LOG_TWO_PI / 2 - (log_radius - log_of_scale(tailweight))


@johnson_su_log_density.defjvp
def _johnson_su_log_density_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Multiply by y last where its product with b overflows: slopes may yet be finite."""
    (x, loc, scale, skew, b), (x_dot, loc_dot, scale_dot, skew_dot, b_dot) = primals, tangents
    angle = arcsinh_of_standardized(x, loc, scale)
    y = finite(skew + b * angle)
    offset, in_unit, unit = offset_and_scale(x, loc, scale)
    radius, share = hypot(offset, in_unit), jnp.where(unit > 1, 0.5, 1)
    cosine, sine = cosine_and_sine(offset, in_unit)
    overflows = jnp.abs(y * b) == math.inf
    size, rest = jnp.where(overflows, 1, y), jnp.where(overflows, y, 1)
    of_x = rest * quotient(size * b, radius) + quotient(cosine, radius)
    of_scale = rest * quotient(size * b * cosine, scale) - share * quotient(sine, radius)
    dot = along(of_scale, scale_dot) - along(share * of_x, x_dot - loc_dot)
    dot += along(quotient(jnp.ones_like(b), b) - y * angle, b_dot) - along(y, skew_dot)
    return johnson_su_log_density(*primals), dot
