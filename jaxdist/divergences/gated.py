"""Divergences KL(p || q) of distributions whose zeros have a probability of their own."""

from __future__ import annotations

import math
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist.bases.counts import summation_nodes
from jaxdist.bases.trials import failure_prob, log_failure_prob
from jaxdist.distribution import Distribution
from jaxdist.divergences.bregman import bregman_divergence
from jaxdist.divergences.registry import (
    find_entry,
    kl_divergence,
    missing_closed_form,
    register_kl,
)
from jaxdist.divergences.relative_entropy import relative_entropy_of_log_probs
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.poisson import Poisson
from jaxdist.families.interval.truncated_normal import TruncatedNormal
from jaxdist.numerics.differentiation import derivative
from jaxdist.special import deviance, log_expm1_ratio, masked_log
from jaxdist.wrappers.gated import Gated
from jaxdist.wrappers.hurdle import Hurdle
from jaxdist.wrappers.truncated import Truncated


@register_kl(Gated, Gated, compiled=False)
def gated_gated(p: Gated, q: Gated) -> Array:
    """Divergence of whether a draw is 0, and of the others.

    Raises:
      NotImplementedError: if no closed form of the latter is known.
    """
    if p._has_atoms is not q._has_atoms:
        raise _missing(p, q)
    of_zeros, weight = _of_zeros(p, q)
    others = _of_draws(p, q) if p._has_atoms else _of_positive_counts(p, q)
    return of_zeros + jnp.where(weight > 0, weight * jnp.where(weight > 0, others, 0), 0)


def _missing(p: Gated, q: Gated) -> NotImplementedError:
    names = (f"{type(d).__name__}({type(d.base_dist).__name__})" for d in (p, q))
    return missing_closed_form(f"KL({', '.join(names)})")


def _of_zeros(p: Gated, q: Gated) -> tuple[Array, Array]:
    """Return the divergence of whether a draw is 0, and the probability under p that it is not."""
    if all(isinstance(d, Hurdle) or d._has_atoms for d in (p, q)):
        return kl_divergence(p.gate_dist, q.gate_dist), failure_prob(p.gate_dist)
    log_p, log_q = (jnp.stack([_log_zero(d), _log_nonzero(d)], -1) for d in (p, q))
    return relative_entropy_of_log_probs(log_p, log_q), jnp.exp(log_p[..., 1])


def _log_zero(d: Gated) -> Array:
    return d.log_prob(jnp.zeros(d.batch_shape, d.dtype))


def _log_nonzero(d: Gated) -> Array:
    log_passed = log_failure_prob(d.gate_dist)
    if isinstance(d, Hurdle):
        return log_passed
    return log_passed + d.base_dist.log_survival_function(jnp.zeros(d.batch_shape, d.dtype))


def _of_draws(p: Gated, q: Gated) -> Array:
    """Divergence of the draws of a density that pass the gate."""
    drawn = [_as_truncated_normal(d.drawn) for d in (p, q)]
    try:
        return kl_divergence(*drawn)
    except NotImplementedError as error:
        raise _missing(p, q) from error


def _as_truncated_normal(d: Distribution) -> Distribution:
    normal: TruncatedNormal | None = d._of_normal() if isinstance(d, Truncated) else None
    return d if normal is None else normal


def _of_positive_counts(p: Gated, q: Gated) -> Array:
    """Divergence of the positive counts.

    Raises:
      NotImplementedError: if a count may be negative, or no divergence of the counts is known.
    """
    bases: tuple[Any, Any] = (p.base_dist, q.base_dist)
    lowest = [d.support.bounds[0] for d in bases]
    known = find_entry(*map(type, bases)) is not None or bases[0].has_enumerate_support
    if not known or not all(isinstance(low, int | float) and low >= 0 for low in lowest):
        raise _missing(p, q)
    if min(lowest) > 0 or all(isinstance(d, Geometric) for d in bases):
        return kl_divergence(*bases)  # beyond 0, failures are distributed as from 0 on
    if all(isinstance(d, Poisson) for d in bases):
        return _of_positive_poisson(*(d.rate for d in bases))
    return _sum_over_positive_counts(*bases)


def _of_positive_poisson(x: Array, y: Array) -> Array:
    r"""Divergence of Poisson counts with rates x and y, given that they are positive.

    .. math:: \frac{m}{x}\, \mathrm{deviance}(x, y) + B_g(y; x), \quad
              g(x) = \log \frac{e^x - 1}{x}, \quad m = x g'(x)

    where m is the mean number of further events.
    """
    slope = derivative(log_expm1_ratio)
    x, y = jnp.broadcast_arrays(x, y)
    is_close = jnp.abs(y - x) < 2 + jnp.minimum(x, y) / 2
    curved = bregman_divergence(log_expm1_ratio, derivative(slope), y, x, is_close)
    return slope(x) * deviance(x, y) + curved


def _sum_over_positive_counts(p: Distribution, q: Distribution) -> Array:
    """Sum over the counts of p, and add the probability under q of those beyond."""
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    p, q = p.expand(shape), q.expand(shape)
    counts, weights = _counts_of(p)
    inside = (counts > 0) & (weights > 0)
    counts = jnp.where(inside, counts, 1)
    zero = jnp.zeros(shape, p.dtype)
    log_weights = jnp.moveaxis(masked_log(jnp.where(inside, weights, 0)), 0, -1)
    of_p, of_q = (
        log_weights + jnp.moveaxis(_log_prob(d, counts) - d.log_survival_function(zero), 0, -1)
        for d in (p, q)
    )
    first = jnp.min(counts, 0, where=inside, initial=math.inf)
    last = jnp.max(counts, 0, where=inside, initial=0)
    before = jnp.where(first > 1, q.cdf(first - 1) - q.cdf(zero), 0)
    elsewhere = (q.survival_function(last) + before) / q.survival_function(zero)
    return relative_entropy_of_log_probs(of_p, of_q) + elsewhere


def _log_prob(d: Distribution, x: Array) -> Array:
    """Evaluate the log-probability of nodes of a sum, which need not be integers."""
    low, high = d.support.bounds
    inside = (x >= low) & (x <= high)
    return jnp.where(inside, d._log_prob(jnp.where(inside, x, low)), -math.inf)


def _counts_of(d: Distribution) -> tuple[Array, Array]:
    """Return counts, along a new first axis, and the weights of sums over them."""
    if d.has_enumerate_support and not isinstance(d, Binomial):
        counts = d.enumerate_support().astype(d.dtype)
        return counts, jnp.ones_like(counts)
    counts, weights, _ = summation_nodes(d)
    return jnp.moveaxis(counts, -1, 0), jnp.moveaxis(weights, -1, 0)
