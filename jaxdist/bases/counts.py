"""Distributions of counts: quantiles by search, and sums over the integers."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import TypeVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.custom_derivatives import SymbolicZero
from jax.typing import ArrayLike

from jaxdist.distribution import Distribution
from jaxdist.numerics.integers import fits, integer_bounds, to_count
from jaxdist.numerics.root_finding import first_count
from jaxdist.numerics.summation import integer_nodes, tail_nodes
from jaxdist.pytree import is_concrete
from jaxdist.special import log_quotient, ndtri, p_log_p, quotient
from jaxdist.special.products import product

D = TypeVar("D", bound=Distribution)

RAREST = 1e-30


def sums_to(counts: Array, total_count: Array) -> Array:
    """Return whether counts, shape `(..., K)`, sum to a number: exact, as floats are not."""
    total = jnp.sum(counts.astype(jnp.int32), -1)
    return (total == to_count(total_count)) & fits(total_count)


def exact_at_zero(
    x: Array,
    log_none: Array,
    tail: Callable[[Array], Array],
    otherwise: Array,
    rarest: float = 0.0,
) -> Array:
    """Return a tail of a count, at 0 from log P(X = 0): what is rare is exact without logarithms.

    Args:
      x: counts.
      log_none: `log P(X = 0)`.
      tail: the tail at 0 as a function of it.
      otherwise: the tail elsewhere.
      rarest: the least `-log_none` from which `tail` is used: for the upper tail `RAREST`, as
        `log_none` may underflow.
    """
    at_zero = (x == 0) & (log_none <= -rarest)
    return jnp.where(at_zero, tail(jnp.where(at_zero, log_none, -1)), otherwise)


def icdf_by_search(d: Distribution, q: Array, asymmetry: ArrayLike = 0.0) -> Array:
    """Return the smallest count with P(X <= count) >= q, from the Cornish-Fisher approximation.

    Args:
      d: a distribution of one count, with a cdf, a mean and a variance.
      q: probabilities, shape `(..., *batch_shape)`.
      asymmetry: the third central moment divided by the variance, for the approximation.

    Returns:
      int32 of the shape of `q`; the largest int32 stands for infinity.
    """
    d = lax.stop_gradient(d)
    z = ndtri(jnp.clip(q, 1e-6, 1 - 1e-6))
    guess = d._mean() + d._stddev() * z + asymmetry * (z * z - 1) / 6
    is_constant = d._variance() == 0
    return jnp.where((q == 1) & is_constant, to_count(d._mean()), search_from(guess, d, q))


def search_from(guess: Array, d: Distribution, q: Array) -> Array:
    """Return the smallest count with P(X <= count) >= q, found from a guess.

    Args:
      guess: of the shape of `q`; it need not be a whole number, nor inside of the support.
      d: a distribution of one count, with a cdf.
      q: probabilities, shape `(..., *batch_shape)`.

    Returns:
      int32 of the shape of `q`; for 1 the upper end of the support.
    """
    d, guess = lax.stop_gradient((d, guess))
    found = first_count(d, lambda k: d._cdf(k.astype(guess.dtype)) >= q, guess)
    return jnp.where(q == 1, integer_bounds(d)[1], found)


def even_grid(d: Distribution, number: int = 128) -> tuple[Array, Array]:
    """Return nodes and weights within 12 standard deviations of the mean, at even distances.

    Args:
      d: a distribution of one count.
      number: how many nodes.

    Returns:
      Nodes and weights, both of shape `(*batch_shape, number)`.
    """
    mean, reach = d._mean(), 12 * d._stddev()
    return integer_nodes(mean - reach, mean + reach, number)


@functools.singledispatch
def summation_grid(d: Distribution) -> tuple[Array, Array]:
    """Return nodes and weights for sums over the counts of a distribution: `even_grid`.

    A family whose probabilities that does not resolve registers a grid of its own.
    """
    return even_grid(d)


def summation_nodes(d: Distribution) -> tuple[Array, Array, Array]:
    """Return nodes, weights and log-probabilities for sums over the counts of a distribution.

    Args:
      d: a distribution of one count, batch shape `batch`.

    Returns:
      Three arrays of shape `(*batch, number of nodes)`: the mean of f is
      `sum(weights * exp(log_prob) * f(nodes), -1)`.
    """
    nodes, weights = summation_grid(d)
    _, upper = d.support.bounds
    inside = nodes <= jnp.expand_dims(jnp.asarray(upper, nodes.dtype), -1)
    nodes = jnp.where(inside, nodes, 0)
    return nodes, jnp.where(inside, weights, 0), d[..., None]._log_prob(nodes)


def entropy_of_count(
    d: D,
    entropy: Callable[[D], Array],
    log_variance: Callable[[D], Array],
    **regular: float,
) -> Array:
    """Return the entropy of a count; of a nearly normal one, the start of Edgeworth's series.

    A sum is not exact there: beside large counts, their distances are rounded.

    Args:
      d: a distribution of one count.
      entropy: computes that of others.
      log_variance: computes the logarithm of the variance, which may overflow.
      **regular: for every parameter, a harmless value.
    """
    limit = float(jnp.finfo(d.dtype).eps) ** -0.6
    is_normal = (d._variance() > limit) & (d._skewness() ** 2 < 1 / limit)
    normal, other = (
        d._with(**{name: jnp.where(kept, v, regular[name]) for name, v in d._stored().items()})
        for kept in (is_normal, ~is_normal)
    )
    of_normal = (1 + math.log(2 * math.pi) + log_variance(normal)) / 2
    of_normal -= normal._skewness() ** 2 / 12
    return jnp.where(is_normal, of_normal, entropy(other))


def entropy_by_summation(d: Distribution, **regular: float) -> Array:
    r"""Sum -p log p over the counts; 0 with gradient 0 where only one count is possible.

    .. math:: -p(0) \log p(0) - (1 - p(0)) \frac{\sum_{k > 0} p(k) \log p(k)}{\sum_{k > 0} p(k)}

    The rounding of log p(k) makes errors of all p(k) in common, which cancel in the ratio.

    Args:
      d: a distribution of one count.
      **regular: for every parameter, a value that takes its place where the variance is 0.

    Returns:
      Entropies in nats, shape `batch_shape`.
    """
    varies = d._variance() > 0
    d = d._with(
        **{name: jnp.where(varies, value, regular[name]) for name, value in d._stored().items()}
    )
    nodes, weights, log_p = summation_nodes(d)
    weights = jnp.where(nodes > 0, weights, 0)
    largest = lax.stop_gradient(
        jnp.max(log_p, -1, keepdims=True, where=weights > 0, initial=-math.inf)
    )
    p = weights * jnp.exp(log_p - largest)
    mean_surprisal = -jnp.sum(p_log_p(p, log_p), -1) / jnp.sum(p, -1)
    log_none = jnp.where(nodes[..., 0] == 0, log_p[..., 0], -math.inf)
    entropy = -jnp.expm1(log_none) * mean_surprisal - p_log_p(jnp.exp(log_none), log_none)
    return jnp.where(varies, entropy, 0)


def entropy_tangent(
    d: D, d_dot: D, entropy: Callable[[D], Array], slope: Callable[[D], Array]
) -> Array:
    """Return how the entropy of a count of trials changes; 0 where only one count is possible.

    Args:
      d: the distribution, with `total_count` and `probs` or `logits`.
      d_dot: the changes of its parameters; those that do not change are `SymbolicZero`.
      entropy: is differentiated in `total_count`.
      slope: the derivative in the parameter of the trial that is stored.
    """
    varies = d._variance() > 0
    regular = {"total_count": 1.0, "probs": 0.5, "logits": 0.0}
    stored = {name: jnp.where(varies, v, regular[name]) for name, v in d._stored().items()}
    d, dot = d._with(**stored), jnp.zeros(d.batch_shape, d.dtype)
    for name, change in d_dot._stored().items():
        if isinstance(change, SymbolicZero):
            continue
        if name == "total_count":
            of_count = lambda n: entropy(d._with(total_count=n))
            dot += jax.jvp(of_count, (stored[name],), (change,))[1]
        else:
            dot += slope(d) * change
    return jnp.where(varies, dot, 0)


def common_count(d: Distribution, name: str) -> int:
    """Return a count that is known and the same in the whole batch, or raise an error.

    Args:
      d: the distribution.
      name: the parameter that holds the count.

    Raises:
      NotImplementedError: if the count is traced, or differs in the batch.
    """
    counts = vars(d)[name]
    if is_concrete(counts) and np.unique(counts).size == 1:
        return int(np.ravel(counts)[0])
    raise NotImplementedError(
        f"{type(d).__name__}: the support can be listed only where {name!r} is known outside of "
        f"jax.jit and the same in the whole batch; got {counts}"
    )


def entropy_with_power_tail(d: Distribution, exponent: Array) -> Array:
    r"""Entropy of a count with decreasing probabilities, whose tail is a power.

    Args:
      d: a distribution of one count from 0 up.
      exponent: a, of the tail :math:`P(X > k) \propto k^{-a}`.

    Returns:
      Entropies in nats, shape `batch_shape`.
    """
    nodes, weights = power_tail_nodes(jnp.ones(d.batch_shape, d.dtype))
    log_none = d._log_prob(jnp.zeros(d.batch_shape, d.dtype))
    log_p = d[..., None]._log_prob(nodes)
    total, surprise = power_tail_sums(log_p, nodes, weights, exponent)
    return -jnp.expm1(log_none) * (surprise / total) - p_log_p(jnp.exp(log_none), log_none)


def power_tail_nodes(start: Array) -> tuple[Array, Array]:
    """Return nodes and weights for sums of probabilities whose tail is a power: see `tail_nodes`.

    Args:
      start: the first integers, as floats of any shape.

    Returns:
      Nodes and their weights, both of shape `(*shape, number of nodes)`; half of the last one is
      `log_prob_beyond`.
    """
    nodes, weights = tail_nodes(start)
    is_last = jnp.arange(nodes.shape[-1]) == nodes.shape[-1] - 1
    return nodes, jnp.where(is_last, weights / 2, weights)


def log_prob_beyond(log_p: Array, nodes: Array, exponent: Array) -> Array:
    r"""Logarithm of the sum of the probabilities beyond the last node, k: about p(k) k / a.

    Args:
      log_p: log-probabilities at the nodes.
      nodes: shape `(..., number of nodes)`.
      exponent: a, of the tail :math:`P(X > k) \propto k^{-a}`, shape `(...)`.
    """
    return log_p[..., -1] + log_quotient(nodes[..., -1], exponent)


def power_tail_sums(
    log_p: Array, nodes: Array, weights: Array, exponent: Array
) -> tuple[Array, Array]:
    r"""Return the sums of p and of -p log p, at `power_tail_nodes`, of which the rest is

    .. math:: \sum_{j > k} -p(j) \log p(j) \approx \frac{p(k) k}{a} (-\log p(k) + 1 + 1 / a)

    Args:
      log_p: log-probabilities at the nodes.
      nodes: shape `(..., number of nodes)`.
      weights: theirs.
      exponent: a, shape `(...)`.
    """
    p, last = weights * jnp.exp(log_p), jnp.exp(log_prob_beyond(log_p, nodes, exponent))
    inverse = quotient(jnp.ones_like(exponent), exponent)
    of_last = product(last, inverse) + last - p_log_p(last, log_p[..., -1])
    return jnp.sum(p, -1) + last, of_last - jnp.sum(p_log_p(p, log_p), -1)
