"""The parameters of a distribution, and of those that it is made of, as unconstrained numbers."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bijections import biject_to
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution
from jaxdist.transforms.transform import Transform
from jaxdist.transforms.zero_sum import ZeroSumTransform

ENDS = ("low", "high")  # of a support, on which a likelihood does not depend smoothly


def is_fixed(d: Distribution, name: str, fixed: Collection[str]) -> bool:
    """Tell whether a parameter stays as it is: a count, the end of a support, or one of `fixed`."""
    return name in fixed or name in ENDS or d._constraint(name).is_discrete


def parameter_names(d: Distribution) -> list[str]:
    """Return the names of the parameters of a distribution and of its parts."""
    parts = (name for part in _parts(d) for name in parameter_names(part))
    return list(dict.fromkeys([*d._stored(), *parts]))


def kept_names(d: Distribution) -> list[str]:
    """Return the fields, those of parts too, whose arrays are parameters of no distribution.

    These are transforms, covariance functions and networks: many of their parameters move what
    others move too, or the ends of a support.
    """
    own = (
        name
        for name, value in vars(d).items()
        if name not in d._stored() and name not in d._static_names and _has_arrays(value)
    )
    parts = (name for part in _parts(d) for name in kept_names(part))
    return list(dict.fromkeys([*own, *parts]))


def _has_arrays(tree: Any) -> bool:
    return not all(map(_is_distribution, jax.tree.leaves(tree, is_leaf=_is_distribution)))


def free_parameters(
    d: Distribution, fixed: Collection[str]
) -> Iterator[tuple[str, Array, Constraint]]:
    """Return name, value and constraint of each parameter, of the parts too, that is not fixed."""
    for name, value in d._stored().items():
        if not is_fixed(d, name, fixed):
            yield name, value, d._constraint(name)
    for part in _parts(d):
        yield from free_parameters(part, fixed)


def has_free_parameters(d: Distribution, fixed: Collection[str]) -> bool:
    """Tell whether a parameter of a distribution, or of one of its parts, is not fixed."""
    return next(free_parameters(d, fixed), None) is not None


def flatten(d: Distribution, fixed: Collection[str]) -> Array:
    """Return the free parameters of one distribution as a vector of real numbers."""
    parts = [
        _free_map(constraint).inv(jnp.where(jnp.isfinite(value), value, 0)).ravel()
        for _, value, constraint in free_parameters(d, fixed)
    ]
    return jnp.concatenate(parts) if parts else jnp.zeros(0, d.dtype)


def unflatten(d: Distribution, vector: Array, fixed: Collection[str]) -> Distribution:
    """Return the distribution with the free parameters that `flatten` would map to a vector."""
    return _unflatten(d, vector, fixed)[0]


def _unflatten(
    d: Distribution, vector: Array, fixed: Collection[str]
) -> tuple[Distribution, Array]:
    """Return the distribution, and what is left of the vector.

    Constraints may depend on the parameters before.
    """
    for name, value in d._stored().items():
        if is_fixed(d, name, fixed):
            continue
        transform = _free_map(d._constraint(name))
        shape = transform.inverse_shape(value.shape)
        size = 1
        for length in shape:
            size *= length
        new = transform(vector[:size].reshape(shape))
        d = d._with(**{name: jnp.where(jnp.isfinite(value), new, value)})
        vector = vector[size:]
    replaced: list[Distribution] = []
    for part in _parts(d):
        part, vector = _unflatten(part, vector, fixed)
        replaced.append(part)
    return _with_parts(d, replaced), vector


def _free_map(constraint: Any) -> Transform:
    """Return the map from real numbers: logits, to which a constant can be added, sum to 0."""
    return ZeroSumTransform() if constraint is constraints.logits else biject_to(constraint)


def _is_distribution(node: object) -> bool:
    return isinstance(node, Distribution)


def _fields(d: Distribution) -> dict[str, Any]:
    """Return the fields that hold distributions."""
    found = {}
    for name, value in vars(d).items():
        if any(map(_is_distribution, jax.tree.leaves(value, is_leaf=_is_distribution))):
            found[name] = value
    return found


def _parts(d: Distribution) -> list[Distribution]:
    leaves = jax.tree.leaves(_fields(d), is_leaf=_is_distribution)
    return [leaf for leaf in leaves if isinstance(leaf, Distribution)]


def _with_parts(d: Distribution, parts: list[Distribution]) -> Distribution:
    if not parts:
        return d
    fields = _fields(d)
    leaves, structure = jax.tree.flatten(fields, is_leaf=_is_distribution)
    new = iter(parts)
    leaves = [next(new) if isinstance(leaf, Distribution) else leaf for leaf in leaves]
    return d._with(**jax.tree.unflatten(structure, leaves))
