"""Generating functions of distributions of real numbers."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.families.real.asymmetric_laplace import AsymmetricLaplace
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.families.real.delta import Delta
from jaxdist.families.real.exponentially_modified_gaussian import ExponentiallyModifiedGaussian
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.normal import Normal
from jaxdist.families.real.normal_inverse_gaussian import NormalInverseGaussian
from jaxdist.families.real.student_t import StudentT
from jaxdist.generating_functions.averages import infinite_outside, polar
from jaxdist.generating_functions.gamma_angle import gamma_angle
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT
from jaxdist.generating_functions.sinc import one_minus_sinc
from jaxdist.special import (
    LOG_TWO_PI,
    arctan,
    hypot,
    lgamma1p_ratio,
    log1mexp,
    log1p_square,
    log_sinhc,
    sinpi,
    stirling_error,
)
from jaxdist.special.generalized_inverse_gaussian import gig_log_normalizer


@CUMULANT.register(Delta)
def delta(d: Delta, t: Array) -> Array:
    """Return the only product."""
    return d.loc * t


@CHARACTERISTIC.register(Delta)
def delta_characteristic(d: Delta, t: Array) -> Array:
    """Return a number on the unit circle."""
    return polar(jnp.zeros_like(t), d.loc * t)


@CUMULANT.register(Normal)
def normal(d: Normal, t: Array) -> Array:
    """Return a polynomial of the second degree."""
    u = d.scale * t
    return d.loc * t + u * (u / 2)


@CHARACTERISTIC.register(Normal)
def normal_characteristic(d: Normal, t: Array) -> Array:
    """Return a bell of the inverse width."""
    u = d.scale * t
    return polar(-u * (u / 2), d.loc * t)


@CUMULANT.register(Cauchy, StudentT)
def heavy_tails(_: Cauchy | StudentT, t: Array) -> Array:
    """Return infinity, as both tails are heavier than any exponential."""
    return jnp.where(t == 0, 0.0, math.inf).astype(t.dtype)


@CHARACTERISTIC.register(Cauchy)
def cauchy_characteristic(d: Cauchy, t: Array) -> Array:
    """Return a two-sided exponential."""
    return polar(-d.scale * jnp.abs(t), d.loc * t)


@CHARACTERISTIC.register(StudentT)
def student_t_characteristic(d: StudentT, t: Array) -> Array:
    r"""Return :math:`2 (z / 2)^a K_a(z) / \Gamma(a)`, by integrals that stay near each other.

    .. math:: \log \varphi = a \log \left(1 + \tfrac{e}{2 a}\right) - e +
              \log \frac{I(z)}{I(0)}, \quad
              a = \tfrac{\nu}{2}, \; z = \sqrt{\nu}\, t, \; e = \sqrt{a^2 + z^2} - a

    with the integral I of `gig_log_normalizer`, which is even in z. For a < 1/2 and small z by

    .. math:: \varphi = 1 - \frac{\Gamma(1 - a)}{\Gamma(1 + a)} (z / 2)^{2 a} + O(z^2)
    """
    a, z = jnp.broadcast_arrays(d.df / 2, jnp.sqrt(d.df) * (d.scale * t))
    near = (a < 0.5) & (jnp.abs(z) < 1e-4)
    b = jnp.where(near, 1, z)
    e = b * (b / (hypot(a, b) + a))
    at_zero = (LOG_TWO_PI - jnp.log(a)) / 2 + stirling_error(a)
    integral = gig_log_normalizer(a, b) - at_zero
    far = a * jnp.log1p(e / (2 * a)) - e + integral
    is_inside = near & (z != 0)
    p, half = jnp.where(near, a, 0.25), jnp.where(is_inside, jnp.abs(z) / 2, 1e-5)
    rise = -p * (2 * jnp.log(half) - lgamma1p_ratio(-p) - lgamma1p_ratio(p))
    log_modulus = jnp.where(near, jnp.where(is_inside, log1mexp(rise), 0), far)
    return polar(log_modulus, d.loc * t)


@CUMULANT.register(Laplace)
def laplace(d: Laplace, t: Array) -> Array:
    """Return the logarithm of a Cauchy density of an imaginary number."""
    u = d.scale * t
    return d.loc * t + infinite_outside(jnp.abs(u) < 1, u, lambda u: -jnp.log1p(-u * u))


@CHARACTERISTIC.register(Laplace)
def laplace_characteristic(d: Laplace, t: Array) -> Array:
    """Return a Cauchy density."""
    return polar(-log1p_square(d.scale * t), d.loc * t)


@CUMULANT.register(AsymmetricLaplace)
def asymmetric_laplace(d: AsymmetricLaplace, t: Array) -> Array:
    r"""Return the sum for both exponential draws, in one logarithm.

    .. math:: -\log((1 - u / \kappa) (1 + u \kappa))
    """
    u = d.scale * t
    inside = (u < d.asymmetry) & (u * d.asymmetry > -1)

    def standard(u: Array) -> Array:
        up, down = u / d.asymmetry, u * d.asymmetry
        return -jnp.log1p(-(up - down * (1 - up)))

    return d.loc * t + infinite_outside(inside, u, standard)


@CHARACTERISTIC.register(AsymmetricLaplace)
def asymmetric_laplace_characteristic(d: AsymmetricLaplace, t: Array) -> Array:
    """Return the product for both exponential draws."""
    up, down = d.scale * t / d.asymmetry, d.scale * t * d.asymmetry
    log_modulus = -(log1p_square(up) + log1p_square(down)) / 2
    return polar(log_modulus, d.loc * t + arctan(up) - arctan(down))


def _minus_log_sinc(u: Array) -> Array:
    r"""Return :math:`\log(\pi u / \sin(\pi u))` for |u| < 1."""
    near = jnp.abs(u) <= 0.5
    lost = one_minus_sinc(math.pi * jnp.where(near, u, 0))
    size = jnp.abs(jnp.where(near, 0.5, u))
    far = jnp.log(math.pi * size) - jnp.log(sinpi(1 - size))
    return jnp.where(near, -jnp.log1p(-lost), far)


@CUMULANT.register(Logistic)
def logistic(d: Logistic, t: Array) -> Array:
    """Return the logarithm of a beta function, by the reflection of the gamma function."""
    u = d.scale * t
    return d.loc * t + infinite_outside(jnp.abs(u) < 1, u, _minus_log_sinc)


@CHARACTERISTIC.register(Logistic)
def logistic_characteristic(d: Logistic, t: Array) -> Array:
    """Return the inverse of a hyperbolic sine over its argument."""
    return polar(-log_sinhc(math.pi * (d.scale * t)), d.loc * t)


@CUMULANT.register(Gumbel)
def gumbel(d: Gumbel, t: Array) -> Array:
    """Return the logarithm of a gamma function."""
    u = d.scale * t
    return d.loc * t + infinite_outside(u < 1, u, lambda u: -u * lgamma1p_ratio(-u))


@CHARACTERISTIC.register(Gumbel)
def gumbel_characteristic(d: Gumbel, t: Array) -> Array:
    """Return a gamma function on the line through 1, by the reflection of its modulus."""
    u = d.scale * t
    return polar(-log_sinhc(math.pi * u) / 2, d.loc * t - gamma_angle(u))


@CUMULANT.register(ExponentiallyModifiedGaussian)
def exponentially_modified_gaussian(d: ExponentiallyModifiedGaussian, t: Array) -> Array:
    """Return the sum for the normal and the exponential draw."""
    x = t / d.rate
    return normal(d, t) + infinite_outside(x < 1, x, lambda x: -jnp.log1p(-x))


@CHARACTERISTIC.register(ExponentiallyModifiedGaussian)
def exponentially_modified_gaussian_characteristic(
    d: ExponentiallyModifiedGaussian, t: Array
) -> Array:
    """Return the product for the normal and the exponential draw."""
    u, x = d.scale * t, t / d.rate
    return polar(-u * (u / 2) - log1p_square(x) / 2, d.loc * t + arctan(x))


def _root(d: NormalInverseGaussian, at: Array) -> Array:
    return jnp.sqrt((d.tailweight - at) * (d.tailweight + at))


@CUMULANT.register(NormalInverseGaussian)
def normal_inverse_gaussian(d: NormalInverseGaussian, t: Array) -> Array:
    r"""Return the difference of two roots, as a quotient by their sum.

    .. math:: \mu t + \delta \left(\sqrt{\alpha^2 - \beta^2} -
              \sqrt{\alpha^2 - (\beta + t)^2}\right)
    """
    inside = (t <= d.tailweight - d.skew) & (t >= -d.tailweight - d.skew)

    def standard(t: Array) -> Array:
        roots = _root(d, d.skew) + _root(d, d.skew + t)
        return d.scale * t * ((2 * d.skew + t) / roots)

    return d.loc * t + infinite_outside(inside, t, standard)


@CHARACTERISTIC.register(NormalInverseGaussian)
def normal_inverse_gaussian_characteristic(d: NormalInverseGaussian, t: Array) -> Array:
    """Return the function at an imaginary number, by the parts of the complex root."""
    gamma = _root(d, d.skew)
    long, cross = hypot(gamma, t), 2 * d.skew * t
    twice = hypot(long * long, cross) + long * long  # the real part of the root, squared, twice
    real = jnp.sqrt(twice / 2)
    log_modulus = -d.scale * t * t * (1 + 2 * d.skew * (d.skew / twice)) / (real + gamma)
    return polar(log_modulus, d.loc * t + d.scale * (d.skew / real) * t)
