"""Runs of a model: what `draw(name, dist)` does in each, and checks of the values by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import Shape, as_real_numbers, describe, did_you_mean
from jaxdist.bijections import biject_to
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.families.vector.improper_uniform import ImproperUniform
from jaxdist.promotion import numpy_promotion

Model = Callable[..., Any]  # model(draw, *args)
Visit = Callable[[str, Distribution], Array]  # what a draw of a name returns
Values = dict[str, Array]


class NamedDraw:
    """The function by which a model draws: `x = draw(name, dist)`."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self.values: Values = {}

    def __call__(
        self, name: str, dist: Distribution, estimator: Any = None, num_samples: int | None = None
    ) -> Any:
        """Return the value of a name, which has a distribution.

        `estimator` and `num_samples` are for `jaxdist.program_expectation`, which runs the same
        models; here they are ignored.
        """
        if not isinstance(name, str):
            raise TypeError(
                f"Program: write `draw(name, dist)`; the name must be a string, got {name!r}"
            )
        if name in self.values:
            raise ValueError(
                f"Program: {name!r} is drawn twice. Give every draw a name of its own, for example "
                f'f"{name}_{{i}}" in a loop'
            )
        require_distribution(dist, f"Program: what {name!r} is drawn from")
        if not isinstance(dist.support, Constraint) or not isinstance(dist.event_shape, tuple):
            raise TypeError(
                f"Program: {name!r} is drawn from {type(dist).__name__}, whose draws are trees. "
                "Draw each part by a name of its own; a part of a model is a function that takes "
                "`draw`"
            )
        self.values[name] = self._visit(name, dist)
        return self.values[name]


def run(model: Model, args: tuple[Any, ...], visit: Visit) -> tuple[Values, Any]:
    """Run a model.

    Args:
      model: function of `draw` and the other arguments.
      args: the other arguments.
      visit: what a draw returns, a function of its name and distribution.

    Returns:
      The values by name, in the order of the draws, and what the model returns.

    Raises:
      RuntimeError: if the model draws inside a transformation or a loop of JAX.
    """
    draw = NamedDraw(visit)
    try:
        returned = model(draw, *args)
        for x in draw.values.values():  # one that was drawn inside a loop cannot be used here
            jnp.where(True, x, x)
    except jax.errors.UnexpectedTracerError as error:
        raise RuntimeError(
            "Program: a model must call `draw` outside of jax.jit, jax.vmap and the loops and "
            "branches of jax.lax. Draw an array from a batch of distributions instead, or from "
            "jaxdist.MarkovChain; transform the methods of the whole Program"
        ) from error
    return draw.values, returned


def draw_each(key: Array, draw: Callable[[Distribution, Array], Array], known: Values) -> Visit:
    """Return what draws names that are not known, each with a key of its own."""
    keys = [key]

    def visit(name: str, dist: Distribution) -> Array:
        if name in known:
            return known_value(name, dist, known)
        keys[0], own = jax.random.split(keys[0])
        return draw(dist, own)

    return visit


def start(dist: Distribution, key: Array) -> Array:
    """Draw a value at which a sampler may start: from the distribution, if that is proper.

    Otherwise it is the image of unconstrained numbers between -2 and 2, as in Stan.
    """
    if not isinstance(dist, ImproperUniform):
        return dist.sample(key)
    onto = biject_to(dist.support)
    shape = onto.inverse_shape(dist.batch_shape + dist.event_shape)
    return onto(jax.random.uniform(key, shape, dist.dtype, -2, 2))


@numpy_promotion
def known_value(name: str, dist: Distribution, values: Values) -> Array:
    """Return a given value as the model gets it: floats, inside of the support.

    Where the value is outside, its log-probability is `-inf`, and what the model makes of another
    value, such as a negative scale, does not matter.
    """
    x, support = values[name], dist.support
    if not support.is_discrete and not jnp.issubdtype(x.dtype, jnp.floating):
        x = x.astype(dist.dtype)
    inside = support.check(x) & dist._inside(x)
    inside = jnp.expand_dims(inside, tuple(range(-support.event_dim, 0)))
    return jnp.where(inside, x, support.feasible_like(x))


def as_arrays(owner: str, values: Any) -> Values:
    """Return a dict of numbers as a dict of arrays, or raise a TypeError."""
    if not isinstance(values, Mapping):
        raise TypeError(
            f"{owner}: the values must be a dict by the names of the draws; got {describe(values)}"
        )
    return {
        name: jnp.asarray(as_real_numbers(owner, f"the value of {name!r}", value))
        for name, value in values.items()
    }


def require_known_names(owner: str, values: Values, known: Mapping[str, Any]) -> None:
    """Raise a ValueError unless every value has a name that is known."""
    if unknown := [name for name in values if name not in known]:
        close = did_you_mean(unknown, known)
        raise ValueError(f"{owner}: the names are {list(known)}; unknown {unknown}{close}")


def require_names(owner: str, values: Values, expected: Mapping[str, Any]) -> None:
    """Raise a ValueError unless the values have exactly the expected names."""
    require_known_names(owner, values, expected)
    if missing := [name for name in expected if name not in values]:
        raise ValueError(f"{owner}: the names are {list(expected)}; missing {missing}")


def sample_shape_of(owner: str, values: Values, shapes: Mapping[str, Shape]) -> Shape:
    """Return the axes by which values have more than the given shapes.

    Raises:
      ValueError: naming a value whose shape does not end in the given one, or two values whose
        further axes differ.
    """
    leading: dict[str, Shape] = {}
    for name, x in values.items():
        cut = x.ndim - len(shapes[name])
        if cut < 0 or x.shape[cut:] != shapes[name]:
            raise ValueError(
                f"{owner}: the shape of {name!r} must be {shapes[name]}, or end in it; "
                f"got {x.shape}"
            )
        leading[name] = x.shape[:cut]
    if len(set(leading.values())) > 1:
        raise ValueError(
            f"{owner}: before the shape of a draw, all values must have the same axes; got "
            f"{leading}"
        )
    return next(iter(leading.values()), ())
