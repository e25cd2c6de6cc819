"""The second difference of the logarithm of the gamma function, without cancellation."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.promotion import custom_jvp
from jaxdist.special.beta import sort_pair
from jaxdist.special.elementwise import elementwise
from jaxdist.special.polygamma import digamma_difference

_TINY = 1e-30  # of which log(1 + x) is x
_HUGE, _UNIT = 1e18, 2.0**64
_GROWTH, _TINY_SUM = 2.0**30, 1e-10
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
    small = y < 1
    n, inverse = jnp.where(small, y + 1, y), jnp.where(small, 1 / y, 0)
    _, of_n = jax.jvp(lambda n: _evaluate(n, *sort_pair(s, l)), (n,), (y_dot,))
    # The slope of the recurrence's term, of positive factors that are at most 2 and 1 / y.
    shift = s / (y + s) * (l / (y + l)) * ((2 * y + s + l) / (y + s + l)) * inverse
    dot = of_n - jnp.where(small, shift, 0) * y_dot
    dot += digamma_difference(y + s, l) * s_dot + digamma_difference(y + l, s) * l_dot
    return lgamma_second_difference(y, s, l), dot


def _evaluate(y: Array, s: Array, l: Array) -> Array:
    """Evaluate for s <= l; in a tiny s it is linear, of which fractions would underflow."""
    is_linear = (s < float(jnp.finfo(s.dtype).tiny) * _GROWTH) & (y > _TINY_SUM)
    value = _evaluate_regular(y, jnp.where(is_linear, s * _GROWTH, s), l)
    return jnp.where(is_linear, value / _GROWTH, value)


def _evaluate_regular(y: Array, s: Array, l: Array) -> Array:
    low = y < _SHIFTS
    # Products of factors that are beyond this would overflow; another term is far larger.
    of_s = jnp.where(low, jnp.minimum(s, _HUGE), 0)
    is_far = of_s / _UNIT > y  # the first factor is so large that 1 can be left out
    total = jnp.where(is_far, math.log(_UNIT), 0)
    for i in range(0, _SHIFTS, 2):
        divisor = jnp.where(is_far, _UNIT * y, y) if i == 0 else y + i
        first = of_s / divisor * (l / (y + i + s + l))
        second = of_s / (y + i + 1) * (l / (y + i + 1 + s + l))
        others = jnp.where(is_far, first - 1, first + second) if i == 0 else first + second
        total += jnp.log1p(others + first * second)
    return total + _by_stirling(jnp.where(low, y + _SHIFTS, y), s, l)


def _by_stirling(y: Array, s: Array, l: Array) -> Array:
    """Take second differences of the terms of Stirling's series (DLMF 5.11.1), for s <= l."""
    ys, yl, ysl = y + s, y + l, y + s + l
    ratio, product, of_l = s / yl, (s / ys) * (l / yl), s * (l / yl)
    # Quotients by huge numbers may underflow that are multiplied by such.
    of_power = jnp.where(ratio < _TINY, of_l, l * jnp.log1p(ratio))
    near_one = product > 0.5
    rest = jnp.where(near_one, y / ys * (ysl / yl), 1)
    log_rest = jnp.where(near_one, jnp.log(rest), jnp.log1p(-jnp.where(near_one, 0, product)))
    of_product = jnp.where(product < _TINY, -of_l * (y / ys), (y - 0.5) * log_rest)
    leading = (s * jnp.log1p(l / ys) + of_power) + of_product
    inverse = 1 / y  # the cube of y may overflow
    of_inverse = product * (inverse + 1 / ysl)
    is_small = l < y / 8
    small_s, small_l = jnp.where(is_small, s, 0), jnp.where(is_small, l, 0)
    middle = y / (y + (small_s + small_l) / 2)
    small_steps = 12 * (small_s * inverse) * (small_l * inverse) * middle**5 * inverse**3
    large_steps = _step_of_inverse_cube(y, s) - _step_of_inverse_cube(yl, s)
    of_cube = jnp.where(is_small, small_steps, large_steps)
    return leading + of_inverse / 12 - of_cube / 360


def _step_of_inverse_cube(y: Array, s: Array) -> Array:
    """Return 1 / y^3 - 1 / (y + s)^3."""
    ratio = y / (y + s)
    inverse = 1 / y  # the cube of y, or of a slope, may overflow
    return s / (y + s) * (1 + ratio + ratio * ratio) * inverse**3
