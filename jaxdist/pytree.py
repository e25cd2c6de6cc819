"""Pytree: a frozen dataclass that is a JAX pytree."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any, ClassVar, dataclass_transform

import jax
import numpy as np
from jax import tree_util

_MAX_PRINTED = 8  # entries up to which an array is printed with its values


def static(**kwargs: Any) -> Any:
    """Declare a field that is part of the structure of the tree, not a leaf.

    Args:
      **kwargs: passed to `dataclasses.field`, such as `default`. The value must be hashable.
    """
    return dataclasses.field(metadata={"static": True}, **kwargs)


def is_concrete(leaf: object) -> bool:
    """Tell whether a leaf holds concrete numbers, and is not a tracer or a shape."""
    if isinstance(leaf, jax.Array):
        return not isinstance(leaf, jax.core.Tracer) and leaf.is_fully_addressable
    return isinstance(leaf, np.ndarray | np.generic | bool | int | float)


# Type checkers are not told that it is frozen: they would then read inherited fields as the type
# that the constructor takes (`ArrayLike`), not the type that is stored.
@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, static))
class Pytree:
    """Base of classes that are frozen dataclasses and JAX pytrees, by subclassing alone.

    Fields are leaves or subtrees, in the order of their declaration; those declared with
    `static()` belong to the structure. A field that an instance does not store (the second of
    two parameterizations) is neither.

    JAX rebuilds trees around tracers, shapes, axes and `object()`, so rebuilding never runs
    `__init__`: what `__init__` promises holds for the values users make, not for trees JAX makes.

    Example:
      >>> class Line(Pytree):
      ...     slope: float
      ...     label: str = static(default="y")
      >>> jax.tree.map(lambda leaf: 2 * leaf, Line(1.5))
      Line(slope=3.0, label='y')
    """

    _static_names: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        _make_dataclass(cls)
        name = "__dataclass_fields__"
        setattr(cls, name, _StoredFields(getattr(cls, name)))
        _register(cls)

    def __repr__(self) -> str:
        """Show the fields: the values of small arrays, the dtype and shape of others."""
        fields = (f"{name}={_describe(vars(self)[name])}" for name in _stored_names(self))
        return f"{type(self).__name__}({', '.join(fields)})"


def must_define(tree: Pytree, name: str) -> NotImplementedError:
    """Return the error for a method or property that a subclass has not written."""
    return NotImplementedError(f"{type(tree).__name__} must define `{name}`")


def _make_dataclass(cls: type) -> None:
    try:
        dataclasses.dataclass(frozen=True, eq=False, repr=False)(cls)
    except TypeError as error:
        if "no type annotation" not in str(error):
            raise
        # The fields with an annotation have been replaced by their defaults.
        name = next(name for name, v in vars(cls).items() if isinstance(v, dataclasses.Field))
        raise TypeError(
            f"{cls.__name__}.{name} has no type: write it, for example `{name}: Param = "
            f"param(...)` or `{name}: int = static(...)`"
        ) from error
    cls.__setattr__ = _refuse_assignment  # type: ignore[assignment]


def _refuse_assignment(tree: Any, name: str, _: object) -> None:
    raise dataclasses.FrozenInstanceError(
        f"{type(tree).__name__} is immutable: cannot assign to {name!r}. Copy it by "
        "`dataclasses.replace`; declare fields in the class body, and call `super().__init__` in "
        "an `__init__` of your own"
    )


def check_static(tree: Pytree) -> None:
    """Raise a TypeError if the value of a field declared with `static` is not hashable."""
    for name in tree._static_names:
        try:
            hash(vars(tree)[name])
        except TypeError as error:
            raise TypeError(
                f"{type(tree).__name__}.{name} is declared with `static`, so it must be hashable; "
                f"got {_describe(vars(tree)[name])}. Declare an array with `param`; "
                "write a list as a tuple"
            ) from error


def _stored_names(tree: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(tree))


class _StoredFields:
    """`__dataclass_fields__`: all fields of a class, the stored fields of an instance.

    `dataclasses.fields`, `replace` and `asdict` of a distribution with two parameterizations then
    use the one that is stored.
    """

    def __init__(self, fields: dict[str, dataclasses.Field[Any]]) -> None:
        self.fields = fields

    def __get__(self, tree: Any, owner: type) -> dict[str, dataclasses.Field[Any]]:
        if tree is None:
            return self.fields
        return {name: field for name, field in self.fields.items() if name in vars(tree)}


def _register(cls: Any) -> None:
    fields = dataclasses.fields(cls)
    data = tuple(field.name for field in fields if not field.metadata.get("static"))
    meta = tuple(field.name for field in fields if field.metadata.get("static"))
    cls._static_names = meta

    def flatten(tree: Any) -> tuple[list[Any], Any]:
        stored = vars(tree)
        names = tuple([name for name in data if name in stored])
        structure = (names, tuple([stored[name] for name in meta]))
        return [stored[name] for name in names], structure

    def flatten_with_keys(tree: Any) -> tuple[list[tuple[Any, Any]], Any]:
        leaves, (names, values) = flatten(tree)
        return list(zip(map(tree_util.GetAttrKey, names), leaves, strict=True)), (names, values)

    def unflatten(structure: Any, leaves: Iterable[Any]) -> Any:
        names, values = structure
        tree: Any = object.__new__(cls)
        vars(tree).update(zip(names, leaves, strict=True))
        vars(tree).update(zip(meta, values, strict=True))
        return tree

    tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)


def _describe(value: object) -> str:
    """Format the values of a small concrete array, or the dtype and shape in JAX's notation."""
    if type(value) is tuple:
        return f"({', '.join(map(_describe, value))}{',' * (len(value) == 1)})"
    if not isinstance(value, jax.Array | np.ndarray | jax.ShapeDtypeStruct):
        return repr(value)
    if (
        is_concrete(value)
        and value.size <= _MAX_PRINTED
        and jax.numpy.issubdtype(value.dtype, np.number)
    ):
        numbers = np.asarray(value)
        readable = numbers.astype(np.float32) if numbers.dtype == jax.numpy.bfloat16 else numbers
        return np.array2string(readable, precision=4, separator=", ").replace("\n", "")
    name = value.dtype.name.replace("uint", "u").replace("int", "i").replace("float", "f")
    return f"{name}[{','.join(map(str, value.shape))}]"
