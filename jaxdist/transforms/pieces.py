"""Transforms of the pieces of one array."""

from __future__ import annotations

import functools
from typing import Self

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.constraints import Constraint
from jaxdist.pytree import static
from jaxdist.transforms.combined import (
    Transforms,
    change_of_event_dim,
    require_transforms,
    sum_event,
)
from jaxdist.transforms.transform import Transform
from jaxdist.validation import Shape


class _Pieces(Transform):
    """Transforms of pieces of one array, which lie along the axis `dim`.

    Where `dim` is an axis of the event, the log-determinant is the sum of the pieces'; elsewhere
    the pieces' log-determinants are put together as the pieces are.
    """

    tseq: Transforms
    dim: int = static(default=0)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the parts are transforms."""
        name = type(self).__name__
        vars(self)["tseq"] = require_transforms(name, "tseq", self.tseq)
        if not self.tseq:
            raise ValueError(f"{name}: tseq must hold at least one transform")
        if any(map(change_of_event_dim, self.tseq)):
            raise ValueError(f"{name}: transforms in tseq must keep the number of event axes")

    @property
    def _event_dim(self) -> int:
        return max(part.domain.event_dim for part in self.tseq)

    @property
    def bijective(self) -> bool:  # type: ignore[override]
        """Whether all parts are."""
        return all(part.bijective for part in self.tseq)

    @property
    def _affine(self) -> bool:  # type: ignore[override]
        return all(part._affine for part in self.tseq)

    @property
    def _coordinatewise(self) -> bool:  # type: ignore[override]
        return all(part._coordinatewise for part in self.tseq)

    @property
    def _log_det_is_affine(self) -> bool:  # type: ignore[override]
        return all(part._log_det_is_affine for part in self.tseq)

    def _axis(self, shape: Shape) -> int:
        """The axis of the pieces, counted from the right."""
        axis = self.dim - len(shape) if self.dim >= 0 else self.dim
        if not -len(shape) <= axis < 0:
            raise self._bad_shape(shape, f"a value with an axis {self.dim}")
        return axis

    def _require_event_axis(self, event_ndim: int) -> None:
        if not -event_ndim <= self.dim < 0:
            raise ValueError(
                f"{type(self).__name__}: as part of a TransformedDistribution, dim must be an axis "
                f"of the event, counted from the right: at least {-event_ndim} and below 0; got "
                f"{self.dim}. Wrap the base distribution in Independent"
            )

    def _split(self, x: Array, inverse: bool) -> list[Array]:
        raise NotImplementedError

    def _join(self, pieces: list[Array], axis: int) -> Array:
        raise NotImplementedError

    def _forward(self, x: Array) -> Array:
        pieces = zip(self.tseq, self._split(x, False), strict=True)
        return self._join([part._forward(piece) for part, piece in pieces], self._axis(x.shape))

    def _inverse(self, y: Array) -> Array:
        pieces = zip(self.tseq, self._split(y, True), strict=True)
        return self._join([part._inverse(piece) for part, piece in pieces], self._axis(y.shape))

    def _log_det(self, x: Array, y: Array) -> Array:
        pairs = zip(self.tseq, self._split(x, False), self._split(y, True), strict=True)
        terms = [
            sum_event(part._log_det(a, b), self._event_dim - part.domain.event_dim)
            for part, a, b in pairs
        ]
        axis = self._axis(x.shape) + self._event_dim
        return self._join(terms, axis) if axis < 0 else functools.reduce(jnp.add, terms)


class CatTransform(_Pieces):
    """Transforms of consecutive pieces of an array.

    Args:
      tseq: the transforms, one for each piece.
      dim: the axis along which the pieces lie.
      lengths: the length along `dim` of each piece of x; all one by default.
    """

    lengths: tuple[int, ...] | None = static(default=None)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that there are as many lengths as transforms."""
        super().__post_init__(validate_args)
        lengths = (1,) * len(self.tseq) if self.lengths is None else tuple(self.lengths)
        if len(lengths) != len(self.tseq):
            raise ValueError(
                f"CatTransform: {len(lengths)} lengths for {len(self.tseq)} transforms"
            )
        vars(self)["lengths"] = lengths

    def _sizes(self, shape: Shape, inverse: bool) -> tuple[int, ...]:
        """The lengths of the pieces of x, or of y."""
        lengths, axis = self.lengths or (), self._axis(shape)
        if not inverse:
            return lengths
        cut = len(shape) + axis
        shapes = [(*shape[:cut], length, *shape[cut + 1 :]) for length in lengths]
        return tuple(
            part.forward_shape(piece)[axis] for part, piece in zip(self.tseq, shapes, strict=True)
        )

    def _changed(self, shape: Shape, inverse: bool) -> Shape:
        axis = self._axis(shape)
        sizes, others = (self._sizes(shape, flag) for flag in (inverse, not inverse))
        if shape[axis] != sum(sizes):
            raise self._bad_shape(shape, f"a length of {sum(sizes)} along the axis {self.dim}")
        cut = len(shape) + axis
        methods = [t._inverse_shape if inverse else t._forward_shape for t in self.tseq]
        rest = [
            method((*shape[:cut], size, *shape[cut + 1 :]))
            for method, size in zip(methods, sizes, strict=True)
        ]
        whole = jnp.broadcast_shapes(*((*s[:axis], 1, *s[len(s) + axis + 1 :]) for s in rest))
        return (*whole[:axis], sum(others), *whole[len(whole) + axis + 1 :])

    def _forward_shape(self, shape: Shape) -> Shape:
        return self._changed(shape, False)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._changed(shape, True)

    @property
    def domain(self) -> Constraint:
        """The domains of the parts, side by side."""
        return constraints.cat(tuple(t.domain for t in self.tseq), self.dim, self.lengths)

    @property
    def codomain(self) -> Constraint:
        """The codomains of the parts, side by side."""
        lengths = self.lengths or ()
        if self.dim < 0:  # else the axis is none of the event's, and keeps its length
            ndim = max(self._event_dim, -self.dim)
            pairs = zip(self.tseq, lengths, strict=True)
            lengths = tuple(t.forward_shape((size,) * ndim)[self.dim] for t, size in pairs)
        return constraints.cat(tuple(t.codomain for t in self.tseq), self.dim, lengths)

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        self._require_event_axis(event_ndim)
        return self._with(tseq=tuple(part._align(batch_shape, event_ndim) for part in self.tseq))

    def _split(self, x: Array, inverse: bool) -> list[Array]:
        ends = np.cumsum(self._sizes(x.shape, inverse))[:-1]
        return jnp.split(x, ends, self._axis(x.shape))

    def _join(self, pieces: list[Array], axis: int) -> Array:
        return jnp.concatenate(pieces, axis)


