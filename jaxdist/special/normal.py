"""The standard normal distribution function, its logarithm, hazard rate and inverses."""

from __future__ import annotations

import math

import jax.numpy as jnp
import jax.scipy.special as jsp
from jax import Array

from jaxdist.numerics.polynomials import chebyshev, horner_rows
from jaxdist.numerics.root_finding import find_root
from jaxdist.promotion import custom_jvp
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.elementwise import elementwise
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.products import follows_log

_FAR = 1e9  # from which the inverse Mills ratio is its argument, also in float64
_NEWTON_BELOW = -20.0  # log-probabilities below it are inverted by Newton's method

# (z + 1) mills_ratio(z) as a Chebyshev series in (z - 4) / (z + 4), for all z >= 0.
# Interpolated at 80 nodes with mpmath; the idea is that of Shepherd and Laframboise (1981).
_MILLS = (
    1.1670525350882472, -0.1610195767134654, -0.028002821825452974, 0.03167452189239266,
    -0.012103231162345369, 0.0027056129762167095, -0.00029931636202703166, -1.716686526879361e-05,
    1.0178489264109868e-05, -4.894829570004192e-07, -2.844006500151048e-07, 3.0766283713811506e-08,
    9.180378674469537e-09, -1.2756102213808737e-09, -3.660279376104134e-10, 4.5926359348595205e-11,
    1.7189314687646526e-11, -1.2726833698700693e-12, -8.668081913316188e-13, 1.1061557204136741e-15,
    4.2750210770103334e-14, 3.790937692263904e-15, -1.8474103010592332e-15, -4.0419094130708177e-16,
    5.340854385017358e-17, 2.941479937590055e-17,
)  # fmt: skip

# The factor that corrects the solution of a quadratic equation in `residual_life`: powers of t
# (rows) and of x, fitted for the least relative error to solutions in float64.
_CORRECTION = (
    (1.012264831, -0.037143496, 0.041037054, -0.017469552, -0.002291671, 0.004306614, 0.000362586,
     -0.00083156, 0.000016299, 0.000150333),
    (0.002903014, -0.006477474, 0.003985275, -0.000686578, 0.001073479, -0.000822777, 0.001229847,
     0.001482364, 0.000485142),
    (-0.008600864, 0.026976376, -0.031346592, 0.01458751, 0.001296075, -0.001484272, 0.003375412,
     0.003217459, 0.000641601, -0.000144042),
    (0.000690712, -0.003736375, 0.006620094, -0.00375222, 0.000484368, 0.005023456, 0.00360774,
     0.001441266, 0.000173358),
    (-0.000134267, 0.000331038, 0.000130329, -0.000520283, 0.001673889, 0.001682585, 0.001589382,
     0.000521651),
    (-0.000064022, 0.000322353, -0.001065908, -0.000222022, -0.001414676, 0.000379153, 0.000488483),
    (-0.000028882, -0.000232043, -0.000854787, -0.001864994, -0.000536011, 0.000088961),
    (-0.000052675, -0.000295866, -0.000764827, -0.000538437),
    (-0.000023798, -0.00011883, -0.000191174, 0.000063447),
)  # fmt: skip


def scaled_mills_ratio(z: Array) -> Array:
    """Return `(z + 1) mills_ratio(z)`, which lies between 1 and 1.3.

    Args:
      z: non-negative, any shape.
    """
    return chebyshev(_MILLS, 1 - 8 / (z + 4), -1, 1)


@of_arrays()
def mills_ratio(z: Array) -> Array:
    r"""Mills ratio of the standard normal distribution, its upper tail over its density; z >= 0.

    .. math:: \frac{1 - \Phi(z)}{\phi(z)} = e^{z^2 / 2} \int_z^\infty e^{-t^2 / 2} dt

    Args:
      z: non-negative, any shape.
    """
    return scaled_mills_ratio(z) / (z + 1)


def _log_density(x: Array) -> Array:
    return -x * (x / 2) - LOG_TWO_PI / 2  # the square overflows earlier than its half


@custom_jvp
def _density(x: Array) -> Array:
    return jnp.exp(_log_density(x))


@_density.defjvp
def _density_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    """Multiply by the density first: it is 0 where x times its change overflows."""
    (x,), (x_dot,) = primals, tangents
    density = _density(x)
    return density, -(finite(x) * density) * x_dot


@elementwise
@custom_jvp
def ndtr(x: Array) -> Array:
    r"""Standard normal cumulative distribution function, for all real x.

    .. math:: \Phi(x) = \frac{1}{\sqrt{2 \pi}} \int_{-\infty}^x e^{-t^2 / 2} dt

    Accurate to 4 eps.

    Args:
      x: any shape.
    """
    return jsp.ndtr(x)


@ndtr.defjvp
def _ndtr_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    density = _density(x)
    return ndtr(x), density * jnp.where(density > 0, x_dot, 0)


@elementwise
@custom_jvp
def log_ndtr(x: Array) -> Array:
    r"""Logarithm of `ndtr`, for all real x; finite where that underflows.

    .. math:: \log \Phi(x) = -\tfrac12 x^2 - \tfrac12 \log 2 \pi + \log m(-x), \quad x < 0

    where m is `mills_ratio`. Accurate to 4 eps.

    Args:
      x: any shape.
    """
    ratio, log_density = mills_ratio(jnp.abs(x)), _log_density(x)
    upper = jnp.log1p(-jnp.exp(log_density) * jnp.where(x < 0, 0, ratio))
    return jnp.where(x < 0, log_density + jnp.log(ratio), upper)


