"""Where Newton's method begins: the likeliest of a grid of members of a family."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.argument_checks import check_arguments, get_validation
from jaxdist.arguments import Shape, did_you_mean
from jaxdist.bijections import biject_to
from jaxdist.constraints import Range, is_dependent
from jaxdist.constraints.intervals import is_constant
from jaxdist.distribution import Distribution
from jaxdist.inference.data import Data, check_batch_shape
from jaxdist.inference.free_parameters import ENDS
from jaxdist.inference.numerical import mean_loss
from jaxdist.promotion import numpy_promotion


def start_of(family: type[Distribution], known: Mapping[str, Array], data: Data) -> Distribution:
    """Return the likeliest of a grid of members of a family, for each batch entry.

    Args:
      family: the class.
      known: parameters that are given.
      data: observations of single numbers.

    Raises:
      TypeError: if a parameter must be given, or one is that is none of the class.
      ValueError: if the shape of a given one does not fit the batch.
    """
    _check_names(family, known)
    batch_shape = data.weights.shape[1:]
    given = {name: _of_batch(family, name, x, batch_shape) for name, x in known.items()}
    return _likeliest(family, given, data.values, data.weights)


def _check_names(family: type[Distribution], known: Mapping[str, Array]) -> None:
    if unknown := sorted(set(known) - set(family._parameters)):
        close = did_you_mean(unknown, family._parameters)
        raise TypeError(
            f"fit: {family.__name__} has the parameters {list(family._parameters)}; got {unknown}"
            f"{close}"
        )


def _of_batch(family: type[Distribution], name: str, value: Array, batch_shape: Shape) -> Array:
    """Broadcast a given parameter to the batch."""
    constraint = family.arg_constraints[name]
    end = value.ndim - getattr(constraint, "event_dim", 0)
    if end < 0:
        raise ValueError(
            f"fit of {family.__name__}: {name!r} must have {value.ndim - end} or more axes; got "
            f"shape {value.shape}"
        )
    check_batch_shape(f"fit of {family.__name__}: {name!r}", value.shape[:end], batch_shape)
    if not is_dependent(constraint) and get_validation() != "off":
        check_arguments(f"fit of {family.__name__}", {name: (value, constraint)})
    return jnp.broadcast_to(value, batch_shape + value.shape[end:])


@functools.partial(jax.jit, static_argnums=0)
@numpy_promotion
def _likeliest(
    family: type[Distribution], known: Mapping[str, Array], values: Array, weights: Array
) -> Distribution:
    makers = _candidates(family, known)
    choices = np.array(list(itertools.product(*(range(len(m)) for m in makers.values()))))

    def one(known: Mapping[str, Array], values: Array, weights: Array) -> Distribution:
        starts = _build(family, known, makers, choices, _Summary.of(values, weights))
        if starts.event_shape:
            raise TypeError(
                f"fit: {family.__name__} is not a distribution of single numbers; give `init`, a "
                "distribution from which to begin"
            )
        losses = jax.vmap(lambda d: mean_loss(d, values, weights))(starts)
        losses = jnp.where(jnp.isfinite(losses), losses, jnp.inf)
        return jax.tree.map(lambda leaf: leaf[jnp.argmin(losses)], starts)

    for _ in weights.shape[1:]:
        one = jax.vmap(one, (0, 1, 1))
    return one(known, values, weights)


class _Summary(NamedTuple):
    """What starts are made from."""

    mean: Array
    median: Array
    spread: Array
    size: Array

    @classmethod
    def of(cls, values: Array, weights: Array) -> _Summary:
        total = jnp.sum(weights)
        mean = jnp.sum(weights * values) / total
        spread = jnp.sqrt(jnp.sum(weights * (values - mean) ** 2) / total)
        size = jnp.sum(weights * jnp.abs(values)) / total
        floor = jnp.finfo(values.dtype).tiny
        return cls(mean, jnp.median(values), jnp.maximum(spread, floor), jnp.maximum(size, floor))


Start = Callable[[Any, _Summary], Array]  # of a constraint and a summary of the data

_POSITIVE = (0.5, 1.0, 3.0, 12.0)


def _candidates(family: type[Distribution], known: Mapping[str, Any]) -> dict[str, list[Start]]:
    """Return for each free parameter of a class functions of its constraint and a summary."""
    found = {}
    has_alternative = any(name in known for name in family._alternatives)
    for name, field in family._parameters.items():
        if name in known or not field.init:
            continue
        if name in family._alternatives:
            if has_alternative:
                continue
            has_alternative = True
        constraint = family.arg_constraints[name]
        if constraint.is_discrete or name in ENDS:
            raise TypeError(f"fit: give {name!r} of {family.__name__}, which is not fitted")
        if getattr(constraint, "event_dim", 0):
            raise TypeError(
                f"fit: {family.__name__} has vectors or matrices of parameters; give `init`, a "
                "distribution from which to begin"
            )
        found[name] = _starts_of(name)
    return found


def _starts_of(name: str) -> list[Start]:
    """Return starts of a parameter by its name: functions of its constraint and a summary."""
    if name == "loc":
        return [
            lambda c, s: _inside(c, s.median),
            lambda c, s: _inside(c, s.mean),
            lambda c, s: _inside(c, jnp.log(s.size)),
            lambda c, s: _inside(c, jnp.zeros_like(s.mean)),
        ]
    if name == "scale":
        return [
            lambda c, s: s.spread,
            lambda c, s: s.spread / 4,
            lambda c, s: s.size,
            lambda c, s: jnp.ones_like(s.mean),
        ]
    if name == "rate":
        return [
            lambda c, s: 0.5 / s.size,
            lambda c, s: 1 / s.size,
            lambda c, s: 3 / s.size,
            lambda c, s: s.size,
        ]
    return [functools.partial(_typical, k) for k in range(len(_POSITIVE))]


def _inside(constraint: Any, value: Array) -> Array:
    """Return a value, or a small positive one where the constraint asks for that."""
    if isinstance(constraint, Range) and is_constant(constraint.bounds[0], 0):
        return jnp.maximum(value, 1e-3)
    return value


def _typical(k: int, constraint: Any, summary: _Summary) -> Array:
    """Return the k-th typical value in a set."""
    like = summary.mean
    if (
        isinstance(constraint, Range)
        and is_constant(constraint.bounds[0], 0)
        and not is_constant(constraint.bounds[1], 1)
    ):
        return jnp.full_like(like, _POSITIVE[k])
    return biject_to(constraint)(jnp.full_like(like, (0.0, 1.0, -1.0, 2.0)[k]))


def _build(
    family: type[Distribution],
    known: Mapping[str, Array],
    makers: Mapping[str, list[Start]],
    choices: np.ndarray,
    summary: _Summary,
) -> Distribution:
    """Build a batch of members of the family, one parameter after another.

    Args:
      family: the class.
      known: parameters that are given.
      makers: for each of the others functions of its constraint and a summary.
      choices: which function to use for each of them, shape `(members, parameters)`.
      summary: that of the data.
    """
    number = len(choices)
    values: dict[str, Any] = {
        name: jnp.broadcast_to(x, (number, *x.shape)) for name, x in known.items()
    }
    for column, (name, starts) in enumerate(makers.items()):
        constraint = family.arg_constraints[name]
        if is_dependent(constraint):
            constraint = family._parameters[name].metadata["constraint"](_Partial(values))
        options = [jnp.broadcast_to(start(constraint, summary), (number,)) for start in starts]
        values[name] = jnp.stack(options)[choices[:, column], np.arange(number)]
    return family(**values, validate_args=False)


class _Partial:
    """Parameters that are known so far, which the constraints of others may depend on."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)
