"""Generating functions of distributions made of other distributions."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.trials import trial_probability
from jaxdist.distribution import Distribution
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.poisson import Poisson
from jaxdist.generating_functions.averages import (
    log_average_of_exponentials,
    log_average_of_trial,
    polar,
)
from jaxdist.generating_functions.registry import CHARACTERISTIC, CUMULANT, Table
from jaxdist.precision import matvec
from jaxdist.special import Probability, expm1, log_expm1_ratio, masked_log_softmax
from jaxdist.transforms import AffineTransform, IndependentTransform, LowerCholeskyAffine
from jaxdist.transforms.transform import sum_rightmost
from jaxdist.wrappers.censored import Censored
from jaxdist.wrappers.extremes import Maximum, Minimum
from jaxdist.wrappers.gated import Gated
from jaxdist.wrappers.hurdle import Hurdle
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.mixture import Mixture
from jaxdist.wrappers.mixture_same_family import MixtureSameFamily
from jaxdist.wrappers.order_statistic import OrderStatistic
from jaxdist.wrappers.sample import Sample
from jaxdist.wrappers.transformed import TransformedDistribution
from jaxdist.wrappers.truncated import Truncated
from jaxdist.wrappers.zero_inflated import ZeroInflated

_RARE = -30.0  # cumulant of all counts, below which the exponential of the other sign is far from 1


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
    return log_average_of_trial(draw, _of_passed(d, t, CUMULANT))


@CHARACTERISTIC.register(Hurdle, ZeroInflated, compiled=False)
def gated_characteristic(d: Gated, t: Array) -> Array:
    """Return the average of 1 and that of the draws that pass the gate."""
    gate = trial_probability(d.gate_dist)
    return gate.x + gate.y * _of_passed(d, t, CHARACTERISTIC)


def _of_passed(d: Gated, t: Array, table: Table) -> Array:
    """Evaluate the function of the draws that pass the gate.

    Raises:
      NotImplementedError: if no closed form is known.
    """
    if isinstance(d, Hurdle) and isinstance(d.base_dist, Geometric):
        # Beyond 0, failures are distributed as from 0 on.
        of_base = table.evaluate(d.base_dist, t)
        is_cumulant = table is CUMULANT
        return t + of_base if is_cumulant else polar(jnp.zeros_like(t), t) * of_base
    if isinstance(d, Hurdle) and isinstance(d.base_dist, Poisson):
        counts = d.base_dist
        is_cumulant = table is CUMULANT
        return _positive_poisson(counts, t) if is_cumulant else _positive_polar(counts.rate, t)
    try:
        return table.evaluate(d.drawn, t)
    except NotImplementedError as error:
        raise table.missing(d) from error


def _positive_poisson(d: Poisson, t: Array) -> Array:
    r"""Return the cumulant generating function of positive counts, by that of all, K.

    .. math:: K + \log\left(1 + \frac{1 - e^{-K}}{e^r - 1}\right)
              = t + g(r e^t) - g(r), \quad g(x) = \log \frac{e^x - 1}{x}

    Where the argument of the first logarithm is nearly 0, the second form is exact.
    """
    of_all = CUMULANT.evaluate(d, t)
    finite = of_all < math.inf
    k, rate = jnp.where(finite, of_all, 0), d.rate
    grown = rate * jnp.exp(jnp.where(finite, t, 0) / 2) ** 2
    usual = -expm1(-jnp.maximum(k, _RARE)) * jnp.exp(-rate) / -expm1(-rate)
    share = jnp.where(k > _RARE, usual, -jnp.exp(-grown))
    near = share > -0.5
    of_near = k + jnp.log1p(jnp.where(near, share, 0))
    of_far = t + log_expm1_ratio(jnp.where(near, 0, grown)) - log_expm1_ratio(rate)
    return jnp.where(finite, jnp.where(near, of_near, of_far), math.inf)


def _positive_polar(rate: Array, t: Array) -> Array:
    r"""Return :math:`\frac{\exp(r e^{i t}) - 1}{\exp(r) - 1}`, of positive Poisson counts."""
    x, y = rate * jnp.cos(t), rate * jnp.sin(t)
    nothing, some = jnp.exp(-rate), -jnp.expm1(-rate)
    size = jnp.exp(-2 * rate * jnp.sin(t / 2) ** 2)
    is_small = rate < 1
    less = nothing * jnp.expm1(jnp.where(is_small, x, 0))
    real = jnp.where(
        is_small, less * jnp.cos(y) - 2 * nothing * jnp.sin(y / 2) ** 2, size * jnp.cos(y) - nothing
    )
    return (real + 1j * (size * jnp.sin(y))) / some


@CUMULANT.register(Truncated, Maximum, Minimum, OrderStatistic, compiled=False)
def of_listed_values(d: Any, t: Array) -> Array:
    """Sum over the values of the base distribution, if these can be listed."""
    return _of_listed_values(d, t, CUMULANT)


@CHARACTERISTIC.register(Truncated, Maximum, Minimum, OrderStatistic, compiled=False)
def of_listed_values_characteristic(d: Any, t: Array) -> Array:
    """Sum over the values of the base distribution, if these can be listed."""
    return _of_listed_values(d, t, CHARACTERISTIC)


def _of_listed_values(d: Any, t: Array, table: Table) -> Array:
    if not d.base_dist.has_enumerate_support:
        raise table.missing(d)
    return table.over_values(d, t, d.base_dist.enumerate_support())


@CUMULANT.register(Censored, compiled=False)
def censored(d: Censored, t: Array) -> Array:
    """Sum over the values of the base distribution, if these can be listed, clipped."""
    return _of_clipped_values(d, t, CUMULANT)


@CHARACTERISTIC.register(Censored, compiled=False)
def censored_characteristic(d: Censored, t: Array) -> Array:
    """Sum over the values of the base distribution, if these can be listed, clipped."""
    return _of_clipped_values(d, t, CHARACTERISTIC)


def _of_clipped_values(d: Censored, t: Array, table: Table) -> Array:
    if not d.base_dist.has_enumerate_support:
        raise table.missing(d)
    values = d.base_dist.enumerate_support()
    return table.over_values(d.base_dist, t, values, d._clip(values))
