"""Parametric: the base of distributions and transforms, a pytree of constrained parameters."""

from __future__ import annotations

import copy
import dataclasses
import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.argument_checks import batch_index, check_arguments, get_validation
from jaxdist.arguments import Numbers, Shape, as_numbers, as_shape, broadcasts_to, check_flag
from jaxdist.class_checks import check_class
from jaxdist.constraints import Constraint
from jaxdist.constraints.constraint import check_constraint
from jaxdist.promotion import result_type
from jaxdist.pytree import Pytree, check_static, static

if TYPE_CHECKING:

    class Param:
        """The type of a parameter, read as `Array` and given as `Numbers`."""

        def __get__(self, instance: Any, owner: Any) -> Array: ...
        def __set__(self, instance: Any, value: Numbers | None) -> None: ...

else:
    Param = Array


def param(
    constraint: Constraint | Callable[[Any], Constraint],
    *,
    otherwise: Callable[[Any], Array] | None = None,
    **kwargs: Any,
) -> Any:
    """Declare a parameter of a distribution or transform.

    Args:
      constraint: set of valid values, one of `jaxdist.constraints`. The last `event_dim` axes of
        the parameter are event axes, the others are batch axes. If the constraint depends on other
        parameters, a function from the instance to the constraint.
      otherwise: for alternative parameterizations, of which exactly one is given: function from
        the instance, which stores the other one, to this one. Give `default=None` with it.
      **kwargs: passed to `dataclasses.field`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> class Rayleigh(jd.Distribution):
      ...     scale: jd.Param = jd.param(
      ...         jd.constraints.positive, default=None, otherwise=lambda d: jnp.exp(d.log_scale)
      ...     )
      ...     log_scale: jd.Param = jd.param(
      ...         jd.constraints.real, default=None, otherwise=lambda d: jnp.log(d.scale)
      ...     )
      ...     support = jd.constraints.positive
      >>> print(Rayleigh(log_scale=0.0).scale)
      1.0
    """
    return dataclasses.field(metadata={"constraint": constraint, "otherwise": otherwise}, **kwargs)


def derived(formula: Callable[[Any], Array], *, init: Literal[False] = False) -> Any:
    """Declare that a subclass computes a parameter of its base class from its own parameters.

    The subclass neither stores the parameter nor accepts it in its constructor.

    Args:
      formula: computes the parameter from the instance.
      init: False, which tells type checkers that the constructor does not take it.

    Example:
      >>> import jaxdist as jd
      >>> class Erlang2(jd.Gamma):
      ...     scale: jd.Param = jd.param(jd.constraints.positive)
      ...     concentration: jd.Param = jd.derived(lambda d: 2.0)
      ...     rate: jd.Param = jd.derived(lambda d: 1 / d.scale)
      >>> Erlang2(3.0).mean
      Array(6., dtype=float32)
    """
    return dataclasses.field(init=init, metadata={"otherwise": formula})


class _Derived:
    """Computes a parameter that is not stored; a stored one, being in `__dict__`, hides this."""

    def __init__(self, formula: Callable[[Any], Array]) -> None:
        self.formula = formula

    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        return self.formula(instance)

    def __repr__(self) -> str:
        return "<parameter: derived if another parameterization is given>"


class _ArgConstraints:
    """`arg_constraints`: for a class, constraints that depend on parameters are `dependent`."""

    def __get__(self, instance: Any, owner: type[Parametric]) -> Mapping[str, Constraint]:
        return {
            name: _resolve(field.metadata["constraint"], instance)
            for name, field in owner._parameters.items()
        }


def _resolve(constraint: Any, instance: Parametric | None) -> Constraint:
    if isinstance(constraint, Constraint):
        return constraint
    return constraints.dependent if instance is None else constraint(instance)


def _annotate_constructor(cls: type[Parametric]) -> None:
    """Let the signature of the constructor show the types that it takes, not those it stores."""
    annotations = vars(cls)["__init__"].__annotations__
    for name, field in cls._parameters.items():
        annotation = annotations.get(name)
        if annotation is Param or str(annotation).endswith("Param"):
            annotations[name] = "ArrayLike | None" if field.default is None else "ArrayLike"
    if "validate_args" in annotations:
        annotations["validate_args"] = "bool | None"


def _common_shape(shapes: Iterable[Shape]) -> Shape:
    """Return the shape that shapes broadcast to, without arithmetic where they are equal."""
    distinct = set(shapes)
    return distinct.pop() if len(distinct) == 1 else jnp.broadcast_shapes(*distinct)


