"""Generating functions of distributions made of other distributions."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.trials import trial_probability
from jaxdist.distribution import Distribution
from jaxdist.generating_functions.averages import (
    log_average_of_exponentials,
    log_average_of_trial,
    polar,
)
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT, Table
from jaxdist.precision import matvec
from jaxdist.special import Probability, masked_log_softmax
from jaxdist.transforms import AffineTransform, IndependentTransform, LowerCholeskyAffine
from jaxdist.transforms.transform import sum_rightmost
from jaxdist.wrappers.gated import Gated
from jaxdist.wrappers.hurdle import Hurdle
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.mixture import Mixture
from jaxdist.wrappers.mixture_same_family import MixtureSameFamily
from jaxdist.wrappers.sample import Sample
from jaxdist.wrappers.transformed import TransformedDistribution
from jaxdist.wrappers.zero_inflated import ZeroInflated


@CUMULANT.register(Independent, compiled=False)
def independent(d: Independent, t: Array) -> Array:
    """Return the sum over the axes that are event axes."""
    return sum_rightmost(CUMULANT.evaluate(d.base_dist, t), d.reinterpreted_batch_ndims)


@CHARACTERISTIC.register(Independent, compiled=False)
def independent_characteristic(d: Independent, t: Array) -> Array:
    """Return the product over the axes that are event axes."""
    ndims = d.reinterpreted_batch_ndims
    return jnp.prod(CHARACTERISTIC.evaluate(d.base_dist, t), tuple(range(-ndims, 0)))


def _draws_first(d: Sample, t: Array) -> tuple[Array, tuple[int, ...]]:
    """Move the axes of the draws to the front, where they are axes of values; return these too."""
    axes = tuple(range(len(d.sample_shape)))
    from_right = tuple(axis - len(d.event_shape) for axis in axes)
    return jnp.moveaxis(t, from_right, axes), axes


@CUMULANT.register(Sample, compiled=False)
def sample(d: Sample, t: Array) -> Array:
    """Return the sum over the draws."""
    t, axes = _draws_first(d, t)
    return jnp.sum(CUMULANT.evaluate(d.base_dist, t), axes)


@CHARACTERISTIC.register(Sample, compiled=False)
def sample_characteristic(d: Sample, t: Array) -> Array:
    """Return the product over the draws."""
    t, axes = _draws_first(d, t)
    return jnp.prod(CHARACTERISTIC.evaluate(d.base_dist, t), axes)


def _through_affine(d: TransformedDistribution, t: Array, table: Table) -> tuple[Array, Array]:
    """Return the vectors whose inner products with y and with x differ by a constant, and that.

    Raises:
      NotImplementedError: if a transform is not affine.
    """
    event_ndim = len(d.event_shape)
    constant = jnp.zeros(t.shape[: t.ndim - event_ndim], t.dtype)
    for transform in reversed(d.transforms):
        part: Any = transform
        while isinstance(part, IndependentTransform):
            part = part.base_transform
        if isinstance(part, AffineTransform):
            scaled = part.scale * t
        elif isinstance(part, LowerCholeskyAffine):
            scaled = matvec(jnp.matrix_transpose(part.scale_tril), t)
        else:
            raise NotImplementedError(
                f"no closed form is known for the {table.name} of a {type(d).__name__} by "
                f"{part!r}, only by affine transforms; estimate it from draws"
            )
        constant += sum_rightmost(part.loc * t, event_ndim)
        t = scaled
    return t, constant


@CUMULANT.register(TransformedDistribution, compiled=False)
def transformed(d: TransformedDistribution, t: Array) -> Array:
    """Return that of the base distribution, moved and scaled."""
    t, constant = _through_affine(d, t, CUMULANT)
    return CUMULANT.evaluate(d.base_dist, t) + constant


@CHARACTERISTIC.register(TransformedDistribution, compiled=False)
def transformed_characteristic(d: TransformedDistribution, t: Array) -> Array:
    """Return that of the base distribution, turned and scaled."""
    t, constant = _through_affine(d, t, CHARACTERISTIC)
    return CHARACTERISTIC.evaluate(d.base_dist, t) * polar(jnp.zeros_like(constant), constant)


def _of_components(d: Distribution, t: Array, table: Table) -> Array:
    """Evaluate the function of every component, shape `(..., components)`."""
    if isinstance(d, MixtureSameFamily):
        repeated = jnp.expand_dims(t, -1 - len(d.event_shape))
        count = d.mixture_distribution.num_categories
        axis = t.ndim - len(d.event_shape)
        repeated = jnp.broadcast_to(repeated, (*t.shape[:axis], count, *t.shape[axis:]))
        return table.evaluate(d.component_distribution, repeated)
    assert isinstance(d, Mixture)
    return jnp.stack([table.evaluate(part, t) for part in d.component_distributions], -1)


@CUMULANT.register(Mixture, MixtureSameFamily, compiled=False)
def mixture(d: Mixture | MixtureSameFamily, t: Array) -> Array:
    """Return the logarithm of the average of those of the components."""
    log_weights = masked_log_softmax(d.mixture_distribution.logits)
    return log_average_of_exponentials(log_weights, _of_components(d, t, CUMULANT))


@CHARACTERISTIC.register(Mixture, MixtureSameFamily, compiled=False)
def mixture_characteristic(d: Mixture | MixtureSameFamily, t: Array) -> Array:
    """Return the average of those of the components."""
    return jnp.sum(d.mixture_distribution.probs * _of_components(d, t, CHARACTERISTIC), -1)


@CUMULANT.register(Hurdle, ZeroInflated, compiled=False)
def gated(d: Gated, t: Array) -> Array:
    """Return the logarithm of the average of 1 and that of the draws that pass the gate."""
    gate = trial_probability(d.gate_dist)
    draw = Probability(gate.y, gate.x, gate.log_y, gate.log_x)
    return log_average_of_trial(draw, CUMULANT.evaluate(d.drawn, t))


@CHARACTERISTIC.register(Hurdle, ZeroInflated, compiled=False)
def gated_characteristic(d: Gated, t: Array) -> Array:
    """Return the average of 1 and that of the draws that pass the gate."""
    gate = trial_probability(d.gate_dist)
    return gate.x + gate.y * CHARACTERISTIC.evaluate(d.drawn, t)
