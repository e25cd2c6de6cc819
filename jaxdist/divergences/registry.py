"""The table of pairs, and how a pair is found in it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.constraints import Constraint, Range
from jaxdist.distribution import Distribution
from jaxdist.divergences.terms import divergence_of_logs
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.precision import narrow, widen
from jaxdist.validation import Shape

Formula = Callable[[Any, Any], Array]
Pair = tuple[type[Distribution], type[Distribution]]


class _Entry(NamedTuple):
    formula: Formula
    compiled: bool


_TABLE: dict[Pair, _Entry] = {}


def register_kl(
    type_p: type[Distribution], type_q: type[Distribution], *, compiled: bool = True
) -> Callable[[Formula], Formula]:
    """Register the divergence of a pair of classes, and of their subclasses: a decorator.

    The function gets p and q in at least float32 with batch shapes that broadcast, and returns the
    divergences. Of several pairs that fit, the most specific one is used. A second registration
    replaces the first.

    Args:
      type_p: the class of p.
      type_q: the class of q.
      compiled: whether to compile the function; not, if it looks at concrete parameters, or leaves
        the work to `kl_divergence` of parts.

    Raises:
      TypeError: if one of them is no subclass of `Distribution`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> class Sure(jd.Bernoulli):
      ...     '''A coin of which one is sure.'''
      >>> @jd.register_kl(Sure, Sure)
      ... def _(p, q):
      ...     return jnp.zeros(p.batch_shape)
      >>> float(jd.kl_divergence(Sure(0.5), Sure(0.5)))
      0.0
    """
    for given in (type_p, type_q):
        if not (isinstance(given, type) and issubclass(given, Distribution)):
            raise TypeError(f"register_kl: expected a subclass of Distribution; got {given!r}")

    def register(formula: Formula) -> Formula:
        _TABLE[type_p, type_q] = _Entry(formula, compiled)
        return formula

    return register


def registered_pairs() -> tuple[Pair, ...]:
    """Return the pairs of classes in the table, in the order of their registration."""
    return tuple(_TABLE)


def kl_divergence(p: Distribution, q: Distribution) -> Array:
    r"""Kullback-Leibler divergence of q from p, in nats.

    .. math:: KL(p \| q) = E_p[\log p(x) - \log q(x)]

    It is infinite, with gradient 0, where p has mass and q has none. Pairs that nobody registered
    are found where p has a finite support that can be listed, where both belong to one exponential
    family, and where the support of p cannot lie in that of q.

    Behind equal transforms it is that of the base distributions; where these are traced, so that
    they cannot be compared beforehand, it is NaN if they turn out to differ.

    Args:
      p: the distribution that the expectation is over.
      q: another one, with the same event shape.

    Returns:
      Divergences; the shape is that of both batch shapes broadcast together.

    Raises:
      ValueError: if the event shapes differ, or the batch shapes do not broadcast.
      NotImplementedError: if no closed form is known.
      TypeError: if two registered pairs fit and none is more specific than the other.

    References:
      Kullback and Leibler 1951, "On information and sufficiency".
    """
    shape = common_batch_shape(p, q)
    entry = _find(type(p), type(q))
    if entry is not None:
        return (_compute if entry.compiled else _evaluate)(p, q, entry.formula)
    if p.has_enumerate_support and q.support.is_discrete:
        return _by_enumeration(p, q, shape)
    if isinstance(p, ExponentialFamily) and type(p) is type(q):
        return _compute(p.expand(shape), q.expand(shape), type(p).bregman_divergence)
    if _excludes(q.support, p.support):
        return _compute(p, q, infinite)
    names = type(p).__name__, type(q).__name__
    raise no_closed_form(
        f"{names[1]} from {names[0]}", f"register one by @jaxdist.register_kl({', '.join(names)})"
    )


def no_closed_form(what: str, or_else: str = "") -> NotImplementedError:
    """Return the error that says so, and what to do instead.

    Args:
      what: of which distributions the divergence was asked for.
      or_else: what else can be done.
    """
    return NotImplementedError(
        f"no closed form is known for the divergence of {what}; estimate it by "
        "jaxdist.monte_carlo_kl(p, q, key, num_samples)" + (or_else and f", or {or_else}")
    )


def common_batch_shape(p: Distribution, q: Distribution) -> Shape:
    """Return the batch shape of both together, or say why they do not go together."""
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


def infinite(p: Distribution, q: Distribution) -> Array:
    """Divergence where p has mass that q lacks, whatever the parameters."""
    return jnp.full((), math.inf)


def _evaluate(p: Distribution, q: Distribution, formula: Formula) -> Array:
    value = formula(widen(p), widen(q))
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    return narrow(jnp.broadcast_to(value, shape), jnp.result_type(p.dtype, q.dtype))


_compute = jax.jit(_evaluate, static_argnums=2)


def _find(type_p: type[Distribution], type_q: type[Distribution]) -> _Entry | None:
    """Return the entry of the most specific pair that fits."""
    fitting = [pair for pair in itertools.product(type_p.__mro__, type_q.__mro__) if pair in _TABLE]
    best = [pair for pair in fitting if not any(_narrower(other, pair) for other in fitting)]
    if len({_TABLE[pair] for pair in best}) > 1:
        names = " and ".join(f"({a.__name__}, {b.__name__})" for a, b in best)
        raise TypeError(
            f"ambiguous: the registered pairs {names} fit ({type_p.__name__}, {type_q.__name__}) "
            f"equally well; register that pair by "
            f"@jaxdist.register_kl({type_p.__name__}, {type_q.__name__})"
        )
    return _TABLE[best[0]] if best else None


def _narrower(pair: Pair, other: Pair) -> bool:
    return pair != other and all(map(issubclass, pair, other))


def _by_enumeration(p: Distribution, q: Distribution, shape: Shape) -> Array:
    """Sum over the values of p, which are listed here because their number has to be known."""
    values = p.expand(shape).enumerate_support()
    return _sum_over_values(p.expand(shape), q.expand(shape), values)


@jax.jit
def _sum_over_values(p: Distribution, q: Distribution, values: Array) -> Array:
    log_p, log_q = (widen(d).log_prob(values) for d in (p, q))
    elsewhere = jnp.maximum(1 - jnp.sum(jnp.exp(log_q), 0), 0)
    divergence = divergence_of_logs(jnp.moveaxis(log_p, 0, -1), jnp.moveaxis(log_q, 0, -1))
    return narrow(divergence + elsewhere, jnp.result_type(p.dtype, q.dtype))


def _excludes(outer: Constraint, inner: Constraint) -> bool:
    """Tell whether the inner range exceeds the outer one, whatever the parameters are."""
    if not (isinstance(outer, Range) and isinstance(inner, Range)):
        return False
    (low, high), (inner_low, inner_high) = outer.bounds, inner.bounds
    return _below(inner_low, low) or _below(high, inner_high)


def _below(a: object, b: object) -> bool:
    return isinstance(a, int | float) and isinstance(b, int | float) and a < b
