"""The tables of closed forms, by the class of a distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.generating_functions.averages import (
    average_of_exponentials,
    log_average_of_exponentials,
)
from jaxdist.promotion import numpy_promotion
from jaxdist.transforms.transform import sum_rightmost

Formula = Callable[[Any, Array], Array]
OfValues = Callable[[Array, Array], Array]


class Entry(NamedTuple):
    """A formula of a table, and whether it is compiled."""

    formula: Formula
    compiled: bool


class Table:
    """The formulas of one generating function, by class.

    Args:
      name: the function, for errors.
      of_values: the function of a finite support, from log-probabilities and products with t.
      estimate: how to estimate the function from draws.
    """

    def __init__(self, name: str, of_values: OfValues, estimate: str) -> None:
        self.name, self._of_values, self._estimate = name, of_values, estimate
        self._entries: dict[type[Distribution], Entry] = {}

    def register(
        self, *classes: type[Distribution], compiled: bool = True
    ) -> Callable[[Formula], Formula]:
        """Add a formula for some classes, and their subclasses: a decorator."""
        for given in classes:
            if not (isinstance(given, type) and issubclass(given, Distribution)):
                raise TypeError(
                    f"register_{self.name}: expected a subclass of Distribution; got {given!r}"
                )

        def register(formula: Formula) -> Formula:
            self._entries.update(dict.fromkeys(classes, Entry(formula, compiled)))
            return formula

        return register

    def classes(self) -> tuple[type[Distribution], ...]:
        """Return the classes in the table, in the order of their registration."""
        return tuple(self._entries)

    def evaluate(self, d: Distribution, t: Array) -> Array:
        """Evaluate the function at t, whose shape broadcasts with that of a draw.

        Raises:
          NotImplementedError: if no closed form is known.
        """
        for kind in type(d).__mro__:
            if kind in self._entries:
                formula, compiled = self._entries[kind]
                return (_compiled if compiled else _evaluate)(d, t, formula)
        if d.has_enumerate_support:  # listed outside of the compiled part, which needs the number
            return self.over_values(d, t, d.enumerate_support())
        raise self.missing(d)

    def over_values(
        self, d: Distribution, t: Array, values: Array, images: Array | None = None
    ) -> Array:
        """Evaluate the function by a sum.

        Args:
          d: a distribution of finitely many values.
          t: as for `evaluate`.
          values: all of them, and perhaps others, along a new first axis.
          images: what they are mapped to; by default themselves.
        """
        images = values if images is None else images
        return _over_values(d, t, values, images, self._of_values)

    def missing(self, d: Distribution) -> NotImplementedError:
        """Return the error of a class without a closed form."""
        name = type(d).__name__
        products = f"jax.numpy.sum(t * x, {tuple(range(-len(d.event_shape), 0))})"
        products = products if d.event_shape else "t * x"
        return NotImplementedError(
            f"no closed form is known for the {self.name} of {name}; with x = d.sample(key, n), "
            f"estimate it by {self._estimate.format(products)}, or register one by "
            f"@jaxdist.register_{self.name}({name})"
        )


def _evaluate(d: Distribution, t: Array, formula: Formula) -> Array:
    return formula(d, t)


def _sum_over_values(
    d: Distribution, t: Array, values: Array, images: Array, of_values: OfValues
) -> Array:
    """Evaluate a function of images of a finite support, which lie along the first axis."""
    log_probs = jnp.moveaxis(d.log_prob(values), 0, -1)
    event_ndim = len(d.event_shape)
    images = jnp.moveaxis(images.astype(t.dtype), 0, -1 - event_ndim)
    products = sum_rightmost(jnp.expand_dims(t, -1 - event_ndim) * images, event_ndim)
    return of_values(log_probs, products)


_compiled = jax.jit(numpy_promotion(_evaluate), static_argnums=2)
_over_values = jax.jit(numpy_promotion(_sum_over_values), static_argnums=4)

CUMULANT = Table(
    "cumulant_generating_function",
    log_average_of_exponentials,
    "jax.nn.logsumexp({}, 0) - log(n)",
)
CHARACTERISTIC = Table(
    "characteristic_function",
    average_of_exponentials,
    "jax.numpy.exp(1j * {}).mean(0)",
)


def register_cumulant_generating_function(
    class_d: type[Distribution], *, compiled: bool = True
) -> Callable[[Formula], Formula]:
    """Register the closed form of a class, and of its subclasses: a decorator.

    The function gets a distribution in at least float32, and t of a shape that ends in
    `batch_shape + event_shape`, and returns logarithms of moments, of shape `(..., *batch_shape)`:
    infinite where the moment is.

    Args:
      class_d: the class.
      compiled: whether to compile the function; choose False if it needs concrete parameters, or
        only calls `cumulant_generating_function`.

    Raises:
      TypeError: if the class is not a subclass of `Distribution`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> class Sign(jd.Distribution):
      ...     '''1 or -1, times a scale.'''
      ...     scale: jd.Param = jd.param(jd.constraints.positive)
      ...     support = jd.constraints.real
      >>> @jd.register_cumulant_generating_function(Sign)
      ... def _(d, t):
      ...     return jnp.logaddexp(d.scale * t, -d.scale * t) - jnp.log(2)
      >>> print(f"{jd.cumulant_generating_function(Sign(3.0), 1.0):.3f}")
      2.309
    """
    return CUMULANT.register(class_d, compiled=compiled)


def register_characteristic_function(
    class_d: type[Distribution], *, compiled: bool = True
) -> Callable[[Formula], Formula]:
    """Register the closed form of a class, and of its subclasses: a decorator.

    The function gets what those of `register_cumulant_generating_function` get, and returns complex
    numbers.

    Args:
      class_d: the class.
      compiled: as for `register_cumulant_generating_function`.

    Raises:
      TypeError: if the class is not a subclass of `Distribution`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> class Sign(jd.Distribution):
      ...     '''1 or -1, times a scale.'''
      ...     scale: jd.Param = jd.param(jd.constraints.positive)
      ...     support = jd.constraints.real
      >>> @jd.register_characteristic_function(Sign)
      ... def _(d, t):
      ...     return jnp.cos(d.scale * t) + 0j
      >>> print(f"{jd.characteristic_function(Sign(3.0), 1.0).real:.3f}")
      -0.990
    """
    return CHARACTERISTIC.register(class_d, compiled=compiled)
