"""ConditionedTransform: base of flows whose parameters are computed from other entries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import jax
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.callable_trees import as_callable_tree
from jaxdist.pytree import static
from jaxdist.transforms.transform import Transform


class NetworkTransform(Transform):
    """A bijection of vectors whose leaves are the weights of a network, without batch axes."""

    domain = constraints.real_vector
    codomain = constraints.real_vector
    bijective = True

    @property
    def batch_shape(self) -> Shape:
        """(): the weights have no batch axes."""
        return ()

    def _align(self, batch_shape: Shape, event_ndim: int) -> Self:
        """Check that the leaves have the batch axes already: they cannot be broadcast."""
        for leaf in jax.tree.leaves(self):
            if leaf.shape[: len(batch_shape)] != batch_shape:
                raise ValueError(
                    f"{type(self).__name__}: the parameters of a conditioner have no axes for the "
                    f"batch shape {batch_shape} of a base distribution. Build the "
                    "TransformedDistribution without batch axes, then `expand` it or use jax.vmap"
                )
        return self


class ConditionedTransform(NetworkTransform):
    """A transform of vectors by an elementwise transform with computed parameters.

    Args:
      conditioner: a function of vectors that returns parameters.
      transform: a function of these parameters that returns an elementwise transform.
    """

    conditioner: Callable[[Array], Any]
    transform: Callable[[Any], Transform] = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Convert the conditioner to a tree of arrays."""
        name = type(self).__name__
        vars(self)["conditioner"] = as_callable_tree(name, "conditioner", self.conditioner)
        if not callable(self.transform):
            raise TypeError(f"{name}: transform must be callable; got {self.transform!r}")

    def _conditioned_on(self, x: Array) -> Transform:
        """Return the elementwise transform with the parameters that the conditioner computes."""
        t = self.transform(self.conditioner(x))
        if isinstance(t, Transform) and t.domain.event_dim == t.codomain.event_dim == 0:
            return t
        raise TypeError(
            f"{type(self).__name__}: transform must return a transform of single numbers; got {t!r}"
        )
