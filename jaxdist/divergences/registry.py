"""The table of pairs of classes, and `kl_divergence`, which dispatches on it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.divergences.relative_entropy import relative_entropy_of_log_probs
from jaxdist.divergences.supports import infinite_divergence, never_contains_support
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion

Formula = Callable[[Any, Any], Array]
Pair = tuple[type[Distribution], type[Distribution]]


class Entry(NamedTuple):
    """A formula of the table, and whether it is compiled."""

    formula: Formula
    compiled: bool


_TABLE: dict[Pair, Entry] = {}


def register_kl(
    type_p: type[Distribution], type_q: type[Distribution], *, compiled: bool = True
) -> Callable[[Formula], Formula]:
    """Register the divergence of a pair of classes, and of their subclasses: a decorator.

    The function gets p and q in at least float32 with batch shapes that broadcast, and returns the
    divergences. If several pairs match, the most specific one is used. A second registration of a
    pair replaces the first.

    Args:
      type_p: the class of p.
      type_q: the class of q.
      compiled: whether to compile the function; choose False if it needs concrete parameters, or
        only calls `kl_divergence`.

    Raises:
      TypeError: if one of the classes is not a subclass of `Distribution`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> class Rayleigh(jd.Distribution):
      ...     '''Rayleigh distribution.'''
      ...     scale: jd.Param = jd.param(jd.constraints.positive)
      ...     support = jd.constraints.positive
      >>> @jd.register_kl(Rayleigh, Rayleigh)
      ... def _(p, q):
      ...     ratio = (p.scale / q.scale) ** 2
      ...     return ratio - 1 - jnp.log(ratio)
      >>> float(jd.kl_divergence(Rayleigh(1.0), Rayleigh(1.0)))
      0.0
    """
    for given in (type_p, type_q):
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"register_kl: expected a subclass of Distribution; got {given!r}")

    def register(formula: Formula) -> Formula:
        _TABLE[type_p, type_q] = Entry(formula, compiled)
        return formula

    return register


def register_table(
    formula: Formula, table: Mapping[type[Distribution], tuple[type[Distribution], ...]]
) -> None:
    """Register one formula for many pairs.

    Args:
      formula: as for `register_kl`.
      table: the classes of q for each class of p.
    """
    for type_p, types_q in table.items():
        for type_q in types_q:
            register_kl(type_p, type_q)(formula)


def registered_pairs() -> tuple[Pair, ...]:
    """Return the pairs of classes in the table, in the order of their registration."""
    return tuple(_TABLE)


def kl_divergence(p: Distribution, q: Distribution) -> Array:
    r"""Kullback-Leibler divergence KL(p || q), in nats.

    .. math:: KL(p \| q) = E_p[\log p(x) - \log q(x)]

    If p has mass outside q's support, the divergence is infinite, with gradient 0.

    A pair that is not registered still has a divergence if p has a finite support (by
    enumeration), if both belong to the same exponential family (by its log-normalizer), or if p
    always has mass outside q's support.

    Distributions with equal transforms have the divergence of their base distributions. Under
    `jax.jit` the parameters of the transforms cannot be compared in advance: the divergence is
    NaN where they differ.

    Args:
      p: the distribution that the expectation is over.
      q: another one, with the same event shape.

    Returns:
      Divergences, of the shape of both batch shapes broadcast together.

    Raises:
      ValueError: if the event shapes differ, or the batch shapes do not broadcast.
      NotImplementedError: if no closed form is known.
      TypeError: if two registered pairs match and neither is more specific.

    Example:
      >>> import jaxdist as jd
      >>> jd.kl_divergence(jd.Normal(0.0, 1.0), jd.Normal([0.0, 1.0], 1.0))
      Array([0. , 0.5], dtype=float32)

    References:
      Kullback and Leibler 1951, "On information and sufficiency".
    """
    shape = common_batch_shape(p, q)
    entry = find_entry(type(p), type(q))
    if entry is not None:
        return (_compiled if entry.compiled else _evaluate)(p, q, entry.formula)
    if p.has_enumerate_support and q.support.is_discrete:
        return _by_enumeration(p, q, shape)
    if isinstance(p, ExponentialFamily) and type(p) is type(q):
        return _compiled(p.expand(shape), q.expand(shape), type(p).bregman_divergence)
    if never_contains_support(q, p):
        return _compiled(p, q, infinite_divergence)
    names = f"({type(p).__name__}, {type(q).__name__})"
    raise missing_closed_form(f"KL{names}", f"register one by @jaxdist.register_kl{names}")


@numpy_promotion
def cross_entropy(p: Distribution, q: Distribution) -> Array:
    r"""Cross-entropy of q relative to p, in nats.

    .. math:: H(p, q) = -E_p[\log q(x)] = H(p) + KL(p \| q)

    Args:
      p: the distribution that the expectation is over.
      q: another one, with the same event shape.

    Returns:
      Cross-entropies, of the shape of both batch shapes broadcast together; infinite where the
      divergence is.

    Raises:
      ValueError: if the event shapes differ, or the batch shapes do not broadcast.
      NotImplementedError: if the entropy or the divergence has no closed form.
    """
    common_batch_shape(p, q)
    wide_p, wide_q = widen(p), widen(q)
    value = wide_p.entropy() + kl_divergence(wide_p, wide_q)
    return narrow(value, jnp.result_type(p.dtype, q.dtype))


def missing_closed_form(of_what: str, alternative: str = "") -> NotImplementedError:
    """Return the error of a pair without a closed form, which says what to do instead.

    Args:
      of_what: the divergence that was asked for.
      alternative: what else can be done than a Monte Carlo estimate.
    """
    return NotImplementedError(
        f"no closed form is known for {of_what}; estimate it by "
        "jaxdist.monte_carlo_kl(p, q, key, num_samples)" + (alternative and f", or {alternative}")
    )


def common_batch_shape(p: Distribution, q: Distribution) -> Shape:
    """Return both batch shapes broadcast together.

    Raises:
      TypeError: if p or q is not a distribution.
      ValueError: if the event shapes differ, or the batch shapes do not broadcast.
    """
    for name, given in (("p", p), ("q", q)):
        if not isinstance(given, Distribution):
            raise TypeError(f"{name} must be a Distribution; got {given!r}")
    if p.event_shape != q.event_shape:
        raise ValueError(
            f"the event shapes of p and q differ: {p.event_shape} of {type(p).__name__}, "
            f"{q.event_shape} of {type(q).__name__}"
        )
    try:
        return jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    except ValueError as error:
        raise ValueError(
            f"the batch shapes of p and q do not broadcast: {p.batch_shape} of "
            f"{type(p).__name__}, {q.batch_shape} of {type(q).__name__}"
        ) from error


def find_entry(type_p: type[Distribution], type_q: type[Distribution]) -> Entry | None:
    """Return the entry of the most specific pair that matches, if any.

    Raises:
      TypeError: if two pairs match and neither is more specific.
    """
    matches = [pair for pair in itertools.product(type_p.__mro__, type_q.__mro__) if pair in _TABLE]
    best = [pair for pair in matches if not any(_is_narrower(other, pair) for other in matches)]
    if len({_TABLE[pair] for pair in best}) > 1:
        names = " and ".join(f"({a.__name__}, {b.__name__})" for a, b in best)
        raise TypeError(
            f"ambiguous: the registered pairs {names} fit ({type_p.__name__}, {type_q.__name__}) "
            f"equally well; register that pair by "
            f"@jaxdist.register_kl({type_p.__name__}, {type_q.__name__})"
        )
    return _TABLE[best[0]] if best else None


def _is_narrower(pair: Pair, other: Pair) -> bool:
    return pair != other and all(map(issubclass, pair, other))


@numpy_promotion
def _evaluate(p: Distribution, q: Distribution, formula: Formula) -> Array:
    value = formula(widen(p), widen(q))
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    return narrow(jnp.broadcast_to(value, shape), jnp.result_type(p.dtype, q.dtype))


_compiled = jax.jit(_evaluate, static_argnums=2)


def _by_enumeration(p: Distribution, q: Distribution, shape: Shape) -> Array:
    """Sum over the values of p, listed outside of the compiled part, which needs their number."""
    values = p.expand(shape).enumerate_support()
    return _sum_over_values(p.expand(shape), q.expand(shape), values)


@jax.jit
@numpy_promotion
def _sum_over_values(p: Distribution, q: Distribution, values: Array) -> Array:
    log_p, log_q = (widen(d).log_prob(values) for d in (p, q))
    q_elsewhere = jnp.maximum(1 - jnp.sum(jnp.exp(log_q), 0), 0)
    divergence = relative_entropy_of_log_probs(
        jnp.moveaxis(log_p, 0, -1), jnp.moveaxis(log_q, 0, -1)
    )
    return narrow(divergence + q_elsewhere, jnp.result_type(p.dtype, q.dtype))
