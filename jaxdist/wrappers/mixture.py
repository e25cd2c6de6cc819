"""Mixture distribution."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import Shape, as_tuple
from jaxdist.constraints.intervals import is_constant
from jaxdist.distribution import Distribution
from jaxdist.numerics.atoms import nearest_point
from jaxdist.promotion import result_type
from jaxdist.wrappers.mixture_base import BaseMixture
from jaxdist.wrappers.wrapper import require_base


class Mixture(BaseMixture):
    r"""A mixture of distributions of different families.

    .. math:: p(x) = \sum_k \pi_k p_k(x)

    A single point to which a component gives a probability has that of all such components, beside
    which densities are nothing: with a `Delta` and a `Normal` it is a spike and a slab.

    Args:
      mixture_distribution: a Categorical over the components.
      component_distributions: one distribution per weight, all of one event shape, all continuous
        or all discrete, and of batch shapes that broadcast with that of the weights.

    Raises:
      TypeError: if the weights are not a Categorical, or a component is not a distribution.
      ValueError: if the number, the event shapes or the supports of the components do not agree.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Mixture(jd.Categorical([0.5, 0.5]), [jd.Normal(0.0, 1.0), jd.Uniform(0.0, 1.0)])
      >>> d.mean
      Array(0.25, dtype=float32)
    """

    component_distributions: tuple[Distribution, ...]

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the components agree with each other, and broadcast them."""
        self._check_weights()
        components = as_tuple("Mixture", "component_distributions", self.component_distributions)
        for d in components:
            require_base("Mixture", "every component", d)
        count = self.mixture_distribution.num_categories
        if len(components) != count:
            raise ValueError(f"Mixture: {count} weights for {len(components)} components")
        if len({(d.event_shape, d.support.is_discrete) for d in components}) != 1:
            raise ValueError(
                "Mixture: components must have one event shape and be all continuous or all "
                f"discrete; got {components!r}"
            )
        batch_shape = jnp.broadcast_shapes(
            self.mixture_distribution.batch_shape, *(d.batch_shape for d in components)
        )
        vars(self).update(
            mixture_distribution=self.mixture_distribution.expand(batch_shape),
            component_distributions=tuple(d.expand(batch_shape) for d in components),
        )

    @property
    def event_shape(self) -> Shape:
        """Event shape of the components."""
        return self.component_distributions[0].event_shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype to which those of the components promote."""
        return result_type(*(d.dtype for d in self.component_distributions))

    @property
    def support(self) -> constraints.Constraint:
        """The union of the components' supports; one of them where it contains the others."""
        supports = tuple(d.support for d in self.component_distributions)
        for support in supports:
            if all(_contains(support, other) for other in supports):
                return support
        return constraints.union(supports)

    @property
    def _has_atoms(self) -> bool:  # type: ignore[override]
        return any(d._has_atoms for d in self.component_distributions)

    def _nearest_atom(self, x: Array) -> Array:
        atoms = [d._nearest_atom(x) for d in self.component_distributions]
        return nearest_point(x, jnp.stack(atoms))

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        return self._with(
            mixture_distribution=self.mixture_distribution._map_batch(function),
            component_distributions=tuple(
                d._map_batch(function) for d in self.component_distributions
            ),
        )

    def _evaluate_components(self, method: str, x: Array) -> Array:
        return jnp.stack([getattr(d, method)(x) for d in self.component_distributions], -1)

    def _are_masked_out(self) -> Array:
        masked = [d._is_masked_out() for d in self.component_distributions]
        return jnp.stack(jnp.broadcast_arrays(*masked), -1)

    def _draw_components(self, key: Array, shape: Shape) -> Array:
        components = self.component_distributions
        keys = jax.random.split(key, len(components))
        draws = [d._sample(k, shape) for d, k in zip(components, keys, strict=True)]
        return jnp.stack(draws, -1 - len(self.event_shape))

    def _component_moments(self, name: str) -> Array:
        moments = [getattr(d, name) for d in self.component_distributions]
        return jnp.stack(moments, -1 - len(self.event_shape))


def _contains(outer: constraints.Constraint, inner: constraints.Constraint) -> bool:
    """Return whether an interval is known to contain another one."""
    if not (isinstance(outer, constraints.Range) and isinstance(inner, constraints.Range)):
        return False
    (low, high), (inner_low, inner_high) = outer.bounds, inner.bounds
    ends = (
        (low, inner_low, 1, outer.open_below and not inner.open_below),
        (high, inner_high, -1, outer.open_above and not inner.open_above),
    )
    return all(_reaches(*end) for end in ends)


def _reaches(bound: ArrayLike, inner: ArrayLike, sign: int, excludes: bool) -> bool:
    """Return whether a bound is known to be at least as far out as another one."""
    if is_constant(bound, -sign * math.inf):
        return True
    if not (isinstance(bound, int | float) and isinstance(inner, int | float)):
        return False
    return sign * bound < sign * inner or (bound == inner and not excludes)
