"""Divergences of distributions made of distributions, and of points."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.experimental import checkify

from jaxdist.distribution import Distribution
from jaxdist.divergences.registry import kl_divergence, no_closed_form, register_kl
from jaxdist.families.real.delta import Delta
from jaxdist.families.real.normal import Normal
from jaxdist.families.vector.low_rank_multivariate_normal import LowRankMultivariateNormal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.pytree import is_concrete
from jaxdist.validation import get_validation
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.joint import Joint
from jaxdist.wrappers.masked import Masked
from jaxdist.wrappers.transformed import TransformedDistribution


@register_kl(Independent, Independent, compiled=False)
def independent_independent(p: Independent, q: Independent) -> Array:
    """Sum over the axes that both read as event axes."""
    shared = min(p.reinterpreted_batch_ndims, q.reinterpreted_batch_ndims)
    parts = kl_divergence(_reread(p, shared), _reread(q, shared))
    return jnp.sum(parts, tuple(range(-shared, 0)))


def _reread(d: Independent, ndims: int) -> Distribution:
    """Read some event axes as batch axes again."""
    left = d.reinterpreted_batch_ndims - ndims
    return Independent(d.base_dist, left) if left else d.base_dist


@register_kl(Independent, MultivariateNormalDiag, compiled=False)
@register_kl(MultivariateNormalDiag, Independent, compiled=False)
def independent_diag(p: Distribution, q: Distribution) -> Array:
    """Sum of the divergences of the entries."""
    return kl_divergence(_as_independent(p), _as_independent(q))


def _as_independent(d: Distribution) -> Distribution:
    if not isinstance(d, MultivariateNormalDiag):
        return d
    return Independent(Normal(d.loc, d.scale_diag, validate_args=False), 1)


@register_kl(Independent, MultivariateNormal, compiled=False)
@register_kl(MultivariateNormal, Independent, compiled=False)
@register_kl(Independent, LowRankMultivariateNormal, compiled=False)
@register_kl(LowRankMultivariateNormal, Independent, compiled=False)
def independent_normal(p: Distribution, q: Distribution) -> Array:
    """Divergence of normal vectors, of which one is given by its independent entries."""
    return kl_divergence(_as_vector(p), _as_vector(q))


def _as_vector(d: Distribution) -> Distribution:
    if not isinstance(d, Independent):
        return d
    if isinstance(d.base_dist, Normal):
        return MultivariateNormalDiag(d.base_dist.loc, d.base_dist.scale, validate_args=False)
    raise no_closed_form(
        f"a multivariate normal distribution and Independent({type(d.base_dist).__name__})"
    )


@register_kl(Masked, Masked, compiled=False)
@register_kl(Masked, Distribution, compiled=False)
@register_kl(Distribution, Masked, compiled=False)
def masked(p: Distribution, q: Distribution) -> Array:
    """Divergence where the masks are set, 0 elsewhere."""
    (p, p_counts), (q, q_counts) = _unmask(p), _unmask(q)
    return jnp.where(p_counts & q_counts, kl_divergence(p, q), 0)


def _unmask(d: Distribution) -> tuple[Distribution, Array]:
    if isinstance(d, Masked):
        return d.base_dist, d.mask == 1
    return d, jnp.array(True)


@register_kl(Joint, Joint, compiled=False)
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


@register_kl(Delta, Masked, compiled=False)
def delta_masked(p: Delta, q: Masked) -> Array:
    """Divergence where the mask is set, 0 elsewhere."""
    return masked(p, q)


@register_kl(TransformedDistribution, TransformedDistribution, compiled=False)
def transformed_transformed(p: TransformedDistribution, q: TransformedDistribution) -> Array:
    """Divergence before the transforms, where both have the same ones; NaN where they differ.

    Under `jax.jit`, `vmap` or `grad` parameters of transforms may be known only then. With
    `jaxdist.validation("checkify")` a difference is reported through `checkify` as well.

    Raises:
      NotImplementedError: where the transforms are known to differ now.
    """
    structure: Any = jax.tree.structure(p.transforms)
    if structure != jax.tree.structure(q.transforms):
        raise no_closed_form("distributions behind different transforms")
    divergence = kl_divergence(p.base_dist, q.base_dist)
    error = no_closed_form("distributions behind transforms with different parameters")
    known = all(map(is_concrete, jax.tree.leaves((p.transforms, q.transforms))))
    with jax.ensure_compile_time_eval() if known else nullcontext():
        same = _same_transforms(p, q)
        if known and not jnp.all(same):
            raise error
    if get_validation() == "checkify" and not known:
        checkify.check(jnp.all(same), str(error))
    return jnp.where(same, divergence, math.nan)


def _same_transforms(p: TransformedDistribution, q: TransformedDistribution) -> Array:
    """Tell whether the parameters are equal, shape: that of both batch shapes together."""
    ndim = max(len(p.batch_shape), len(q.batch_shape))

    def parameters(d: TransformedDistribution) -> list[Array]:
        missing = (1,) * (ndim - len(d.batch_shape))
        return [jnp.reshape(leaf, missing + leaf.shape) for leaf in jax.tree.leaves(d.transforms)]

    same = jnp.array(True)
    for a, b in zip(parameters(p), parameters(q), strict=True):
        same &= jnp.all(a == b, tuple(range(ndim, a.ndim)))
    return same
