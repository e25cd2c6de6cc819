"""What flows are made of: base distribution, elementwise transforms, the order of layers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.distribution import Distribution, require_distribution
from jaxdist.families.real.normal import Normal
from jaxdist.special import log_expm1, softplus
from jaxdist.transforms import (
    AffineTransform,
    PermuteTransform,
    RationalQuadraticSpline,
    Transform,
)
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.transformed import TransformedDistribution


class Elementwise(Protocol):
    """A function of parameters that returns a transform of as many numbers.

    Attributes:
      size: parameters for each number.
    """

    @property
    def size(self) -> int:
        """Parameters for each number."""
        ...

    def __call__(self, parameters: Array) -> Transform:
        """Return the transform; `parameters` has shape `(..., n size)`, grouped by number."""
        ...


def _grouped(parameters: Array, size: int) -> Array:
    return jnp.reshape(parameters, (*parameters.shape[:-1], -1, size))


class Affine(NamedTuple):
    """Affine maps: a shift, and a scale before a softplus; the identity if both are 0."""

    size: int = 2

    def __call__(self, parameters: Array) -> Transform:
        """Return the transform."""
        shift, raw = jnp.moveaxis(_grouped(parameters, self.size), -1, 0)
        scale = softplus(raw + log_expm1(jnp.ones((), raw.dtype)))
        return AffineTransform(shift, scale, validate_args=False)


class Spline(NamedTuple):
    """Splines of a number of bins on `[-bound, bound]`; the identity if all parameters are 0."""

    bins: int
    bound: float

    @property
    def size(self) -> int:
        """Widths, heights and inner slopes."""
        return 3 * self.bins - 1

    def __call__(self, parameters: Array) -> Transform:
        """Return the transform."""
        ends = [self.bins, 2 * self.bins]
        groups = jnp.split(_grouped(parameters, self.size), ends, -1)
        widths, heights, slopes = groups
        return RationalQuadraticSpline(widths, heights, slopes, self.bound, validate_args=False)


def permutation(dim: int, layer: int) -> PermuteTransform:
    """Return the permutation after a layer: reversed for two numbers, otherwise a fixed random one.

    It does not depend on a PRNG key, so that flows can be made inside `jax.jit` and `jax.vmap`.
    """
    if dim == 2:
        return PermuteTransform((1, 0))
    return PermuteTransform(tuple(np.random.default_rng(layer).permutation(dim).tolist()))


def compose_flow(
    base: Distribution | None, dim: int, layers: Sequence[Transform], permute: bool = True
) -> TransformedDistribution:
    """Return the flow of layers.

    Args:
      base: distribution of vectors of `dim` numbers; None for independent normal ones, whose means
        and logarithms of scales are leaves.
      dim: length of the vectors.
      layers: the transforms, the first of which is applied to draws from the base.
      permute: whether to permute the entries of the vectors between layers.
    """
    if base is None:
        zeros = jnp.zeros(dim)
        base = Independent(Normal(zeros, log_scale=zeros), 1)
    if require_distribution(base, "base").event_shape != (dim,):
        raise ValueError(
            f"flows: base must be a distribution of vectors of {dim} numbers; got event_shape "
            f"{base.event_shape}"
        )
    transforms: list[Transform] = []
    for i, layer in enumerate(layers):
        if permute and i and dim > 1:
            transforms.append(permutation(dim, i))
        transforms.append(layer)
    return TransformedDistribution(base, transforms)
