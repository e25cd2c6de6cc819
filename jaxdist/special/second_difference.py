"""The second difference of the logarithm of the gamma function, without cancellation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.beta import sort_pair
from jaxdist.special.elementwise import elementwise
from jaxdist.special.polygamma import digamma_difference

_SHIFTS = 8  # by the recurrence, until Stirling's series has two terms


@elementwise
@custom_jvp
def lgamma_second_difference(y: Array, s: Array, l: Array) -> Array:
    r"""Second difference of the logarithm of the gamma function, for y > 0 and s, l >= 0.

    .. math:: \Delta(y) = \log \frac{\Gamma(y + s + l)\, \Gamma(y)}{\Gamma(y + s)\, \Gamma(y + l)}
              = \Delta(y + 1) + \log \left(1 + \frac{s l}{y (y + s + l)}\right)

    All terms are positive, so that small differences are exact as well. For integer n,
    :math:`\Delta(b)` with s = a, l = n is minus the logarithm of :math:`B(a, b + n) / B(a, b)`.

    Args:
      y: positive, any shape broadcastable with the others.
      s: non-negative.
      l: non-negative.
    """
    return _evaluate(y, *sort_pair(s, l))


@lgamma_second_difference.defjvp
def _lgamma_second_difference_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (y, s, l), (y_dot, s_dot, l_dot) = primals, tangents
    _, of_y = jax.jvp(lambda y: _evaluate(y, *sort_pair(s, l)), (y,), (y_dot,))
    dot = of_y + digamma_difference(y + s, l) * s_dot + digamma_difference(y + l, s) * l_dot
    return lgamma_second_difference(y, s, l), dot


def _evaluate(y: Array, s: Array, l: Array) -> Array:
    """Evaluate for s <= l."""
    low = y < _SHIFTS
    total = jnp.zeros_like(y)
    for i in range(0, _SHIFTS, 2):
        first, second = (
            s / (y + j) * (l / (y + j + s + l)) * jnp.where(low, 1, 0) for j in (i, i + 1)
        )
        total += jnp.log1p(first + second + first * second)
    return total + _by_stirling(jnp.where(low, y + _SHIFTS, y), s, l)


def _by_stirling(y: Array, s: Array, l: Array) -> Array:
    """Take second differences of the terms of Stirling's series (DLMF 5.11.1), for s <= l."""
    ys, yl, ysl = y + s, y + l, y + s + l
    powers = s * jnp.log1p(l / ys) + l * jnp.log1p(s / yl)
    leading = powers + (y - 0.5) * jnp.log1p(-(s / ys) * (l / yl))
    of_inverse = (s / ys) * (l / yl) * ((y + ysl) / (y * ysl))
    is_small = l < y / 8
    small_s, small_l = jnp.where(is_small, s, 0), jnp.where(is_small, l, 0)
    middle = y / (y + (small_s + small_l) / 2)
    small_steps = 12 * (small_s / y) * (small_l / y) * middle**5 / y**3
    large_steps = _step_of_inverse_cube(y, s) - _step_of_inverse_cube(yl, s)
    of_cube = jnp.where(is_small, small_steps, large_steps)
    return leading + of_inverse / 12 - of_cube / 360


def _step_of_inverse_cube(y: Array, s: Array) -> Array:
    """Return 1 / y^3 - 1 / (y + s)^3."""
    ratio = y / (y + s)
    inverse = 1 / y  # the cube of y, or of a slope, may overflow
    return s / (y + s) * (1 + ratio + ratio * ratio) * inverse**3
