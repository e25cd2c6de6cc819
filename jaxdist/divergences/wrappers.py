"""Divergences KL(p || q) with p made of other distributions."""

from __future__ import annotations

import math
from contextlib import nullcontext
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array
from jax.experimental import checkify

from jaxdist.argument_checks import get_validation
from jaxdist.distribution import Distribution
from jaxdist.divergences.registry import kl_divergence, missing_closed_form, register_kl
from jaxdist.divergences.vector import diag_independent, normal_independent
from jaxdist.families.vector.low_rank_multivariate_normal import LowRankMultivariateNormal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.pytree import is_concrete
from jaxdist.transforms.transform import sum_rightmost
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.joint import Joint
from jaxdist.wrappers.joint_order_statistics import JointOrderStatistics
from jaxdist.wrappers.masked import Masked
from jaxdist.wrappers.sample import Sample
from jaxdist.wrappers.transformed import TransformedDistribution

register_kl(Independent, MultivariateNormalDiag, compiled=False)(diag_independent)
register_kl(Independent, MultivariateNormal, compiled=False)(normal_independent)
register_kl(Independent, LowRankMultivariateNormal, compiled=False)(normal_independent)


@register_kl(Independent, Independent, compiled=False)
def independent_independent(p: Independent, q: Independent) -> Array:
    """Sum over the axes that are event axes of both."""
    ndims = min(p.reinterpreted_batch_ndims, q.reinterpreted_batch_ndims)
    divergences = kl_divergence(_with_batch_axes(p, ndims), _with_batch_axes(q, ndims))
    return sum_rightmost(divergences, ndims)


@register_kl(Sample, Sample, compiled=False)
def sample_sample(p: Sample, q: Sample) -> Array:
    """Sum over the draws of an event.

    Raises:
      NotImplementedError: if the events have different shapes.
    """
    if p.sample_shape != q.sample_shape:
        raise missing_closed_form("the divergence of samples of different shapes")
    return math.prod(p.sample_shape) * kl_divergence(p.base_dist, q.base_dist)


@register_kl(JointOrderStatistics, JointOrderStatistics, compiled=False)
def joint_order_statistics(p: JointOrderStatistics, q: JointOrderStatistics) -> Array:
    """Sum over the draws: all ranks together say as much of them as the draws do.

    Raises:
      NotImplementedError: if ranks are left out, or the numbers of draws differ.
    """
    if not p.has_all_ranks or p.ranks != q.ranks:
        raise missing_closed_form("the divergence of some order statistics among others")
    return p.total_count * kl_divergence(p.base_dist, q.base_dist)


def _with_batch_axes(d: Independent, ndims: int) -> Distribution:
    """Turn `ndims` of the reinterpreted axes back into batch axes."""
    left = d.reinterpreted_batch_ndims - ndims
    return Independent(d.base_dist, left) if left else d.base_dist


@register_kl(Masked, Masked, compiled=False)
@register_kl(Masked, Distribution, compiled=False)
@register_kl(Distribution, Masked, compiled=False)
def masked(p: Distribution, q: Distribution) -> Array:
    """Divergence where all masks are set, 0 elsewhere."""
    (p, mask_p), (q, mask_q) = _base_and_mask(p), _base_and_mask(q)
    return jnp.where(mask_p & mask_q, kl_divergence(p, q), 0)


def _base_and_mask(d: Distribution) -> tuple[Distribution, Array]:
    if isinstance(d, Masked):
        return d.base_of_active, d.mask == 1
    return d, jnp.array(True)


@register_kl(Joint, Joint, compiled=False)
def joint_joint(p: Joint, q: Joint) -> Array:
    """Sum over the components."""

    def is_component(node: Any) -> bool:
        return isinstance(node, Distribution)

    divergences = jax.tree.map(kl_divergence, p.tree, q.tree, is_leaf=is_component)
    return jax.tree.reduce(jnp.add, divergences)


@register_kl(TransformedDistribution, TransformedDistribution, compiled=False)
def transformed_transformed(p: TransformedDistribution, q: TransformedDistribution) -> Array:
    """Divergence of the base distributions, if the transforms are equal; NaN where they differ.

    Under `jax.jit`, `vmap` or `grad` the parameters of transforms may not be known yet. With
    `jaxdist.validation("checkify")` a difference is then also reported through `checkify`.

    Raises:
      NotImplementedError: if the transforms are known to differ, or map several x to one y: then
        the divergence of the base distributions is only an upper bound.
    """
    structure: Any = jax.tree.structure(p.transforms)
    if structure != jax.tree.structure(q.transforms):
        raise missing_closed_form("the divergence of distributions behind different transforms")
    if not all(t.bijective for t in p.transforms):
        raise missing_closed_form("the divergence behind transforms that are not bijective")
    divergence = kl_divergence(p.base_dist, q.base_dist)
    error = missing_closed_form(
        "the divergence of distributions behind transforms with different parameters"
    )
    known = all(map(is_concrete, jax.tree.leaves((p.transforms, q.transforms))))
    with jax.ensure_compile_time_eval() if known else nullcontext():
        same = _same_transforms(p, q)
        if known and not jnp.all(same):
            raise error
    if get_validation() == "checkify" and not known:
        checkify.check(jnp.all(same), str(error))
    return jnp.where(same, divergence, math.nan)


def _same_transforms(p: TransformedDistribution, q: TransformedDistribution) -> Array:
    """Return whether the parameters are equal, shape: both batch shapes broadcast together."""
    ndim = max(len(p.batch_shape), len(q.batch_shape))

    def parameters(d: TransformedDistribution) -> list[Array]:
        missing = (1,) * (ndim - len(d.batch_shape))
        return [jnp.reshape(leaf, missing + leaf.shape) for leaf in jax.tree.leaves(d.transforms)]

    same = jnp.array(True)
    for a, b in zip(parameters(p), parameters(q), strict=True):
        same &= jnp.all(a == b, tuple(range(ndim, a.ndim)))
    return same
