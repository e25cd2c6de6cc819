"""The integral over the radius of a normal distribution, along a direction."""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.promotion import custom_jvp
from jaxdist.special.exp_log import log1pmx, log_expm1
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.logistic import sigmoid, softplus


def _nodes(dim: int, dtype: np.dtype) -> np.ndarray:
    """Return evenly spaced nodes, in units of the width of the integrand, where it is seen."""
    if jnp.finfo(dtype).eps > 1e-10:
        return np.arange(-8 - 24 / (dim - 1), 8, 0.5)
    return np.arange(-11 - 48 / (dim - 1), 11, 0.25)


def _sums(dim: int, t: Array) -> tuple[Array, Array, Array]:
    r"""Return the r of the largest integrand, the integral over that, and the same of 1 / r.

    For negative t the last one is that of r. Both are in units of the first one.

    With :math:`r = \log(1 + e^v)` and :math:`r_0 (r_0 - t) = n` the integrand over its maximum is

    .. math:: \exp\left(n \left(\log \tfrac{r}{r_0} - \tfrac{\delta}{r_0}\right)
              - \tfrac{\delta^2}{2}\right) \frac{r_0}{r} \frac{dr}{dv}, \quad \delta = r - r_0

    an analytic function of v, which the trapezoidal rule integrates exactly.
    """
    size = hypot(t, 2 * math.sqrt(dim))
    mode = jnp.where(t < 0, 2 * dim / (size + jnp.abs(t)), (size + jnp.abs(t)) / 2)
    center = log_expm1(mode)
    width = -mode / jnp.expm1(-mode) / hypot(mode, math.sqrt(dim))
    sign = jnp.where(center > 0, -1, 1)
    slope = sigmoid(sign * center)  # at most 1/2

    def terms(u: Array) -> tuple[Array, Array]:
        step = width * u
        r = softplus(center + step)
        change = jnp.where(center > 0, step, 0) + jnp.log1p(slope * jnp.expm1(sign * step))
        ratio = change / mode
        is_near = ratio > -0.5
        log_ratio = jnp.log(r / mode)
        remainder = jnp.where(is_near, log1pmx(jnp.where(is_near, ratio, 0)), log_ratio - ratio)
        term = jnp.exp(dim * remainder - change**2 / 2) * sigmoid(center + step) * (mode / r)
        return term, term * jnp.where(t < 0, r / mode, mode / r)

    nodes = _nodes(dim, t.dtype)
    weights = np.full_like(nodes, nodes[1] - nodes[0])
    total, inverse = weighted_sum(terms, weights, nodes, dtype=t.dtype)
    return mode, width * total, width * inverse


@functools.partial(custom_jvp, nondiff_argnums=(0,))
def log_radial_integral(dim: int, t: Array) -> Array:
    r"""Logarithm of an integral over the positive numbers.

    .. math:: \log \int_0^\infty r^{n - 1} e^{-(r - t)^2 / 2} dr + \frac{\min(t, 0)^2}{2}

    The second term is what cancels in densities of directions opposite to the mean.

    Args:
      dim: the number n of dimensions, at least 2.
      t: any real number, any shape.
    """
    mode, total, _ = _sums(dim, t)
    exponent = jnp.where(t < 0, mode**2 / 2 - dim, -((dim / mode) ** 2) / 2)
    return (dim - 1) * jnp.log(mode) + exponent + jnp.log(total)


@log_radial_integral.defjvp
def _log_radial_integral_jvp(
    dim: int, primals: tuple[Array], tangents: tuple[Array]
) -> tuple[Array, Array]:
    """The mean of r - t, n - 1 times that of 1 / r; for negative t, the mean of r."""
    (t,), (t_dot,) = primals, tangents
    mode, total, moment = _sums(dim, t)
    unit = jnp.where(t < 0, mode, (dim - 1) / mode)
    return log_radial_integral(dim, t), unit * (moment / total) * t_dot
