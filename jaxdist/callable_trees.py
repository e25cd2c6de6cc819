"""Functions as fields of pytrees: their arrays are leaves, what else they hold is structure."""

from __future__ import annotations

from typing import Any

import jax

from jaxdist.pytree import Pytree, static

_ARRAY = "array"


class CallableTree(Pytree):
    """A callable tree whose arrays are leaves and whose other leaves are structure."""

    arrays: tuple[Any, ...]
    others: tuple[Any, ...] = static()
    structure: Any = static()

    def __call__(self, *args: Any) -> Any:
        """Call the function."""
        arrays = iter(self.arrays)
        leaves = [next(arrays) if other is _ARRAY else other for other in self.others]
        return jax.tree.unflatten(self.structure, leaves)(*args)


def as_callable_tree(owner: str, name: str, function: Any) -> Any:
    """Return a callable whose leaves are arrays, or raise a TypeError.

    If the arrays of a function are leaves (an Equinox module, `jax.tree_util.Partial(apply,
    weights)`, any callable pytree), they stay leaves, to be differentiated and updated. A plain
    function is part of the tree's structure: outside of `jax.jit`, what is made with a new function
    is compiled anew.

    Args:
      owner: name of the class, for the error.
      name: name of the argument.
      function: the function.
    """
    if not callable(function):
        raise TypeError(f"{owner}: {name} must be callable; got {function!r}")
    leaves, structure = jax.tree.flatten(function)
    if all(hasattr(leaf, "shape") for leaf in leaves):
        return function
    arrays = tuple(leaf for leaf in leaves if hasattr(leaf, "shape"))
    others = tuple(_ARRAY if hasattr(leaf, "shape") else leaf for leaf in leaves)
    return CallableTree(arrays, others, structure)
