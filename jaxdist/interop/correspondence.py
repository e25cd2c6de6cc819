"""Which classes and parameters of two libraries are the same, and how one is made of the other."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import jax
import numpy as np

from jaxdist.arguments import describe
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.interop.imports import require
from jaxdist.transforms import Transform


@dataclass(frozen=True)
class Entry:
    """A class of ours, a class of a library, and the names of their parameters.

    Attributes:
      ours: name of our class.
      theirs: name of their class.
      names: our parameters, and theirs.
      attributes: their parameters whose attribute has another name, and that.
      fixed: their parameters that our class does not have, and their values.
      shared: our parameters that in theirs are one number for the whole batch.
    """

    ours: str
    theirs: str
    names: Mapping[str, str]
    attributes: Mapping[str, str]
    fixed: Mapping[str, float]
    shared: frozenset[str]

    @property
    def is_transform(self) -> bool:
        """Whether it is an entry of transforms, of which some have the name of a distribution."""
        return self.ours.endswith("Transform") or self.ours == "LowerCholeskyAffine"


def parse_table(table: str) -> tuple[Entry, ...]:
    """Read a table with an entry in each line."""
    return tuple(map(_parse, table.strip().splitlines()))


def _parse(line: str) -> Entry:
    """Read an entry: the classes, `Ours=Theirs`, and the parameters.

    A parameter is `name`, `ours=theirs`, `ours=theirs/attribute`, with a `!` if it is one number
    for the whole batch, or `theirs:value` if only theirs has it.
    """
    classes, *words = line.split()
    ours, _, theirs = classes.partition("=")
    fixed = {name: float(value) for name, _, value in (w.partition(":") for w in words) if value}
    names: dict[str, str] = {}
    attributes: dict[str, str] = {}
    shared: set[str] = set()
    for word in words:
        if ":" in word:
            continue
        own, _, other = word.removesuffix("!").partition("=")
        name, _, attribute = (other or own).partition("/")
        own = own.partition("/")[0]
        names[own] = name
        if word.endswith("!"):
            shared.add(own)
        if attribute:
            attributes[name] = attribute
    return Entry(ours, theirs or ours, names, attributes, fixed, frozenset(shared))


@dataclass(frozen=True)
class Library:
    """A library with distributions.

    Attributes:
      name: how its functions are called, `to_name` and `from_name`.
      package: what to install.
      modules: where its classes are: distributions, then transforms.
      entries: the classes that both have.
      as_theirs: converts an array to the library's.
      as_ours: converts the library's array to one of NumPy or JAX.
      read: returns a parameter of a distribution of theirs; None if another one was given.
      expanded: name of their class of a distribution with a larger batch, if it is one.
      to_composite: converts what is made of other transforms, given the library; otherwise None.
      from_composite: the same, from theirs to ours.
      otherwise: what to do with a distribution of ours that it does not have.
    """

    name: str
    package: str
    modules: tuple[str, ...]
    entries: tuple[Entry, ...]
    as_theirs: Callable[[Any], Any]
    as_ours: Callable[[Any], Any]
    read: Callable[[Any, str], Any]
    expanded: str = ""
    to_composite: Callable[[Any, Any], Any] = lambda library, d: None
    from_composite: Callable[[Any, Any], Any] = lambda library, d: None
    otherwise: str = ""

    # --- ours to theirs --------------------------------------------------------------------------

    def convert(self, d: Any) -> Any:
        """Return a distribution or transform of theirs that equals one of ours."""
        function = f"to_{self.name}"
        of_kind = self.modules[1:] if isinstance(d, Transform) else self.modules[:1]
        modules = [require(function, self.package, module) for module in of_kind]
        composite = self.to_composite(self, d)
        if composite is not None:
            return composite
        candidates = [entry for entry in self.entries if entry.ours == type(d).__name__]
        if not candidates:
            raise NotImplementedError(
                f"{function}: {self.name} has no class like {type(d).__name__}, or none that is "
                f"known here: {', '.join(sorted({entry.ours for entry in self.entries}))}"
                f"{self.otherwise}"
            )
        stored = [entry for entry in candidates if entry.names.keys() <= vars(d).keys()]
        entry = (stored or candidates)[0]
        theirs = next(vars(module)[entry.theirs] for module in modules if _has(module, entry))
        arguments = {
            name: self._shared(d, own) if own in entry.shared else self._argument(getattr(d, own))
            for own, name in entry.names.items()
        }
        return theirs(**arguments, **entry.fixed)

    def _shared(self, d: Any, name: str) -> Any:
        """Return the number that all members of a batch have."""
        values = np.asarray(getattr(d, name))
        if np.all(values == values.flat[0]):
            is_count = d.arg_constraints[name].is_discrete
            return int(values.flat[0]) if is_count else self.as_theirs(values.flat[0])
        raise ValueError(
            f"to_{self.name}: {self.name}'s {type(d).__name__} has one {name} for the whole batch; "
            f"got {describe(values)}. Convert the members of the batch one by one"
        )

    def _argument(self, value: Any) -> Any:
        if isinstance(value, Distribution | Transform):
            return self.convert(value)
        if isinstance(value, tuple) and any(isinstance(v, Transform) for v in value):
            return [self.convert(v) for v in value]
        return self.as_theirs(value) if isinstance(value, jax.Array | np.ndarray) else value

    # --- theirs to ours --------------------------------------------------------------------------

    def convert_back(self, d: Any) -> Any:
        """Return a distribution or transform of ours that equals one of theirs."""
        function = f"from_{self.name}"
        for module in self.modules:
            require(function, self.package, module)
        name = type(d).__name__
        if self.expanded and name == self.expanded:
            return self.convert_back(d.base_dist).expand(d.batch_shape)
        composite = self.from_composite(self, d)
        if composite is not None:
            return composite
        candidates = [entry for entry in self.entries if entry.theirs == name]
        candidates = [entry for entry in candidates if entry.is_transform == _is_transform(d)]
        for entry in candidates:
            values = {own: self._read(d, entry, other) for own, other in entry.names.items()}
            if all(value is not None for value in values.values()):
                self._check_fixed(d, entry)
                return getattr(importlib.import_module("jaxdist"), entry.ours)(
                    **{own: self._value(value) for own, value in values.items()}
                )
        raise NotImplementedError(
            f"{function}: jaxdist has no class like {name} of {type(d).__module__}, or none "
            f"that is known here: {', '.join(sorted({entry.theirs for entry in self.entries}))}"
        )

    def _read(self, d: Any, entry: Entry, name: str) -> Any:
        return self.read(d, entry.attributes.get(name, name))

    def _check_fixed(self, d: Any, entry: Entry) -> None:
        for name, value in entry.fixed.items():
            found = self._read(d, entry, name)
            if found is not None and np.any(np.asarray(self.as_ours(found)) != value):
                raise ValueError(
                    f"from_{self.name}: jaxdist's {entry.ours} has {name} {value:g}; got {found}. "
                    "Convert the standard one, and apply an AffineTransform to it"
                )

    def _value(self, value: Any) -> Any:
        if isinstance(value, bool | int | float | np.generic):
            return value
        if isinstance(value, list | tuple) and not all(isinstance(v, int) for v in value):
            return [self._value(v) for v in value]
        if isinstance(value, list | tuple):
            return tuple(value)
        known = {entry.theirs for entry in self.entries} | {self.expanded}
        is_known = type(value).__name__ in known or _is_transform(value) or _is_distribution(value)
        return self.convert_back(value) if is_known else self.as_ours(value)


def _is_transform(thing: Any) -> bool:
    """Tell whether an object of a library is a transform, not a distribution."""
    return any(kind.__name__ in {"Transform", "Bijector"} for kind in type(thing).__mro__)


def _is_distribution(thing: Any) -> bool:
    """Tell whether an object of a library is a distribution, perhaps of a class without a match."""
    return any(kind.__name__ == "Distribution" for kind in type(thing).__mro__)


def _has(module: Any, entry: Entry) -> bool:
    """Tell whether a module has the class of an entry."""
    return entry.theirs in vars(module)


def check_ours(function: str, d: Any) -> Distribution:
    """Raise a TypeError unless an argument is a distribution of ours."""
    return require_distribution(d, f"the argument of {function}")


def check_convertible(function: str, d: Any) -> Any:
    """Raise a TypeError unless an argument is a distribution or a transform of ours."""
    return d if isinstance(d, Transform) else check_ours(function, d)


def given_parameter(d: Any, name: str) -> Any:
    """Return an attribute; of `probs` and `logits`, only the one that was given."""
    inner = getattr(d, "_categorical", d)
    other = {"probs": "logits", "logits": "probs"}.get(name)
    if other and name not in vars(inner) and other in vars(inner):
        return None
    return getattr(d, name, None)
