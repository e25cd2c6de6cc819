"""Divergences KL(p || q) with p on the unit sphere."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.rotationally_symmetric import squared_distance
from jaxdist.divergences.bregman import bregman_divergence
from jaxdist.divergences.registry import register_kl
from jaxdist.families.sphere.power_spherical import PowerSpherical
from jaxdist.families.sphere.spherical_uniform import SphericalUniform
from jaxdist.families.sphere.von_mises_fisher import VonMisesFisher
from jaxdist.special.sphere import (
    sphere_cosine_variance,
    sphere_log_mean_exp,
    sphere_mean_ratio,
)


@register_kl(VonMisesFisher, VonMisesFisher)
def von_mises_fisher_von_mises_fisher(p: VonMisesFisher, q: VonMisesFisher) -> Array:
    r"""Divergence of von Mises-Fisher distributions: of concentrations, then of directions.

    .. math:: B_f(\kappa_q; \kappa_p) + \kappa_q \frac{I_{\nu + 1}(\kappa_p)}{I_\nu(\kappa_p)}
              \frac{|\mu_p - \mu_q|^2}{2}, \quad f(\kappa) = \log E[e^{\kappa (t - 1)}]
    """
    dim = p.event_shape[-1]
    x, y = jnp.broadcast_arrays(p.concentration, q.concentration)
    is_close = (y < 2 * x + 1) & (x < 2 * y + 1)
    distance = squared_distance(p.mean_direction, q.mean_direction)
    of_directions = y * x * sphere_mean_ratio(dim, x) * distance / 2
    function, curvature = (
        functools.partial(f, dim) for f in (sphere_log_mean_exp, sphere_cosine_variance)
    )
    return bregman_divergence(function, curvature, y, x, is_close) + of_directions


@register_kl(VonMisesFisher, SphericalUniform)
@register_kl(PowerSpherical, SphericalUniform)
@register_kl(SphericalUniform, SphericalUniform)
def any_uniform(p: Any, q: SphericalUniform) -> Array:
    """The entropy of p, below that of the uniform distribution."""
    return jnp.maximum(q.entropy() - p.entropy(), 0)


@register_kl(SphericalUniform, VonMisesFisher)
def uniform_von_mises_fisher(p: SphericalUniform, q: VonMisesFisher) -> Array:
    r"""Evaluate :math:`\kappa + \log E[e^{\kappa (t - 1)}]`, for the cosine t of uniform points."""
    return q.concentration + sphere_log_mean_exp(p.dimension, q.concentration)
