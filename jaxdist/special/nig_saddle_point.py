r"""The upper tail of a normal-inverse Gaussian variable that is nearly normal, or far out.

.. math:: P(Z > z) \approx \Phi(-w) + \phi(w) \left(\frac1u - \frac1w\right), \quad
          w^2 = 2 (\alpha q - \delta \gamma - \beta z), \quad
          u = \frac{(\alpha z - \beta q) \sqrt q}{\delta \sqrt\alpha}

with the signs of z less the mean (Lugannani and Rice 1980, "Saddle point approximation for the
distribution of the sum of independent random variables"). Far out it is the density over the slope
of its logarithm. The relative error is about 1 / α q.
"""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.promotion import custom_jvp
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import along
from jaxdist.special.normal import inverse_mills, log_ndtr, ndtr
from jaxdist.special.normal_inverse_gaussian import (
    nig_exponent,
    nig_gamma,
    nig_log_prob,
    nig_units,
)
from jaxdist.special.with_slopes import with_slopes

_STEEP = 1e7  # (α - |β|) q from which the error is nothing
_STEEPER = 1e9  # α z - β q, likewise where the other tail is heavy
_FAR = 1e4  # w, from which the tail is the density over a slope
_NEAR = 1.0  # w, up to which 1 / u - 1 / w is that at the mean


def is_steep(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Return where the approximation holds."""
    q = hypot(delta, z)
    is_steep_tail = (beta < 0) & (alpha * z - beta * q > _STEEPER)
    return ((alpha - jnp.abs(beta)) * q > _STEEP) | is_steep_tail


def saddle_point_sf(z: Array, delta: Array, alpha: Array, beta: Array, holds: Array) -> Array:
    """Evaluate P(Z > z) where the approximation holds, something regular elsewhere."""
    w, excess, slope, _ = _approximate(z, delta, alpha, beta, holds)
    density = jnp.exp(-w * w / 2) / math.sqrt(2 * math.pi)
    value = ndtr(-w) + density * excess
    return with_slopes(lax.stop_gradient(value), (-density * slope,), (w,))


def log_saddle_point_sf(z: Array, delta: Array, alpha: Array, beta: Array, holds: Array) -> Array:
    """Evaluate the logarithm, likewise."""
    w, excess, slope, log_far = _approximate(z, delta, alpha, beta, holds)
    growth, hazard = lax.stop_gradient(inverse_mills(-w)), 1 + excess * inverse_mills(-w)
    value = log_ndtr(-w) + jnp.log(hazard)
    value = with_slopes(lax.stop_gradient(value), (-growth * slope / hazard,), (w,))
    return jnp.where(lax.stop_gradient(w) < _FAR, value, log_far)


def _approximate(
    z: Array, delta: Array, alpha: Array, beta: Array, holds: Array
) -> tuple[Array, Array, Array, Array]:
    """Return w, at most `_FAR`; 1 / u - 1 / w and w / u; the logarithm of the tail far out."""
    points = tuple(
        jnp.where(holds, x, v) for v, x in zip((0, 1, 1, 0), (z, delta, alpha, beta), strict=True)
    )
    w = _score(*points)
    is_far = w > _FAR
    near = tuple(jnp.where(is_far, v, x) for v, x in zip((0, 1, 1, 0), points, strict=True))
    far = tuple(jnp.where(is_far, x, v) for v, x in zip((1, 1, 1, 0), points, strict=True))
    w = jnp.where(is_far, _FAR, _score(*near))
    excess = lax.stop_gradient(_excess(w, *near))
    log_slope = lax.stop_gradient(_log_slope(*far))
    return w, excess, 1 + w * excess, nig_log_prob(*far) - log_slope


@custom_jvp
def _score(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Return w."""
    per_x, per_slope = nig_units(z, delta, alpha, beta)
    scaled = z / per_x, delta / per_x, alpha / per_slope, beta / per_slope
    return math.sqrt(2) * _root(*scaled) * (jnp.sqrt(per_x) * jnp.sqrt(per_slope))


@_score.defjvp
def _score_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    z, delta, alpha, beta = primals
    per_x, per_slope = nig_units(*primals)
    scaled = z / per_x, delta / per_x, alpha / per_slope, beta / per_slope
    _, pull_back = jax.vjp(_root, *scaled)
    of_z, of_delta, of_alpha, of_beta = pull_back(jnp.full_like(z, math.sqrt(2)))
    stretch, shrink = jnp.sqrt(per_slope) / jnp.sqrt(per_x), jnp.sqrt(per_x) / jnp.sqrt(per_slope)
    slopes = of_z * stretch, of_delta * stretch, of_alpha * shrink, of_beta * shrink
    dot = jnp.zeros_like(z)
    for slope, change in zip(slopes, tangents, strict=True):
        dot += along(slope, change)
    return _score(*primals), dot


def _root(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Return the root of the exponent's size, with the sign of z less the mean."""
    _, excess, root, rises = nig_exponent(z, delta, alpha, beta)
    return jnp.where(
        rises, root, jnp.where(root < 0, -1, 1) * jnp.sqrt(jnp.where(rises, 1, -excess))
    )


def _lead(z: Array, delta: Array, alpha: Array, beta: Array) -> tuple[Array, Array]:
    """Return αz - βq, of which neither term is nearly the other, and q."""
    q, gamma = hypot(delta, z), nig_gamma(alpha, beta)
    cancels = z * beta > 0
    total = jnp.where(cancels, alpha * z + beta * q, 1)
    product = (gamma * z - beta * delta) * (gamma * z + beta * delta)
    return jnp.where(cancels, product / total, alpha * z - beta * q), q


def _excess(w: Array, z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Return 1 / u - 1 / w."""
    per_x, per_slope = nig_units(z, delta, alpha, beta)
    unit = jnp.sqrt(per_x) * jnp.sqrt(per_slope)
    z, delta, alpha, beta = z / per_x, delta / per_x, alpha / per_slope, beta / per_slope
    lead, q = _lead(z, delta, alpha, beta)
    is_near = jnp.abs(w) < _NEAR
    u = unit * (jnp.where(is_near, 1, lead) * jnp.sqrt(q / alpha) / delta)
    at_mean = -beta / (2 * alpha * jnp.sqrt(delta * nig_gamma(alpha, beta)) * unit)
    return jnp.where(is_near, at_mean, 1 / u - 1 / jnp.where(is_near, 1, w))


def _log_slope(z: Array, delta: Array, alpha: Array, beta: Array) -> Array:
    """Return the logarithm of the slope of minus the log-density, far out."""
    per_x, per_slope = nig_units(z, delta, alpha, beta)
    lead, q = _lead(z / per_x, delta / per_x, alpha / per_slope, beta / per_slope)
    return jnp.log(lead / q) + jnp.log(per_slope)