@functools.partial(jax.jit, static_argnums=1, inline=True)
def broadcast_all(arrays: tuple[Any, ...], shapes: tuple[Shape, ...]) -> list[Array]:
    """Broadcast arrays or numbers, each to its shape, in one call of the device.

    Compiled it takes less time than `jnp.asarray` of a single number.
    """
    return [jnp.broadcast_to(x, shape) for x, shape in zip(arrays, shapes, strict=True)]


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, static, param, derived))
class Parametric(Pytree):
    """A pytree of parameters with constraints, whose first axes are batch axes.

    The constructor promotes the parameters to one float dtype, checks them against their
    constraints and broadcasts them, so that every leaf has the shape
    `batch_shape + event shape of the parameter`. The batch shape is read off the leaves and never
    stored: it is right inside `jax.vmap`, after indexing and after stacking.

    Args:
      validate_args: whether to check the parameters; None for the global setting.
    """

    _parameters: ClassVar[dict[str, dataclasses.Field[Any]]] = {}
    _alternatives: ClassVar[tuple[str, ...]] = ()

    validate_args: dataclasses.InitVar[bool | None] = dataclasses.field(default=None, kw_only=True)

    arg_constraints = _ArgConstraints()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        fields = dataclasses.fields(cls)
        cls._parameters = {field.name: field for field in fields if "constraint" in field.metadata}
        cls._alternatives = tuple(
            name for name, field in cls._parameters.items() if field.metadata["otherwise"]
        )
        for field in fields:
            if (formula := field.metadata.get("otherwise")) is not None:
                setattr(cls, field.name, _Derived(formula))
        _annotate_constructor(cls)
        check_class(cls)

    # --- construction ----------------------------------------------------------------------------

    def __post_init__(self, validate_args: bool | None) -> None:
        """Promote the parameters to one float dtype, check them, and broadcast their batch axes."""
        check_static(self)
        self._choose_parameterization()
        self._promote()
        if validate_args is None:
            validate_args = get_validation() != "off"
        check_flag(type(self).__name__, "validate_args", validate_args)
        if validate_args:
            self._validate()
        self._broadcast()

    def _choose_parameterization(self) -> None:
        """Keep the alternative parameter that is given, and delete the others."""
        fields = vars(self)
        given = [name for name in self._alternatives if fields[name] is not None]
        if self._alternatives and len(given) != 1:
            raise ValueError(
                f"{type(self).__name__}: give exactly one of {', '.join(self._alternatives)}; "
                f"got {' and '.join(given) or 'none of them'}"
            )
        for name in self._alternatives:
            if name not in given:
                del fields[name]

    def _stored(self) -> dict[str, Any]:
        fields = vars(self)
        return {name: fields[name] for name in self._parameters if name in fields}

    def _promote(self) -> None:
        """Convert the parameters to arrays of one float dtype, counts to at least float32.

        Those that are not on a device yet stay there until they are broadcast, all in one call.
        """
        values = {name: self._as_numbers(name, value) for name, value in self._stored().items()}
        fields = vars(self)
        fields.update(values)  # constraints may depend on other parameters
        for name, value in values.items():
            self._check_axes(name, value)
        # Python's numbers have no dtype of their own, and take time.
        typed = [value for value in values.values() if type(value) not in (bool, int, float)]
        dtype = result_type(float, *typed)
        if not jnp.issubdtype(dtype, jnp.floating):
            raise ValueError(f"{type(self).__name__}: parameters must be real; got {dtype}")
        for name, value in values.items():
            is_count = self._constraint(name).is_discrete
            to = result_type(dtype, jnp.float32) if is_count else dtype
            if not isinstance(value, jax.Array):
                fields[name] = np.asarray(value, to)
            elif value.dtype != to or value.weak_type:
                fields[name] = value.astype(to)

    def _as_numbers(self, name: str, value: Any) -> Any:
        owner = type(self).__name__
        if value is None and self._parameters[name].default is None:
            raise TypeError(
                f"{owner}: parameter {name!r} must be an array or a number; got None. Every "
                "alternative parameterization needs `otherwise=`"
            )
        return as_numbers(owner, f"parameter {name!r}", value)

    def _check_axes(self, name: str, numbers: Any) -> None:
        owner = type(self).__name__
        try:
            constraint = self._constraint(name)
        except (TypeError, ValueError) as error:
            shapes = ", ".join(f"{n} {np.shape(v)}" for n, v in self._stored().items())
            raise ValueError(
                f"{owner}: parameters do not combine in the constraint of {name!r}, "
                f"from shapes {shapes}: {error}"
            ) from error
        check_constraint(f"{owner}.{name}: what the constraint's function returns", constraint)
        event_dim = constraint.event_dim
        if event_dim and np.ndim(numbers) < event_dim:
            raise ValueError(
                f"{owner}: parameter {name!r} needs at least {event_dim} axes; "
                f"got shape {np.shape(numbers)}"
            )

    def _constraint(self, name: str) -> Constraint:
        return _resolve(self._parameters[name].metadata["constraint"], self)

    def _validate(self) -> None:
        arguments = {
            name: (value, self._constraint(name)) for name, value in self._stored().items()
        }
        check_arguments(type(self).__name__, arguments)

    def _broadcast(self) -> None:
        batch_shapes = self._batch_shapes()
        try:
            batch_shape = _common_shape(batch_shapes.values())
        except ValueError as error:
            shapes = ", ".join(f"{name} {shape}" for name, shape in batch_shapes.items())
            raise ValueError(
                f"{type(self).__name__}: the batch shapes of its parameters do not broadcast: "
                f"{shapes}"
            ) from error
        changed: dict[str, tuple[Any, Shape]] = {}
        for name, value in self._stored().items():
            shape = batch_shape + value.shape[len(batch_shapes[name]) :]
            if value.shape != shape or not isinstance(value, jax.Array):
                changed[name] = value, shape
        if changed:
            arrays = broadcast_all(*zip(*changed.values(), strict=True))
            vars(self).update(zip(changed, arrays, strict=True))

    # --- shapes ----------------------------------------------------------------------------------

    def _batch_shapes(self) -> dict[str, Shape]:
        shapes = {}
        for name, value in self._stored().items():
            shape, event_dim = value.shape, self._event_dim_of(name)
            shapes[name] = shape[: len(shape) - event_dim] if event_dim else shape
        return shapes

    def _event_dim_of(self, name: str) -> int:
        """Return that of a constraint, also where parameters are shapes without numbers."""
        constraint = self._parameters[name].metadata["constraint"]
        if isinstance(constraint, Constraint):
            return constraint.event_dim
        if not any(isinstance(v, jax.ShapeDtypeStruct) for v in self._stored().values()):
            return self._constraint(name).event_dim
        event_dims: list[int] = []
        jax.eval_shape(lambda d: event_dims.append(constraint(d).event_dim), self)
        return event_dims[0]

    @property
    def batch_shape(self) -> Shape:
        """Shape of the batch, read off the leaves."""
        return _common_shape(self._batch_shapes().values())

    @property
    def dtype(self) -> np.dtype:
        """The float dtype of the parameters."""
        stored = self._stored()
        floats = [stored[name] for name in stored if not self._constraint(name).is_discrete]
        return jnp.result_type(*(value.dtype for value in floats or stored.values()))

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        """Apply `function(leaf, event_dim)` to every leaf, without running the constructor."""
        stored = self._stored()
        return self._with(
            **{name: function(stored[name], self._constraint(name).event_dim) for name in stored}
        )

    def _with(self, **fields: Any) -> Self:
        """Return a copy with other fields, without running the constructor."""
        other = copy.copy(self)
        vars(other).update(fields)
        return other

    def expand(self, batch_shape: Sequence[int]) -> Self:
        """Broadcast the batch to a larger one.

        Args:
          batch_shape: the new batch shape, to which the old one must broadcast.

        Raises:
          ValueError: if the old batch shape does not broadcast to it.
        """
        shape = as_shape(batch_shape, "batch_shape")
        if broadcasts_to(self.batch_shape, shape):
            return self._map_batch(
                lambda leaf, dim: jnp.broadcast_to(leaf, shape + leaf.shape[leaf.ndim - dim :])
            )
        raise ValueError(
            f"{type(self).__name__}: batch shape {self.batch_shape} does not expand to {shape}"
        )

    def __getitem__(self, index: Any) -> Self:
        """Index the batch axes, as if the batch were an array."""
        full = batch_index(index, self.batch_shape, type(self).__name__)
        return self._map_batch(lambda leaf, dim: leaf[full])

    def __iter__(self) -> Iterator[Self]:
        """Iterate over the first batch axis."""
        if not self.batch_shape:
            raise TypeError(f"{type(self).__name__}: cannot iterate over an empty batch shape ()")
        return (self[i] for i in range(self.batch_shape[0]))