class StackTransform(_Pieces):
    """Transforms of the slices of an array along an axis left of their event axes.

    Args:
      tseq: the transforms, one for each slice.
      dim: the axis along which the slices lie.
    """

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the axis is left of the parts' event axes."""
        super().__post_init__(validate_args)
        if self.dim < 0 <= self.dim + self._event_dim:
            raise ValueError(
                f"StackTransform: dim must be left of the {self._event_dim} event axes of its "
                f"transforms; got {self.dim}"
            )

    @property
    def domain(self) -> Constraint:
        """The domains of the parts, stacked."""
        return constraints.stack(tuple(t.domain for t in self.tseq), self.dim)

    @property
    def codomain(self) -> Constraint:
        """The codomains of the parts, stacked."""
        return constraints.stack(tuple(t.codomain for t in self.tseq), self.dim)

    def _changed(self, shape: Shape, inverse: bool) -> Shape:
        axis = self._axis(shape)
        if axis + self._event_dim >= 0 or shape[axis] != len(self.tseq):
            raise self._bad_shape(shape, f"a length of {len(self.tseq)} along the axis {self.dim}")
        cut = len(shape) + axis
        piece = shape[:cut] + shape[cut + 1 :]
        methods = [t._inverse_shape if inverse else t._forward_shape for t in self.tseq]
        whole = jnp.broadcast_shapes(*(method(piece) for method in methods))
        cut = len(whole) + axis + 1
        return (*whole[:cut], len(self.tseq), *whole[cut:])

    def _forward_shape(self, shape: Shape) -> Shape:
        return self._changed(shape, False)

    def _inverse_shape(self, shape: Shape) -> Shape:
        return self._changed(shape, True)

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        self._require_event_axis(event_ndim)
        aligned = (part._align(batch_shape, event_ndim - 1) for part in self.tseq)
        return self._with(tseq=tuple(aligned))

    def _split(self, x: Array, inverse: bool) -> list[Array]:
        return list(jnp.moveaxis(x, self._axis(x.shape), 0))

    def _join(self, pieces: list[Array], axis: int) -> Array:
        return jnp.stack(pieces, axis)
