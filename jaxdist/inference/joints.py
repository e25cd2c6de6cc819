"""Joint distributions, whose parts have data of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax

from jaxdist.arguments import describe
from jaxdist.distribution import Distribution
from jaxdist.wrappers.joint import Joint


def map_parts(
    owner: str, function: Callable[[Distribution, Any], Distribution], d: Joint, data: Any
) -> Joint:
    """Apply a function to each part of a joint distribution and its data.

    Args:
      owner: the function that was called, for errors.
      function: maps a part and its data to another distribution.
      d: the joint distribution.
      data: a tree of the same structure.

    Raises:
      ValueError: if the data are no such tree.
    """
    structure: Any
    parts, structure = jax.tree.flatten(d.tree, is_leaf=lambda x: isinstance(x, Distribution))
    try:
        values = structure.flatten_up_to(data)
    except (ValueError, TypeError) as error:
        raise ValueError(
            f"{owner} of Joint: data must be a tree like {structure}; got {describe(data)}"
        ) from error
    return d._with(tree=jax.tree.unflatten(structure, list(map(function, parts, values))))
