"""Generating functions of distributions on intervals."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist.families.interval.cosine import Cosine
from jaxdist.families.interval.triangular import Triangular
from jaxdist.families.interval.uniform import Uniform
from jaxdist.generating_functions.averages import log_average_of_exponentials, polar
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT
from jaxdist.generating_functions.sinc import one_minus_sinc, sinc_excess
from jaxdist.numerics.polynomials import horner
from jaxdist.special import log1p_square, log_expm1_ratio, log_sinhc, masked_log, pi_minus


@CUMULANT.register(Uniform)
def uniform(d: Uniform, t: Array) -> Array:
    r"""Return a mean exponential's logarithm, from the middle or the end that weighs most.

    .. math:: t\,\mathrm{middle} + \log \frac{\sinh(w / 2)}{w / 2}
              = t\,\mathrm{end} + \log \frac{1 - e^{-|w|}}{|w|}, \quad
              w = t\,(\mathrm{high} - \mathrm{low})
    """
    width = t * (d.high - d.low)
    near = jnp.abs(width) < 1
    from_middle = t * ((d.low + d.high) / 2) + log_sinhc(jnp.where(near, width, 0) / 2)
    end = jnp.where(t > 0, d.high, d.low)
    from_end = t * end + log_expm1_ratio(-jnp.abs(jnp.where(near, 1, width)))
    return jnp.where(near, from_middle, from_end)


@CHARACTERISTIC.register(Uniform)
def uniform_characteristic(d: Uniform, t: Array) -> Array:
    """Return a sine over its argument, turned by the middle."""
    half = t * ((d.high - d.low) / 2)
    return (1 - one_minus_sinc(half)) * polar(jnp.zeros_like(half), t * ((d.low + d.high) / 2))


@CUMULANT.register(Cosine)
def cosine(d: Cosine, t: Array) -> Array:
    r"""Return that of a uniform variable, less what is nearer to the middle.

    .. math:: t\,\mathrm{middle} + \log \frac{\sinh w}{w} - \log\left(1 + w^2 / \pi^2\right), \quad
              w = t\,(\mathrm{high} - \mathrm{low}) / 2
    """
    of_uniform = uniform(Uniform(d.low, d.high, validate_args=False), t)
    return of_uniform - log1p_square(t * ((d.high - d.low) / (2 * math.pi)))


@CHARACTERISTIC.register(Cosine)
def cosine_characteristic(d: Cosine, t: Array) -> Array:
    r"""Return the real factor turned by the middle; at :math:`|w| = \pi` its zero is divided out.

    .. math:: \frac{\sin w}{w\, (1 - w^2 / \pi^2)}
              = \frac{\sin(\pi - w)}{\pi - w} \frac{\pi^2}{w\, (\pi + w)}, \quad
              w = t\,(\mathrm{high} - \mathrm{low}) / 2
    """
    w = t * (d.high / 2 - d.low / 2)
    size = jnp.abs(w)
    near = jnp.abs(size - math.pi) < 1
    share, beside = w / math.pi, jnp.where(near, size, math.pi)
    of_sine = 1 - one_minus_sinc(jnp.where(near, pi_minus(beside), w))
    far = 1 / jnp.where(near, 2, 1 - share) / jnp.where(near, 2, 1 + share)
    factor = jnp.where(near, math.pi / beside * (math.pi / (math.pi + beside)), far)
    middle = t * (d.low / 2 + d.high / 2)
    return of_sine * factor * polar(jnp.zeros_like(w), middle)


_RAMP = [2 / math.factorial(k + 3) for k in range(16)]


def _log_ramp(x: Array) -> Array:
    r"""Return the logarithm of a mean exponential, less x if that is positive.

    .. math:: \log \frac{2 (e^x - 1 - x)}{x^2}, \quad \mathrm{density}\; 2 (1 - v), \; 0 < v < 1
    """
    near = jnp.abs(x) < 2
    z = jnp.where(near, x, 0)
    size = jnp.abs(jnp.where(near, 4, x))
    factor = jnp.where(x > 0, 1 - (1 + size) * jnp.exp(-size), jnp.exp(-size) - 1 + size)
    far = math.log(2) - 2 * jnp.log(size) + jnp.log(factor)
    return jnp.where(near, jnp.log1p(z * horner(_RAMP, z, 2)) - jnp.maximum(z, 0), far)


@CUMULANT.register(Triangular)
def triangular(d: Triangular, t: Array) -> Array:
    """Return that of two ramps: from the peak, or from the end that weighs most."""
    width = d.high - d.low
    sides = d.peak - d.low, d.high - d.peak
    log_weights = jnp.stack([masked_log(side / width) for side in sides], -1)
    x = jnp.stack([-t * sides[0], t * sides[1]], -1)
    near = jnp.abs(t * width) < 1
    positive = jnp.maximum(x, 0)
    taken = jnp.where(near, 0, jnp.sum(positive, -1))
    origin = jnp.where(near, d.peak, jnp.where(t > 0, d.high, d.low))
    ramps = _log_ramp(x) + (positive - taken[..., None])
    return t * origin + log_average_of_exponentials(log_weights, ramps)


@CHARACTERISTIC.register(Triangular)
def triangular_characteristic(d: Triangular, t: Array) -> Array:
    r"""Return that of two ramps from the peak, with the lengths l and r and :math:`w = l + r`.

    .. math:: \varphi(t) = e^{i t\,\mathrm{peak}} \left(\tfrac{l}{w} \overline{\psi(t l)} +
              \tfrac{r}{w} \psi(t r)\right), \quad
              \psi(s) = \frac{2 (1 - \cos s)}{s^2} + 2 i\, \frac{s - \sin s}{s^2}

    The parts 2 / s of both cancel: they are left out where both sides are long.
    """
    width = d.high - d.low
    sides = jnp.stack([d.peak - d.low, d.high - d.peak], -1)
    weights, s = sides / width[..., None], t[..., None] * sides
    both_far = jnp.all(jnp.abs(s) > 2, -1)
    real = jnp.sum(weights * (1 - one_minus_sinc(s / 2)) ** 2, -1)
    far = jnp.where(both_far[..., None], s, 4)
    waves = jnp.where(both_far[..., None], -2 * jnp.sin(far) / far / far, 2 * sinc_excess(s))
    imaginary = weights * waves
    inner = real + 1j * (imaginary[..., 1] - imaginary[..., 0])
    return inner * polar(jnp.zeros_like(t), t * d.peak)
