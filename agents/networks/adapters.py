"""Modules of Equinox and Flax, and other pairs of functions, as a `Network`.

Neither library is imported: an object of a library can only be given if it has been imported.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from ..validation import summary
from .layers import Network, Params

WAYS_TO_WRITE = {
    "Equinox": "lambda key: MyModule(key=key)",
    "Flax nnx": "lambda key: MyModule(rngs=nnx.Rngs(key))",
    "Flax linen": "MyModule()",
    "your own functions": "Network(init, apply)",
}
"""How each kind of network is given."""


@dataclass(frozen=True, eq=False)
class Module:
    """A module of a library, or a function that makes one, as a hashable field of a config.

    Two are equal if they hold the same object.

    Attributes:
      module: the module.
    """

    module: Any

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Module) and self.module is other.module

    def __hash__(self) -> int:
        return id(self.module)


@dataclass(frozen=True)
class Adapted:
    """A network as functions of one library's kind.

    Attributes:
      network: `init(key)`, whose parameters are arrays, and `apply(params, x)`.
      takes: what `apply` takes, in the order to try: `"batch"` or `"example"`.
      layer: how this library writes a last layer with `{size}` outputs.
    """

    network: Network[Any]
    takes: tuple[str, ...]
    layer: str


def as_field(name: str, given: Any) -> Any:
    """A network as a field of a config, which must be hashable.

    Args:
      name: the name of the field.
      given: what the user gave.

    Raises:
      TypeError: it is no network.
    """
    if given is None or isinstance(given, Module):
        return given
    if isinstance(given, tuple) and len(given) == 2 and all(map(callable, given)):
        return Network(*given)
    if _is_linen(given) or callable(given):
        return Module(given)
    if hasattr(given, "init") and hasattr(given, "apply"):
        return given
    got = f"{given!r}, of type {type(given).__name__}"
    raise TypeError(f"{name} must be a network; got {got}. {how_to_write(name)}")


def how_to_write(name: str) -> str:
    """How to give each kind of network."""
    lines = (f"{name}={line} ({library})" for library, line in WAYS_TO_WRITE.items())
    return f"Write {', '.join(lines)}"


def adapt(name: str, field: Any, example: Any) -> Adapted:
    """The functions of a network.

    Args:
      name: the name of its field, for messages.
      field: what `as_field` returned.
      example: the shapes and dtypes of one input, a tree.

    Raises:
      TypeError: it cannot be made, or has a state that is not trained.
    """
    given = field.module if isinstance(field, Module) else field
    if not isinstance(field, Module):
        return _adapt_functions(name, given)
    if _is_linen(given):
        return _adapt_linen(name, given, example)
    if _is_callable_tree(given):
        return _adapt_instance(name, given)
    return _adapt_maker(name, given)


def _adapt_functions(name: str, pair: Any) -> Adapted:
    """A pair of functions; the parameters may hold functions, as an Equinox module does."""
    static = _static_part(name, pair.init)

    def init(key: Array) -> Params:
        return _arrays(pair.init(key))

    apply = lambda params, x: pair.apply(_combine(params, static), x)
    layer = "an array of shape [batch, {size}]"
    return Adapted(Network(init, apply), ("batch", "example"), layer)


def _adapt_linen(name: str, module: Any, example: Any) -> Adapted:
    """A Flax linen module, whose only variables are parameters."""
    if isinstance(module, type):
        line = f"{name}={module.__name__}()"
        raise TypeError(f"{name} is the class {module.__name__}; give an instance: {line}")
    zeros = lambda: jax.tree.map(lambda leaf: jnp.zeros((1, *leaf.shape), leaf.dtype), example)
    init = lambda key: module.init(key, zeros())
    try:
        variables = jax.eval_shape(init, jax.random.key(0))
    except Exception as error:  # whatever the user's code raises
        raise TypeError(f"{name} cannot be initialized: {summary(error)}") from error
    if others := sorted(variables.keys() - {"params"}):
        raise TypeError(
            f"{name} has variables besides its parameters ({', '.join(others)}), which would not "
            "be updated; use layers without a state, such as nn.LayerNorm for nn.BatchNorm"
        )
    return Adapted(Network(init, module.apply), ("batch", "example"), "nn.Dense({size})")


def _adapt_instance(name: str, module: Any) -> Adapted:
    """A module that is a tree of arrays; every seed starts from its weights."""
    _check_state(name, module)
    arrays, static = _arrays(module), _rest(module)
    init = lambda _: jax.tree.map(jnp.array, arrays)
    return _of_tree(module, init, static)


def _adapt_maker(name: str, make: Callable[[Array], Any]) -> Adapted:
    """A function from a key to a module; every seed has weights of its own."""
    made: list[Any] = []

    def init(key: Array) -> Params:
        module = make(key)
        made.append(module)
        return _arrays(module)

    try:
        jax.eval_shape(init, jax.random.key(0))
    except Exception as error:  # whatever the user's code raises
        raise TypeError(
            f"{name} is called with a PRNG key to make the network, which failed: "
            f"{summary(error)}. {how_to_write(name)}"
        ) from error
    module = made[0]
    _check_state(name, module)
    if not _is_callable_tree(module):
        raise TypeError(
            f"{name} is called with a PRNG key to make the network; it returned "
            f"{type(module).__name__}, which is no module of Equinox or Flax nnx. "
            f"{how_to_write(name)}"
        )
    _check_trainable(name, module)
    return _of_tree(module, lambda key: _arrays(make(key)), _rest(module))


def _of_tree(module: Any, init: Callable[[Array], Params], static: Any) -> Adapted:
    network = Network(init, lambda params, x: _combine(params, static)(x))
    if _is_nnx(module):
        layer = "nnx.Linear(width, {size}, rngs=rngs)"
        return Adapted(network, ("batch", "example"), layer)
    return Adapted(network, ("example",), "eqx.nn.Linear(width, {size}, key=key)")


def _static_part(name: str, init: Callable[[Array], Any]) -> Any:
    """What is no array of the parameters that a function returns."""
    returned: list[Any] = []

    def trace(key: Array) -> Params:
        returned.append(init(key))
        return _arrays(returned[0])

    try:
        jax.eval_shape(trace, jax.random.key(0))
    except Exception as error:  # whatever the user's code raises
        raise TypeError(
            f"{name}.init(key) failed: {summary(error)}. {how_to_write(name)}"
        ) from error
    _check_trainable(name, returned[0])
    return _rest(returned[0])


def _check_state(name: str, module: Any) -> None:
    """Check that a module of Equinox or Flax nnx has no state but its parameters."""
    if _is_nnx(module):
        nnx = sys.modules["flax.nnx"]
        has_state = bool(jax.tree.leaves(nnx.state(module, nnx.Not(nnx.Param))))
        what, instead = "its nnx.Param, such as nnx.BatchNorm or nnx.Dropout has", "nnx.LayerNorm"
    else:
        index = getattr(sys.modules.get("equinox.nn"), "StateIndex", ())
        is_index = lambda leaf: isinstance(leaf, index)
        has_state = any(map(is_index, jax.tree.leaves(module, is_leaf=is_index)))
        what, instead = "its parameters, such as eqx.nn.BatchNorm has", "eqx.nn.LayerNorm"
    if has_state:
        raise TypeError(
            f"{name} has a state besides {what}, which would not be updated; use layers without a "
            f"state, such as {instead}"
        )


def _check_trainable(name: str, tree: Any) -> None:
    """Check that what depends on the key is floats."""
    for leaf in jax.tree.leaves(tree):
        if isinstance(leaf, jax.core.Tracer) and not _is_float(leaf):
            raise TypeError(
                f"{name} makes a parameter of dtype {leaf.dtype}, which cannot be trained; "
                "make it float32, or no array"
            )


def _arrays(tree: Any) -> Any:
    """A tree with its arrays of floats alone."""
    return jax.tree.map(lambda leaf: jnp.asarray(leaf) if _is_float(leaf) else None, tree)


def _rest(tree: Any) -> Any:
    """A tree without its arrays of floats."""
    return jax.tree.map(lambda leaf: None if _is_float(leaf) else leaf, tree)


def _combine(arrays: Any, rest: Any) -> Any:
    is_none = lambda leaf: leaf is None
    choose = lambda array, other: other if array is None else array
    return jax.tree.map(choose, arrays, rest, is_leaf=is_none)


def _is_float(leaf: Any) -> bool:
    is_array = isinstance(leaf, jax.Array | np.ndarray)
    return is_array and jnp.issubdtype(leaf.dtype, jnp.floating)


def _is_callable_tree(module: Any) -> bool:
    """Whether an object is a function with arrays in it, such as an Equinox module."""
    is_leaf = jax.tree_util.treedef_is_leaf(jax.tree.structure(module))
    return callable(module) and not isinstance(module, type) and not is_leaf


def _is_nnx(module: Any) -> bool:
    return _is_of("flax.nnx", module)


def _is_linen(module: Any) -> bool:
    return _is_of("flax.linen", module)


def _is_of(library: str, module: Any) -> bool:
    """Whether an object is a module of a library, or a class of modules."""
    base = getattr(sys.modules.get(library), "Module", None)
    if base is None:
        return False
    return issubclass(module, base) if isinstance(module, type) else isinstance(module, base)
