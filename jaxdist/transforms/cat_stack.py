"""CatTransform and StackTransform: transforms of parts of one array."""

from __future__ import annotations

import functools
from typing import ClassVar, Self

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_integer, as_integers
from jaxdist.constraints import Constraint
from jaxdist.pytree import must_define, static
from jaxdist.transforms.compose import Transforms, change_of_event_dim, require_transforms
from jaxdist.transforms.transform import CombinedTransform, Transform, sum_rightmost


class _SequenceTransform(CombinedTransform):
    """A sequence of transforms, one for each part of an array along the axis `dim`.

    If `dim` is an event axis, the log-determinant is the sum of the transforms'; otherwise theirs
    are joined along that axis.
    """

    tseq: Transforms
    dim: int = static(default=0)

    _axes_removed: ClassVar[int]  # by splitting

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the transforms."""
        name = type(self).__name__
        vars(self)["tseq"] = require_transforms(name, "tseq", self.tseq)
        vars(self)["dim"] = as_integer(name, "dim", self.dim)
        if not self.tseq:
            raise ValueError(f"{name}: tseq must hold at least one transform")
        if any(map(change_of_event_dim, self.tseq)):
            raise ValueError(f"{name}: transforms in tseq must keep the number of event axes")

    @property
    def _components(self) -> tuple[Transform, ...]:
        return self.tseq

    @property
    def _event_dim(self) -> int:
        return max(t.domain.event_dim for t in self.tseq)

    def _axis(self, shape: Shape) -> int:
        """The axis `dim`, counted from the right."""
        axis = self.dim - len(shape) if self.dim >= 0 else self.dim
        if not -len(shape) <= axis < 0:
            raise self._bad_shape(shape, f"a value with an axis {self.dim}")
        return axis

    def _change_shape(self, shape: Shape, inverse: bool) -> Shape:
        """Return the shape of y from that of x, or of x from that of y if `inverse`."""
        raise must_define(self, "_change_shape")

    def _part_shapes(self, shapes: list[Shape], inverse: bool) -> list[Shape]:
        """Return the shape that each transform, or its inverse, maps a shape to."""
        methods = [t._inverse_shape if inverse else t._forward_shape for t in self.tseq]
        return [method(shape) for method, shape in zip(methods, shapes, strict=True)]

    def _forward_shape(self, shape: Shape) -> Shape:
        return self._change_shape(shape, inverse=False)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._change_shape(shape, inverse=True)

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        if not -event_ndim <= self.dim < 0:
            raise ValueError(
                f"{type(self).__name__}: as part of a TransformedDistribution, dim must be an axis "
                f"of the event, counted from the right: at least {-event_ndim} and below 0; got "
                f"{self.dim}. Wrap the base distribution in Independent"
            )
        part_ndim = event_ndim - self._axes_removed
        return self._with(tseq=tuple(t._align(batch_shape, part_ndim) for t in self.tseq))

    def _split(self, x: Array, inverse: bool) -> list[Array]:
        """Return the parts of x, or those of y if `inverse`."""
        raise must_define(self, "_split")

    def _join(self, arrays: list[Array], axis: int) -> Array:
        raise must_define(self, "_join")

    def _forward(self, x: Array) -> Array:
        pairs = zip(self.tseq, self._split(x, inverse=False), strict=True)
        return self._join([t._forward(part) for t, part in pairs], self._axis(x.shape))

    def _inverse(self, y: Array) -> Array:
        pairs = zip(self.tseq, self._split(y, inverse=True), strict=True)
        return self._join([t._inverse(part) for t, part in pairs], self._axis(y.shape))

    def _log_det(self, x: Array, y: Array) -> Array:
        xs, ys = self._split(x, inverse=False), self._split(y, inverse=True)
        log_dets = [
            sum_rightmost(t._log_det(a, b), self._event_dim - t.domain.event_dim)
            for t, a, b in zip(self.tseq, xs, ys, strict=True)
        ]
        axis = self._axis(x.shape) + self._event_dim
        return self._join(log_dets, axis) if axis < 0 else functools.reduce(jnp.add, log_dets)


def _replace_axis(shape: Shape, axis: int, *lengths: int) -> Shape:
    """Replace an axis, counted from the right, by axes of other lengths."""
    cut = len(shape) + axis
    return (*shape[:cut], *lengths, *shape[cut + 1 :])


class CatTransform(_SequenceTransform):
    """Transforms of consecutive slices of an array.

    Args:
      tseq: one transform for each slice.
      dim: the axis along which the array is split.
      lengths: the length along `dim` of each slice of x; 1 by default.
    """

    lengths: tuple[int, ...] | None = static(default=None)

    _axes_removed = 0

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that there are as many lengths as transforms."""
        super().__post_init__(validate_args)
        lengths = (
            (1,) * len(self.tseq)
            if self.lengths is None
            else as_integers("CatTransform", "lengths", self.lengths)
        )
        if len(lengths) != len(self.tseq):
            raise ValueError(
                f"CatTransform: {len(lengths)} lengths for {len(self.tseq)} transforms"
            )
        vars(self)["lengths"] = lengths

    def _part_lengths(self, shape: Shape, inverse: bool) -> tuple[int, ...]:
        """The lengths along `dim` of the slices of x, or of those of y if `inverse`.

        Args:
          shape: shape of the array, of which the length along `dim` is ignored.
          inverse: which of the two.
        """
        lengths, axis = self.lengths or (), self._axis(shape)
        if not inverse:
            return lengths
        pairs = zip(self.tseq, lengths, strict=True)
        return tuple(
            t.forward_shape(_replace_axis(shape, axis, length))[axis] for t, length in pairs
        )

    def _change_shape(self, shape: Shape, inverse: bool) -> Shape:
        axis, lengths = self._axis(shape), self._part_lengths(shape, inverse)
        if shape[axis] != sum(lengths):
            raise self._bad_shape(shape, f"a length of {sum(lengths)} along the axis {self.dim}")
        shapes = self._part_shapes([_replace_axis(shape, axis, n) for n in lengths], inverse)
        whole = jnp.broadcast_shapes(*(_replace_axis(s, axis, 1) for s in shapes))
        return _replace_axis(whole, axis, sum(s[axis] for s in shapes))

    @property
    def domain(self) -> Constraint:
        """The domains of the transforms, concatenated."""
        return constraints.cat(tuple(t.domain for t in self.tseq), self.dim, self.lengths)

    @property
    def codomain(self) -> Constraint:
        """The codomains of the transforms, concatenated."""
        lengths = self.lengths or ()
        if self.dim < 0:  # only the length of an event axis can change
            ndim = max(self._event_dim, -self.dim)
            pairs = zip(self.tseq, lengths, strict=True)
            lengths = tuple(t.forward_shape((length,) * ndim)[self.dim] for t, length in pairs)
        return constraints.cat(tuple(t.codomain for t in self.tseq), self.dim, lengths)

    def _split(self, x: Array, inverse: bool) -> list[Array]:
        ends = np.cumsum(self._part_lengths(x.shape, inverse))[:-1]
        return jnp.split(x, ends, self._axis(x.shape))

    def _join(self, arrays: list[Array], axis: int) -> Array:
        return jnp.concatenate(arrays, axis)


