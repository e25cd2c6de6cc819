"""Events: the values of a distribution."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, evaluation
from jaxdist.arguments import Numbers, Shape, as_real_numbers, check_flag
from jaxdist.constraints.clipping import clip_draw, clip_to_bounds
from jaxdist.constraints.constraint import all_rightmost
from jaxdist.numerics.atoms import just_below
from jaxdist.parameters import Parametric, broadcast_all


class Events(Parametric):
    """Part of `Distribution`: the values that it may take, their shape, and their set.

    Single numbers may have a probability among others that have a density: the atoms of the
    distribution. There, `log_prob` is the logarithm of that probability.
    """

    support: ClassVar[Any] = constraints.dependent
    has_enumerate_support: ClassVar[bool] = False

    # Whether there are atoms. If there are none, P(X <= the lower bound) is 0.
    _has_atoms: ClassVar[bool] = False

    @property
    def event_shape(self) -> Shape:
        """Shape of one draw from a single distribution."""
        return ()

    def enumerate_support(self, expand: bool = True) -> Array:
        """List the values of a finite support along a new first axis.

        Args:
          expand: whether to repeat them over the batch axes, which are of length one otherwise.

        Returns:
          Shape `(number of values,) + batch_shape + event_shape`, or with ones for `batch_shape`.

        Raises:
          NotImplementedError: if `has_enumerate_support` is False.
        """
        if not self.has_enumerate_support:
            raise NotImplementedError(f"the support of {type(self).__name__} cannot be listed")
        check_flag(type(self).__name__, "expand", expand)
        return evaluation.enumerate_support(self, expand)

    def _value(self, value: Numbers, event_shape: Shape) -> Array:
        """Check a value's shape and broadcast it to `sample_shape + batch_shape + event_shape`."""
        x = as_real_numbers(type(self).__name__, "the value", value)
        full, shape = self.batch_shape + event_shape, np.shape(x)
        if shape[max(0, len(shape) - len(full)) :] == full:
            return x if isinstance(x, Array) else broadcast_all((x,), (shape,))[0]
        if shape == event_shape:
            return broadcast_all((x,), (full,))[0]
        raise ValueError(
            f"{type(self).__name__}: the value's shape must be {event_shape} or end in "
            f"batch_shape + event_shape = {full}; got {shape}. To evaluate every value under "
            "every distribution, use jax.vmap over one of the two"
        )

    def _inside(self, value: Array) -> Array:
        """Tell which values have a density: those that are in the support and finite."""
        support = self.support
        inside = support.check(value)
        if support.is_discrete:
            return inside
        return inside & all_rightmost(jnp.abs(value) < math.inf, support.event_dim)

    def _typical(self, x: Array) -> Array:
        """Return values of the shape of `x` inside the support: they replace those outside.

        The slopes there are multiplied by 0. Override it where they may overflow.
        """
        feasible: Array = self.support.feasible_like(x)
        return feasible

    def _clip_draw(self, draw: Array) -> Array:
        """Keep draws inside the support: where there are atoms, with its ends."""
        support = self.support
        keep = clip_to_bounds if support.is_discrete or self._has_atoms else clip_draw
        return keep(support, draw)

    def _enumerate_support(self) -> Array:
        """List the support, shape `(number of values,) + event_shape`."""
        raise self._missing("enumerate_support")

    def _missing(self, what: str, instead: str = "") -> NotImplementedError:
        advice = f"; {instead}" if instead else ""
        return NotImplementedError(f"{type(self).__name__} has no closed form for {what}{advice}")

    def _nearest_atom(self, x: Array) -> Array:
        """Return the nearest such number to each entry of an event, NaN where there is none.

        That an entry of an event has a probability does not depend on the other entries. The shape
        is that of x, which ends in `batch_shape + event_shape`.
        """
        return jnp.full_like(x, math.nan)

    def _is_atom(self, x: Array) -> Array:
        """Tell which entries of events have a probability, and no density."""
        return self._nearest_atom(x) == x

    def _atom_count(self, x: Any) -> Array:
        """Count such entries, shape `sample_shape + batch_shape`."""
        event_axes = tuple(range(-len(self.event_shape), 0))
        return jnp.sum(self._is_atom(x), event_axes)

    def _is_masked_out(self) -> Array:
        """Tell where the log-probability of any value is 0, whose shape broadcasts to the batch."""
        return jnp.array(False)

    def _atom_prob(self) -> Array:
        """Return the probability that an entry of an event is one of them."""
        return jnp.zeros((), self.dtype)

    def _up_to(self, x: Array) -> Array:
        """Return the number y for which P(X <= y) is P(X < x)."""
        if not self._has_atoms:
            return x
        is_atom = self._is_atom(x) & (jnp.abs(x) < math.inf)
        return jnp.where(is_atom, just_below(jnp.where(is_atom, x, 0)), x)
