r"""The skew normal distribution: its distribution function, quantiles and entropy.

.. math:: p(z) = 2 \phi(z) \Phi(\alpha z), \quad F(z) = \Phi(z) - 2 T(z, \alpha),

with Owen's function T. This difference cancels in the lower tail. But |Z| has the distribution of
the absolute value of a normal variable, and therefore, for y >= 0,

.. math:: P(Z < -y) = 2 \Phi(-y)\, r, \quad P(Z > y) = 2 \Phi(-y)\, (1 - r), \quad
          r = P(Z < 0 \mid |Z| > y),

where r, at most 1/2 for alpha >= 0, is the integral of a positive function.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.quadrature import integrate, negligible_exponent
from jaxdist.numerics.root_finding import find_root
from jaxdist.promotion import custom_jvp
from jaxdist.special.complement import log_with_complement
from jaxdist.special.elementwise import elementwise
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.location_scale import standardize
from jaxdist.special.normal import inverse_mills, log_ndtr, mills_ratio, ndtr, ndtri
from jaxdist.special.quotient import log_of_scale, quotient

_NEWTON_STEPS = 6  # from the lower bound: enough for float64
_NEAR = 5.0  # up to which probabilities need no logarithms
_FAR = 1.8e19  # replaces greater numbers, whose squares overflow in float32


def _density(z: Array) -> Array:
    return jnp.exp(-z * z / 2) / math.sqrt(2 * math.pi)


@custom_jvp
def skew_normal_log_density(x: Array, loc: Array, scale: Array, alpha: Array) -> Array:
    """Evaluate the log-density at z = (x - loc) / scale, less that of the scale.

    Its slope in the scale is finite where the one in z overflows and z underflows.

    Args:
      x: any shape broadcastable with the others.
      loc: location.
      scale: positive.
      alpha: skewness parameter, any real number.
    """
    z = finite(standardize(x, loc, scale))
    log_density = log_ndtr(alpha * z) - z * (z / 2) + math.log(2 / math.pi) / 2
    return log_density - log_of_scale(scale)


@skew_normal_log_density.defjvp
def _skew_normal_log_density_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, loc, scale, alpha), (x_dot, loc_dot, scale_dot, alpha_dot) = primals, tangents
    z = finite(standardize(x, loc, scale))
    hazard = inverse_mills(alpha * z)
    of_z = alpha * hazard - z
    far = quotient(alpha, scale) * hazard - quotient(z, scale)
    of_x = jnp.where(jnp.abs(of_z) < math.inf, quotient(of_z, scale), far)
    of_scale = quotient(z * z - finite(alpha * z) * hazard - 1, scale)
    dot = along(of_x, x_dot - loc_dot) + along(of_scale, scale_dot) + along(hazard * z, alpha_dot)
    return skew_normal_log_density(x, loc, scale, alpha), dot


class _LogCdf(NamedTuple):
    """Logarithm of the distribution function, and its derivatives."""

    value: Array
    along_z: Array
    along_alpha: Array


def _log_cdf(z: Array, alpha: Array) -> _LogCdf:
    r"""Evaluate log F by the probability r, for :math:`\alpha \ge 0`

    .. math:: r = \Phi(-\alpha y) \frac{I}{\beta M(y)}, \quad
              I = \int_0^\infty e^{-s \beta y - s^2 / 2}
                  \frac{M(\alpha (y + s / \beta))}{M(\alpha y)} ds, \quad
              \beta = \sqrt{1 + \alpha^2}

    where M is Mills' ratio; for :math:`\alpha < 0` it is the complement of that.
    """
    a, beta = jnp.abs(alpha), hypot(1.0, alpha)
    y = jnp.minimum(jnp.abs(z), _FAR)
    ay, rate = jnp.minimum(a * y, _FAR), jnp.minimum(beta * y, _FAR)
    mills_y, mills_ay = mills_ratio(y), mills_ratio(ay)
    twice = 2 * negligible_exponent(z.dtype)

    def integrand(s: Array) -> Array:
        return jnp.exp(-s * (rate + s / 2)) * (mills_ratio(ay + a / beta * s) / mills_ay)

    integral = integrate(integrand, twice / (rate + jnp.sqrt(rate * rate + twice)))
    ratio = integral / (beta * mills_y)
    finite = jnp.minimum(jnp.abs(z), float(jnp.finfo(z.dtype).max))
    log_small = log_ndtr(-a * finite) + jnp.log(ratio)
    small = jnp.where(ay < _NEAR, ndtr(-jnp.minimum(ay, _NEAR)) * ratio, jnp.exp(log_small))

    positive = alpha >= 0
    r, complement = jnp.where(positive, small, 1 - small), jnp.where(positive, 1 - small, small)
    log_r = jnp.where(positive, log_small, jnp.log1p(-small))
    between, beyond = lax.erf(y * math.sqrt(0.5)), 2 * ndtr(-y)  # probabilities of |Z| and y
    cdf = jnp.where(z < 0, 0, between) + beyond * r
    survival = jnp.where(z < 0, between, 0) + beyond * complement
    left_tail = math.log(2) + log_ndtr(-jnp.abs(z)) + log_r
    value = jnp.where((z < 0) & (cdf < 0.5), left_tail, log_with_complement(cdf, survival))

    # Factors that underflow in both the density and F are divided out.
    left_z = jnp.where(positive, beta / integral, ndtr(ay) / (mills_y * (1 - small)))
    left_alpha = jnp.where(
        positive, 1 / (mills_ay * integral), _density(ay) / (beta * mills_y * (1 - small))
    )
    density = 2 * _density(y) / (between + beyond * r)
    right_z, right_alpha = density * ndtr(alpha * y), density * _density(ay) / beta
    along_z, along_alpha = (
        jnp.where(z < 0, left, right)
        for left, right in ((left_z, right_z), (left_alpha, right_alpha))
    )
    return _LogCdf(value, along_z, -along_alpha / beta)


@elementwise
@custom_jvp
def log_skew_ndtr(z: Array, alpha: Array) -> Array:
    """Logarithm of `skew_ndtr`.

    Args:
      z: any shape broadcastable with `alpha`.
      alpha: skewness parameter, any real number.
    """
    return _log_cdf(z, alpha).value


@log_skew_ndtr.defjvp
def _log_skew_ndtr_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (z, alpha), (z_dot, alpha_dot) = primals, tangents
    _, along_z, along_alpha = _log_cdf(z, alpha)
    dot = along(along_z, z_dot) + along(along_alpha, alpha_dot)
    return log_skew_ndtr(z, alpha), dot


@elementwise
@custom_jvp
def skew_ndtr(z: Array, alpha: Array) -> Array:
    """Distribution function of the standard skew normal distribution.

    Args:
      z: any shape broadcastable with `alpha`.
      alpha: skewness parameter, any real number.
    """
    return jnp.exp(log_skew_ndtr(z, alpha))


@skew_ndtr.defjvp
def _skew_ndtr_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (z, alpha), (z_dot, alpha_dot) = primals, tangents
    finite = jnp.clip(z, -_FAR, _FAR)
    along_z = 2 * _density(finite) * ndtr(alpha * finite)
    along_alpha = -2 * _density(finite) * _density(alpha * finite) / (1 + alpha * alpha)
    return skew_ndtr(z, alpha), along_z * z_dot + along_alpha * alpha_dot


@elementwise
def skew_ndtri(q: Array, alpha: Array) -> Array:
    r"""Inverse of `skew_ndtr` in z; it has no derivative.

    By Newton's method for the logarithm of F, which is concave, from a lower bound on: from

    .. math:: F(z) \le 2 \Phi(z), \quad F(z) \le \Phi(z \max(\alpha, 1)) \; (z \le 0 \le \alpha),
              \quad F(z) \le F(0) + 2 \Phi(z) - 1 \; (z \ge 0)

    Args:
      q: probability in [0, 1], any shape broadcastable with `alpha`.
      alpha: skewness parameter, any real number.
    """
    upper = q > 0.5
    p, alpha = jnp.where(upper, 1 - q, q), jnp.where(upper, -alpha, alpha)
    possible = p > 0
    p = jnp.where(possible, p, 0.5)
    at_0 = jnp.arctan2(1.0, alpha) / math.pi
    lower_bound = jnp.where(
        p > at_0,
        math.sqrt(2) * lax.erf_inv(jnp.maximum(p - at_0, 0)),
        jnp.where(alpha < 0, ndtri(p / 2), ndtri(p) / jnp.maximum(alpha, 1)),
    )

    def evaluate(z: Array) -> tuple[Array, Array]:
        log_cdf = _log_cdf(z, alpha)
        return log_cdf.value - jnp.log(p), log_cdf.along_z

    z = find_root(
        evaluate,
        low=lower_bound - 1,  # rounding may lead below the lower bound
        high=jnp.ones_like(lower_bound),  # above the median of |Z|
        start=lower_bound,
        steps=_NEWTON_STEPS,
    )
    z = jnp.where(possible, z, -math.inf)
    return jnp.where(upper, -z, z)


@elementwise
def skew_normal_entropy(alpha: Array) -> Array:
    r"""Entropy of the standard skew normal: that of the magnitude of Z and that of its sign.

    .. math:: \tfrac12 \log \frac{\pi e}{2} + \int_0^\infty 2 \phi(y) H(\Phi(\alpha y))\, dy,
              \quad H(p) = -p \log p - (1 - p) \log(1 - p)

    Args:
      alpha: skewness parameter, any real number.
    """
    beta = hypot(1.0, alpha)

    def integrand(s: Array) -> Array:
        y = s / beta
        x = alpha * y
        sign_entropy = -ndtr(x) * log_ndtr(x) - ndtr(-x) * log_ndtr(-x)
        return 2 * _density(y) * sign_entropy / beta

    reach = jnp.full_like(alpha, math.sqrt(2 * negligible_exponent(alpha.dtype)))
    return math.log(math.pi / 2) / 2 + 0.5 + integrate(integrand, reach)