class StackTransform(_SequenceTransform):
    """Transforms of the entries of an array along an axis left of their event axes.

    Args:
      tseq: one transform for each entry.
      dim: the axis along which the entries are stacked.
    """

    _axes_removed = 1

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the axis is left of the transforms' event axes."""
        super().__post_init__(validate_args)
        if self.dim < 0 <= self.dim + self._event_dim:
            raise ValueError(
                f"StackTransform: dim must be left of the {self._event_dim} event axes of its "
                f"transforms; got {self.dim}"
            )

    @property
    def domain(self) -> Constraint:
        """The domains of the transforms, stacked."""
        return constraints.stack(tuple(t.domain for t in self.tseq), self.dim)

    @property
    def codomain(self) -> Constraint:
        """The codomains of the transforms, stacked."""
        return constraints.stack(tuple(t.codomain for t in self.tseq), self.dim)

    def _change_shape(self, shape: Shape, inverse: bool) -> Shape:
        axis, size = self._axis(shape), len(self.tseq)
        if axis + self._event_dim >= 0 or shape[axis] != size:
            raise self._bad_shape(shape, f"a length of {size} along the axis {self.dim}")
        shapes = self._part_shapes([_replace_axis(shape, axis)] * size, inverse)
        whole = jnp.broadcast_shapes(*shapes)
        cut = len(whole) + axis + 1
        return (*whole[:cut], size, *whole[cut:])

    def _split(self, x: Array, inverse: bool) -> list[Array]:
        return list(jnp.moveaxis(x, self._axis(x.shape), 0))

    def _join(self, arrays: list[Array], axis: int) -> Array:
        return jnp.stack(arrays, axis)
