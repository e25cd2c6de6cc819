"""Checks of what a class of distributions or transforms declares."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from typing import Any

from jaxdist import constraints
from jaxdist.constraints.constraint import check_constraint

_SETS = ("support", "domain", "codomain")


def check_class(cls: type) -> None:
    """Raise a TypeError if a class that was just created declares what cannot work."""
    for name in _SETS:
        value = vars(cls).get(name, constraints.real)
        if not isinstance(value, property | functools.cached_property):
            check_constraint(
                f"{cls.__name__}.{name}", value, ", or an `@property` that returns one"
            )
    _check_overrides(cls)
    fields = dataclasses.fields(cls)
    for field in fields:
        if isinstance(getattr(cls, field.name, None), property):
            raise TypeError(
                f"{cls.__name__}.{field.name} is a property that the class inherits; give the "
                "field another name"
            )
        constraint = field.metadata.get("constraint", constraints.real)
        if isinstance(constraint, type) or not callable(constraint):
            name = f"{cls.__name__}.{field.name}: the constraint"
            check_constraint(name, constraint, ", or a function from the instance to one")
    _check_alternatives(cls, fields)


def _check_overrides(cls: type) -> None:
    """Require that methods are overridden by methods, and properties not by methods."""
    for name, value in vars(cls).items():
        inherited = next((vars(c)[name] for c in cls.__mro__[1:] if name in vars(c)), None)
        if isinstance(inherited, property) and inspect.isfunction(value):
            raise TypeError(
                f"{cls.__name__}.{name} must be a property: write `@property` above "
                f"`def {name}(self)`"
            )
        is_method = callable(value) or isinstance(value, classmethod | staticmethod)
        if inspect.isfunction(inherited) and not is_method:
            arguments = ", ".join(inspect.signature(inherited).parameters)
            found = "a property" if isinstance(value, property) else repr(value)
            raise TypeError(
                f"{cls.__name__}.{name} must be a method, `def {name}({arguments})`; got {found}"
            )


def _check_alternatives(cls: type, fields: tuple[dataclasses.Field[Any], ...]) -> None:
    """Require that alternative parameterizations are optional, and that there is another one."""
    with_formula = [field for field in fields if field.metadata.get("otherwise")]
    alternatives = [field for field in with_formula if "constraint" in field.metadata]
    optional = all(field.default is None for field in alternatives)
    if alternatives and (len(with_formula) == 1 or not optional):
        names = ", ".join(field.name for field in alternatives)
        raise TypeError(
            f"{cls.__name__}: every alternative parameterization, of which there are at least two, "
            f"needs `default=None` and `otherwise=`; `otherwise=` is given for {names}"
            + ("" if optional else ", `default=None` not for each of them")
        )


def check_declarations(cls: Any, base: Any) -> None:
    """Raise a TypeError unless a class declares what its instances need.

    Args:
      cls: a class of distributions.
      base: `Distribution`.
    """
    if not cls._parameters and cls.batch_shape is base.batch_shape:
        raise TypeError(
            f"{cls.__name__} declares no parameters: write them in the class body, for example "
            "`loc: Param = param(constraints.real)`"
        )
    if cls.support is constraints.dependent:
        raise TypeError(
            f"{cls.__name__} declares no support: write it in the class body, for example "
            "`support = constraints.real`, or as a property if it depends on parameters"
        )
    declared = any("has_rsample" in vars(c) for c in cls.mro() if c is not base)
    if cls._rsample is not base._rsample and not declared:
        raise TypeError(
            f"{cls.__name__} defines `_rsample`: write `has_rsample = True` in the class body"
        )
