"""Generating functions of distributions of positive numbers."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.inverse_gaussian import InverseGaussian
from jaxdist.families.positive.levy import Levy
from jaxdist.families.positive.lindley import Lindley
from jaxdist.families.positive.noncentral_chi2 import NoncentralChi2
from jaxdist.generating_functions.averages import infinite_outside, polar
from jaxdist.generating_functions.dawson import dawson
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT
from jaxdist.special import arctan, hypot, log1p_square, mills_ratio


@CUMULANT.register(Exponential)
def exponential(d: Exponential, t: Array) -> Array:
    """Return a logarithm that is infinite from the rate on."""
    x = t / d.rate
    return infinite_outside(x < 1, x, lambda x: -jnp.log1p(-x))


@CUMULANT.register(Lindley)
def lindley(d: Lindley, t: Array) -> Array:
    """Return that of two exponential draws, less that of one whose rate is larger by 1."""
    x, share = t / d.rate, d.rate / (1 + d.rate)
    return infinite_outside(x < 1, x, lambda x: jnp.log1p(-share * x) - 2 * jnp.log1p(-x))


@CUMULANT.register(Gamma)
def gamma(d: Gamma, t: Array) -> Array:
    """Return that of as many exponential draws."""
    x = t / d.rate
    return infinite_outside(x < 1, x, lambda x: -d.concentration * jnp.log1p(-x))


@CHARACTERISTIC.register(Exponential)
def exponential_characteristic(d: Exponential, t: Array) -> Array:
    """Return the inverse of a linear function."""
    x = t / d.rate
    return polar(-log1p_square(x) / 2, arctan(x))


@CHARACTERISTIC.register(Lindley)
def lindley_characteristic(d: Lindley, t: Array) -> Array:
    """Return that of two exponential draws, over that of one whose rate is larger by 1."""
    x = t / d.rate
    larger = x * (d.rate / (1 + d.rate))
    log_modulus = log1p_square(larger) / 2 - log1p_square(x)
    return polar(log_modulus, 2 * arctan(x) - arctan(larger))


@CHARACTERISTIC.register(Gamma)
def gamma_characteristic(d: Gamma, t: Array) -> Array:
    """Return a power of that of an exponential draw."""
    x = t / d.rate
    return polar(-d.concentration / 2 * log1p_square(x), d.concentration * arctan(x))


@CUMULANT.register(NoncentralChi2)
def noncentral_chi2(d: NoncentralChi2, t: Array) -> Array:
    """Return that of `Chi2`, and a term that is linear in the noncentrality."""

    def formula(t: Array) -> Array:
        left = 1 - 2 * t
        return d.noncentrality * (t / left) - d.df / 2 * jnp.log1p(-2 * t)

    return infinite_outside(2 * t < 1, t, formula)


@CHARACTERISTIC.register(NoncentralChi2)
def noncentral_chi2_characteristic(d: NoncentralChi2, t: Array) -> Array:
    """Return that of `Chi2`, times an exponential of a linear fraction."""
    double = 2 * t
    length = hypot(jnp.ones_like(t), double)
    share = double / length
    log_modulus = -d.noncentrality / 2 * share**2 - d.df / 4 * log1p_square(double)
    return polar(log_modulus, d.noncentrality / 2 * (share / length) + d.df / 2 * arctan(double))


@CUMULANT.register(HalfNormal)
def half_normal(d: HalfNormal, t: Array) -> Array:
    r"""Return :math:`u^2 / 2 + \log(2 \Phi(u))`, for u < -1/2 by Mills' ratio."""
    u = d.scale * t
    far = u < -0.5
    ratio = mills_ratio(jnp.where(far, -u, 0))
    near = jnp.where(far, 0, u)
    by_erf = near * (near / 2) + jnp.log1p(lax.erf(near * math.sqrt(0.5)))
    return jnp.where(far, jnp.log(math.sqrt(2 / math.pi) * ratio), by_erf)


@CHARACTERISTIC.register(HalfNormal)
def half_normal_characteristic(d: HalfNormal, t: Array) -> Array:
    """Return a bell of the inverse width, and Dawson's function as the imaginary part."""
    u = d.scale * t
    return jnp.exp(-u * (u / 2)) + 1j * (2 / math.sqrt(math.pi)) * dawson(u * math.sqrt(0.5))


@CUMULANT.register(InverseGaussian)
def inverse_gaussian(d: InverseGaussian, t: Array) -> Array:
    r"""Return the difference of 1 and a root, as a quotient by their sum.

    .. math:: \frac{\lambda}{\mu} \left(1 - \sqrt{1 - x}\right) = \frac{2 \mu t}{1 + \sqrt{1 - x}},
              \quad x = 2 \mu^2 t / \lambda \le 1
    """
    ratio = 2 * (d.loc / d.concentration) * d.loc

    def formula(t: Array) -> Array:
        return 2 * (d.loc * t) / (1 + jnp.sqrt(1 - ratio * t))

    return infinite_outside(ratio * t <= 1, t, formula)


@CHARACTERISTIC.register(InverseGaussian)
def inverse_gaussian_characteristic(d: InverseGaussian, t: Array) -> Array:
    """Return the function at an imaginary number, by the parts of the complex root."""
    x = 2 * (d.loc / d.concentration) * (d.loc * t)
    length = hypot(jnp.ones_like(x), x)
    real = jnp.sqrt((length + 1) / 2)
    log_modulus = -d.loc * t * (x / (length + 1)) / (real + 1)
    return polar(log_modulus, d.loc * t / real)


@CUMULANT.register(Levy)
def levy(d: Levy, t: Array) -> Array:
    """Return minus a root, which ends at 0: the upper tail is heavier than any exponential."""
    below = t < 0
    root = jnp.sqrt(-2 * d.scale * jnp.where(below, t, -1))
    return d.loc * t + jnp.where(below, -root, jnp.where(t == 0, 0, math.inf))


@CHARACTERISTIC.register(Levy)
def levy_characteristic(d: Levy, t: Array) -> Array:
    """Return the exponential of a complex root, whose parts are of equal size."""
    size = d.scale * jnp.abs(t)
    root = jnp.where(size > 0, jnp.sqrt(jnp.where(size > 0, size, 1)), 0)
    return polar(-root, d.loc * t + jnp.sign(t) * root)
