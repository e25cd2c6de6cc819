"""Divergences of distributions made of distributions, and of points."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.families.real import Delta
from jaxdist.kl.registry import kl_divergence, register_kl
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.joint import Joint
from jaxdist.wrappers.masked import Masked
from jaxdist.wrappers.transformed import TransformedDistribution


@register_kl(Independent, Independent)
def independent_independent(p: Independent, q: Independent) -> Array:
    """Sum over the axes that both read as event axes."""
    shared = min(p.reinterpreted_batch_ndims, q.reinterpreted_batch_ndims)
    parts = kl_divergence(_reread(p, shared), _reread(q, shared))
    return jnp.sum(parts, tuple(range(-shared, 0)))


def _reread(d: Independent, ndims: int) -> Distribution:
    """Read some event axes as batch axes again."""
    left = d.reinterpreted_batch_ndims - ndims
    return Independent(d.base_dist, left) if left else d.base_dist


@register_kl(Masked, Masked)
@register_kl(Masked, Distribution)
@register_kl(Distribution, Masked)
def masked(p: Distribution, q: Distribution) -> Array:
    """Divergence where the masks are set, 0 elsewhere."""
    (p, p_counts), (q, q_counts) = _unmask(p), _unmask(q)
    return jnp.where(p_counts & q_counts, kl_divergence(p, q), 0)


def _unmask(d: Distribution) -> tuple[Distribution, Array]:
    if isinstance(d, Masked):
        return d.base_dist, d.mask == 1
    return d, jnp.array(True)


@register_kl(Joint, Joint)
def joint_joint(p: Joint, q: Joint) -> Array:
    """Sum over the parts."""

    def is_part(node: Any) -> bool:
        return isinstance(node, Distribution)

    parts = jax.tree.map(kl_divergence, p.tree, q.tree, is_leaf=is_part)
    return jax.tree.reduce(jnp.add, parts)


@register_kl(Delta, Distribution)
def delta_anything(p: Delta, q: Distribution) -> Array:
    """How unlikely the point is; infinite, with gradient 0, where it is impossible."""
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    log_q = q.expand(shape).log_prob(jnp.broadcast_to(p.loc, shape))
    return jnp.where(log_q == -math.inf, math.inf, -log_q)


@register_kl(Delta, Masked)
def delta_masked(p: Delta, q: Masked) -> Array:
    """Divergence where the mask is set, 0 elsewhere."""
    return masked(p, q)


@register_kl(TransformedDistribution, TransformedDistribution)
def transformed_transformed(p: TransformedDistribution, q: TransformedDistribution) -> Array:
    """Divergence before the transforms, where both have the same ones; NaN where they differ."""
    structure: Any = jax.tree.structure(p.transforms)
    if structure != jax.tree.structure(q.transforms):
        raise NotImplementedError(
            "no closed form is known for the divergence of distributions behind different "
            "transforms; estimate it by jaxdist.monte_carlo_kl(p, q, key, num_samples)"
        )
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    p, q = p.expand(shape), q.expand(shape)
    same = jnp.ones(shape, bool)
    for a, b in zip(jax.tree.leaves(p.transforms), jax.tree.leaves(q.transforms), strict=True):
        same &= jnp.all(a == b, tuple(range(len(shape), jnp.ndim(a))))
    return jnp.where(same, kl_divergence(p.base_dist, q.base_dist), math.nan)
