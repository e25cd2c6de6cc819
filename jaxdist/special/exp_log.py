"""Exponentials and logarithms, and their sums and differences, without cancellation or overflow."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.polynomials import horner
from jaxdist.promotion import custom_jvp
from jaxdist.special.elementwise import elementwise
from jaxdist.special.infinite_slopes import along
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import quotient

# --- x log(y) ------------------------------------------------------------------------------------


@elementwise
@custom_jvp
def xlogy(x: Array, y: Array) -> Array:
    r"""Product with a logarithm, :math:`x \log y` for y >= 0; 0 where x = 0, whatever y is.

    The derivative in x is 0 where both are 0, instead of infinite. Accurate to 4 eps.

    Args:
      x: any shape broadcastable with `y`.
      y: non-negative.
    """
    return x * jnp.log(jnp.where(x == 0, 1, y))


@xlogy.defjvp
def _xlogy_jvp(primals: tuple[Array, Array], tangents: tuple[Array, Array]) -> tuple[Array, Array]:
    (x, y), (x_dot, y_dot) = primals, tangents
    divisor = jnp.where((x == 0) & (y == 0), 1, y)
    return xlogy(x, y), jnp.log(divisor) * x_dot + quotient(x, divisor) * y_dot


@elementwise
@custom_jvp
def xlog1py(x: Array, y: Array) -> Array:
    r"""Product with a logarithm, :math:`x \log(1 + y)` for y >= -1; 0 where x = 0.

    The derivative in x is 0 where x = 0 and y = -1, instead of infinite. Accurate to 4 eps.

    Args:
      x: any shape broadcastable with `y`.
      y: at least -1.
    """
    return x * jnp.log1p(jnp.where(x == 0, 0, y))


@xlog1py.defjvp
def _xlog1py_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (x, y), (x_dot, y_dot) = primals, tangents
    defined = jnp.where((x == 0) & (y == -1), 0, y)
    return xlog1py(x, y), jnp.log1p(defined) * x_dot + quotient(x, 1 + defined) * y_dot


@elementwise
def xlogx(x: Array) -> Array:
    r"""Product with its own logarithm, :math:`x \log x` for x >= 0; 0 at 0, with derivative 0.

    Accurate to 4 eps.

    Args:
      x: non-negative, any shape.
    """
    return xlogy(x, x)


@of_arrays()
def p_log_p(p: Array, log_p: Array) -> Array:
    """Return `p * log_p`, for a probability and its logarithm; 0 with gradient 0 where p is 0.

    Args:
      p: non-negative, any shape.
      log_p: its logarithm, the shape of `p`.
    """
    positive = p > 0
    return jnp.where(positive, p * jnp.where(positive, log_p, 0), 0)


# --- logarithms of sums and differences of exponentials ------------------------------------------


@elementwise
def log1mexp(x: Array) -> Array:
    r"""Logarithm of the complement of an exponential, :math:`\log(1 - e^{-x})` for x >= 0.

    Mächler, Accurately Computing log(1 - exp(-abs(a))) (2012): two forms that meet at log 2.
    Accurate to 4 eps.

    Args:
      x: non-negative, any shape; at 0 the result is `-inf`, with derivative 0.
    """
    near, gone = x < math.log(2), x > -math.log(float(jnp.finfo(x.dtype).tiny))
    small = jnp.log(-jnp.expm1(-jnp.where(near & (x > 0), x, 1)))
    large = jnp.log1p(-jnp.exp(-jnp.where(near | gone, 1, x)))
    large = jnp.where(gone, 0, large)  # no exponential of 0, which times an infinite slope is NaN
    return jnp.where(x > 0, jnp.where(near, small, large), jnp.where(x == 0, -math.inf, math.nan))


@elementwise
def logdiffexp(x: Array, y: Array) -> Array:
    r"""Logarithm of a difference of exponentials, :math:`\log(e^x - e^y)` for x >= y.

    Where x and y are log-probabilities of two events of which the first contains the second, this
    is that of their difference. `-inf` where x = y. The name follows SciPy's `logsumexp`.
    Accurate to 4 eps.

    Args:
      x: any shape broadcastable with `y`; may be `-inf`.
      y: at most `x`.
    """
    possible = x > y
    gap = jnp.where(possible, x - y, 1)
    return jnp.where(possible, x + log1mexp(gap), jnp.where(x == y, -math.inf, math.nan))


@elementwise
def log_expm1(x: Array) -> Array:
    r"""Inverse of softplus, :math:`\log(e^x - 1)` for x >= 0.

    Accurate to 4 eps.

    Args:
      x: non-negative, any shape; at 0 the result is `-inf`.
    """
    return x + log1mexp(x)


_ARTANH = [1 / (2 * k + 3) / 9**k for k in range(16)]  # in powers of 9 r^2, at most 1


@of_arrays()
def artanh_series(square: Array) -> Array:
    r"""Return :math:`(\operatorname{artanh}(r) / r - 1) / r^2` for :math:`|r| \le 1/3`.

    Args:
      square: r^2, any shape.
    """
    return horner(_ARTANH, 9 * square)


def artanh_remainder(r: Array) -> Array:
    r"""Return :math:`\operatorname{artanh}(r) / r - 1` for :math:`|r| \le 1/3`.

    Args:
      r: any shape.
    """
    return r * r * artanh_series(r * r)


@elementwise
@custom_jvp
def log1pmx(x: Array) -> Array:
    r"""Return :math:`\log(1 + x) - x` for x >= -1, without cancellation around 0.

    .. math:: \log(1 + x) - x = r \left(2 r^2 \sum_k \frac{r^{2 k}}{2 k + 3} - x \right),
              \quad r = \frac{x}{2 + x}

    from the series of the logarithm in r (DLMF 4.6.4). Accurate to 4 eps.

    Args:
      x: at least -1, any shape.
    """
    near = (x > -0.5) & (x < 1)
    z = jnp.where(near, x, 0)
    r = z / (2 + z)
    far = jnp.where(near, 1, x)
    return jnp.where(near, r * (2 * artanh_remainder(r) - z), jnp.log(1 + far) - far)


@log1pmx.defjvp
def _log1pmx_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return log1pmx(x), -x / (1 + x) * x_dot


@elementwise
@custom_jvp
def expm1(x: Array) -> Array:
    """Return `exp(x) - 1` without cancellation around 0, with a derivative that is exact as well.

    The derivative of `jax.numpy.expm1` is `expm1(x) + 1`, which is 0 where `exp(x)` is below eps.

    Accurate to 4 eps.

    Args:
      x: any shape.
    """
    return jnp.expm1(x)


@expm1.defjvp
def _expm1_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return expm1(x), jnp.exp(x) * x_dot


_EXPM1MX = [1 / math.factorial(k + 2) for k in range(18)]


@elementwise
@custom_jvp
def expm1mx(x: Array) -> Array:
    """Return `exp(x) - 1 - x` without cancellation around 0.

    Accurate to 4 eps.

    Args:
      x: any shape.
    """
    near = jnp.abs(x) < 1
    z, far = jnp.where(near, x, 0), jnp.where(near, 1, x)
    finite = jnp.minimum(far, float(jnp.finfo(x.dtype).max))
    return jnp.where(near, z * z * horner(_EXPM1MX, z), jnp.expm1(far) - finite)


@expm1mx.defjvp
def _expm1mx_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return expm1mx(x), jnp.expm1(x) * x_dot


@elementwise
def log1p_square(x: Array) -> Array:
    r"""Return :math:`\log(1 + x^2)`, also where the square overflows.

    Accurate to 4 eps.

    Args:
      x: any shape.
    """
    far = jnp.abs(x) > 1
    inverse = jnp.where(far, 1 / jnp.where(far, x, 1), x)
    size = jnp.abs(jnp.where(far, x, 1))
    return jnp.log1p(inverse * inverse) + 2 * jnp.log(size)


# --- ratios of exponentials ----------------------------------------------------------------------

_SINHC = [1 / math.factorial(2 * k + 3) for k in range(13)]


@of_arrays()
def log_sinhc(x: Array) -> Array:
    r"""Return :math:`\log(\sinh(x) / x)`, which is 0 at 0.

    For :math:`|x| \le 2` by the power series of the hyperbolic sine.

    Args:
      x: any shape.
    """
    near = jnp.abs(x) <= 2
    square = jnp.where(near, x, 0) ** 2
    double = 2 * jnp.abs(jnp.where(near, 1, x))
    far = double / 2 + log1mexp(double) - jnp.log(double)
    return jnp.where(near, jnp.log1p(square * horner(_SINHC, square, 4)), far)


@of_arrays()
def log_expm1_ratio(l: Array) -> Array:
    r"""Return :math:`\log((e^l - 1) / l) = \log \int_0^1 e^{l x} dx`, which is 0 at l = 0.

    For :math:`|l| < 4` by the series of :math:`\sinh(l / 2)`.

    Args:
      l: any shape.
    """
    near = jnp.abs(l) < 4
    t = jnp.where(near, l, 0) / 2
    size = jnp.abs(jnp.where(near, 4, l))
    return jnp.where(near, t + log_sinhc(t), jnp.maximum(l, 0) + log1mexp(size) - jnp.log(size))


# --- exponentials of exponentials ----------------------------------------------------------------

_UNDERFLOW = 80.0  # exp(-exp(80)) is 0 in float32 and float64, and exp(80) is finite in both


@elementwise
def exp_neg_exp(x: Array) -> Array:
    r"""Return :math:`\exp(-e^x)`, the complement of the inverse complementary log-log link.

    The derivative is 0, not NaN, where the value underflows. Accurate to 4 eps.

    Args:
      x: any shape.
    """
    return jnp.exp(-jnp.exp(jnp.minimum(x, _UNDERFLOW)))


@elementwise
def one_minus_exp_neg_exp(x: Array) -> Array:
    r"""Return :math:`1 - \exp(-e^x)`, the inverse of the complementary log-log link.

    Accurate to 4 eps.

    Args:
      x: any shape.
    """
    return -expm1(-jnp.exp(jnp.minimum(x, _UNDERFLOW)))


@elementwise
def log1mexpexp(x: Array) -> Array:
    r"""Return `log1mexp(exp(x))`, which tends to x far below zero and to 0 far above.

    .. math:: \log(1 - e^{-e^x}) = x - \tfrac12 e^x + \log \frac{\sinh(e^x / 2)}{e^x / 2}

    Accurate to 4 eps.

    Args:
      x: any shape.
    """
    low = x < 0
    z = jnp.where(low, x, 0)
    half = jnp.exp(z) / 2
    below = z - half + log_sinhc(half)
    above = log1mexp(jnp.exp(jnp.where(low, 0, jnp.minimum(x, _UNDERFLOW))))
    return jnp.where(low, below, above)


# --- powers whose exponent may vanish ------------------------------------------------------------

_SERIES_LIMIT = 0.1  # below it the series are exact in float64
_LOG1P = [(-1) ** k / (k + 1) for k in range(17)]
_LOG1P_SLOPE = [k * coefficient for k, coefficient in enumerate(_LOG1P)][1:]
_EXPM1 = [1 / math.factorial(k + 1) for k in range(11)]
_EXPM1_SLOPE = [k * coefficient for k, coefficient in enumerate(_EXPM1)][1:]


@elementwise
@custom_jvp
def log1p_ratio(c: Array, x: Array) -> Array:
    r"""Return :math:`\log(1 + c x) / c` for c x > -1, which is x at c = 0.

    Accurate to 4 eps.

    Args:
      c: any shape broadcastable with `x`.
      x: any number with `c x > -1`.
    """
    y = c * x
    near = jnp.abs(y) < _SERIES_LIMIT
    far = jnp.log1p(jnp.where(near, 1, y)) / jnp.where(near, 1, c)
    return jnp.where(near, x * horner(_LOG1P, jnp.where(near, y, 0)), far)


@log1p_ratio.defjvp
def _log1p_ratio_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    r"""The slope in c is :math:`(\log(1 + u) - u) / c^2` at :math:`u = -c x / (1 + c x)`."""
    (c, x), (c_dot, x_dot) = primals, tangents
    y = c * x
    near, large = jnp.abs(y) < _SERIES_LIMIT, y > 1
    of_near = x * x * horner(_LOG1P_SLOPE, jnp.where(near, y, 0))
    z, divisor = jnp.where(near | large, 1, y), jnp.where(near, 1, c)
    of_large = 1 / (1 + 1 / jnp.where(large, y, 1)) - jnp.log1p(jnp.where(large, y, 1))
    of_far = jnp.where(large, of_large, log1pmx(-z / (1 + z))) / divisor / divisor
    dot = along(jnp.where(near, of_near, of_far), c_dot) + quotient(x_dot, 1 + y)
    return log1p_ratio(c, x), dot


@elementwise
@custom_jvp
def expm1_ratio(c: Array, x: Array) -> Array:
    r"""Return :math:`(e^{c x} - 1) / c`, which is x at c = 0: the inverse of `log1p_ratio`.

    Accurate to 4 eps.

    Args:
      c: any shape broadcastable with `x`.
      x: any number, or infinity.
    """
    y = c * jnp.where((c == 0) & jnp.isinf(x), 0, x)
    near = jnp.abs(y) < _SERIES_LIMIT
    far = jnp.expm1(jnp.where(near, 1, y)) / jnp.where(near, 1, c)
    return jnp.where(near, x * horner(_EXPM1, jnp.where(near, y, 0)), far)


@expm1_ratio.defjvp
def _expm1_ratio_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    r"""The slope in c is :math:`(y e^y - e^y + 1) / c^2` at y = c x."""
    (c, x), (c_dot, x_dot) = primals, tangents
    ratio, y = expm1_ratio(c, x), c * jnp.where((c == 0) & jnp.isinf(x), 0, x)
    near, large = jnp.abs(y) < _SERIES_LIMIT, y > 1
    of_near = x * x * horner(_EXPM1_SLOPE, jnp.where(near, y, 0))
    of_large = ratio * (x / -jnp.expm1(-jnp.where(large, y, 1)) - 1 / jnp.where(large, c, 1))
    z, divisor = jnp.where(near | large, -1, y), jnp.where(near | large, 1, c)
    middle = jnp.where(z < -1, 0, z)
    curved = middle * jnp.expm1(middle) - expm1mx(middle)
    steep = jnp.where(z < -_UNDERFLOW, -_UNDERFLOW, z)  # whose product with 0 is not NaN
    of_steep = steep * jnp.exp(steep) - jnp.expm1(steep)
    of_far = jnp.where(z < -1, of_steep, curved) / divisor / divisor
    slope = jnp.where(near, of_near, jnp.where(large, of_large, of_far))
    return ratio, along(slope, c_dot) + along(jnp.exp(y), x_dot)