@log_ndtr.defjvp
def _log_ndtr_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (x,), (x_dot,) = primals, tangents
    return log_ndtr(x), inverse_mills(x) * x_dot


@custom_jvp
def log_upper_tail(t: Array, log_t: Array) -> Array:
    """Return `log_ndtr(-t)` for t >= 0, differentiated in log t where `follows_log`, or else in t.

    The slope in t may overflow where the one of t in something else underflows.
    """
    return log_ndtr(-t)


@log_upper_tail.defjvp
def _log_upper_tail_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (t, log_t), (t_dot, log_t_dot) = primals, tangents
    by_log, hazard = follows_log(t), finite(inverse_mills(-t))
    dot = jnp.where(by_log, 0, hazard) * t_dot + jnp.where(by_log, hazard * t, 0) * log_t_dot
    return log_upper_tail(t, log_t), -dot


@elementwise
def inverse_mills(x: Array) -> Array:
    r"""Inverse Mills ratio, the derivative of `log_ndtr`, for all real x.

    .. math:: \frac{\phi(x)}{\Phi(x)}

    Accurate to 4 eps.

    Args:
      x: any shape.
    """
    low, is_far = x < 0, x < -_FAR
    z = jnp.where(low, 0, x)
    density = _density(z)
    upper = density / (1 - density * mills_ratio(z))
    lower = 1 / mills_ratio(jnp.where(low & ~is_far, -x, 0))
    return jnp.where(low, jnp.where(is_far, -x, lower), upper)


@elementwise
@custom_jvp
def ndtri(p: Array) -> Array:
    """Inverse of `ndtr`: the standard normal quantile of a probability, for 0 <= p <= 1.

    Accurate to 4 eps.

    Args:
      p: in [0, 1], any shape.
    """
    return jsp.ndtri(p)


@ndtri.defjvp
def _ndtri_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (p,), (p_dot,) = primals, tangents
    x = ndtri(p)
    return x, _inverse_density(x, jnp.minimum(p, 1 - p)) * p_dot


def _inverse_density(x: Array, tail: Array) -> Array:
    """One over the density at x, given the probability of the tail beyond x; 0 at infinity."""
    finite = jnp.abs(x) < math.inf
    ratio = mills_ratio(jnp.abs(jnp.where(finite, x, 0)))
    return jnp.where(finite, ratio / jnp.where(finite, tail, 1), 0)


@elementwise
@custom_jvp
def ndtri_exp(log_p: Array) -> Array:
    """Inverse of `log_ndtr`: the standard normal quantile of a probability given by its logarithm.

    `log_ndtr` of the result is `log_p` to 8 eps.

    Args:
      log_p: at most 0, any shape.
    """
    upper = log_p >= -math.log(2)
    complement, p = -jnp.expm1(jnp.clip(log_p, -1, 0)), jnp.exp(jnp.maximum(log_p, _NEWTON_BELOW))
    near = jsp.ndtri(jnp.where(upper, complement, p))
    far = (log_p < _NEWTON_BELOW) & (log_p > -math.inf)
    target = jnp.where(far, log_p, _NEWTON_BELOW)
    square = -2 * target - LOG_TWO_PI

    def error(x: Array) -> tuple[Array, Array]:
        ratio = mills_ratio(-x)
        return _log_density(x) + jnp.log(ratio) - target, 1 / ratio

    lower = find_root(
        error,
        low=-jnp.sqrt(square),
        high=jnp.zeros_like(square),
        start=-jnp.sqrt(square - jnp.log(square)),
        steps=3,
    )
    lower = jnp.where(far, lower, log_p)
    return jnp.where(log_p < _NEWTON_BELOW, lower, jnp.where(upper, -near, near))


@ndtri_exp.defjvp
def _ndtri_exp_jvp(primals: tuple[Array], tangents: tuple[Array]) -> tuple[Array, Array]:
    (log_p,), (log_p_dot,) = primals, tangents
    x = ndtri_exp(log_p)
    high = log_p > -math.log(2)
    above = _inverse_density(x, jnp.expm1(-jnp.where(high, log_p, -1)))
    below = _inverse_density(x, jnp.ones_like(x))
    return x, jnp.where(high, above, below) * log_p_dot


@of_arrays()
def residual_life(a: Array, ratio: Array, hazard: Array) -> Array:
    r"""Quantile of the excess X - a of a standard normal X over a >= 0, given that X > a.

    .. math:: s \ge 0: \quad \log P(X > a + s) = \log P(X > a) - \mathrm{hazard}

    A polynomial corrects the solution of :math:`s^2 / 2 + s / m(a) = \mathrm{hazard}`, where m is
    `mills_ratio`, to a relative error of 6e-8 for all a and a `hazard` up to 46. Terms in a alone
    are computed once where one a broadcasts against many values of `hazard`.

    Args:
      a: non-negative, any shape broadcastable with `hazard`.
      ratio: `mills_ratio(a)`.
      hazard: minus the logarithm of P(X > a + s) / P(X > a), at least 0.
    """
    # Products with inverses: XLA does not fuse a quotient that is used more than once.
    s = 2 * hazard * ratio * (1 / (1 + jnp.sqrt(1 + 2 * hazard * (ratio * ratio))))
    x = 1 - 6 / (a + 3)
    t = 2.4 * s * (1 / (s + (a + 2))) - 1
    coefficients = jnp.moveaxis(horner_rows(_CORRECTION, x), -1, 0)
    correction = jnp.zeros_like(t)
    for coefficient in reversed(list(coefficients)):
        correction = correction * t + coefficient
    return s * correction
