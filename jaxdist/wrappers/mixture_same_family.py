"""MixtureSameFamily distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.linalg.triangular import solve_lower
from jaxdist.numerics.atoms import nearest_point
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.mixture_base import BaseMixture, by_smaller_tail
from jaxdist.wrappers.wrapper import require_base


class MixtureSameFamily(BaseMixture):
    r"""A mixture of distributions of one family, along its last batch axis.

    .. math:: p(x) = \sum_k \pi_k p_k(x)

    Draws have a pathwise derivative, by implicit differentiation of the cdf, if the components are
    continuous distributions of numbers, or `Independent` ones of vectors. Entropy and mode have no
    closed form.

    Args:
      mixture_distribution: a Categorical over the components, batch shape `batch`.
      component_distribution: the components, batch shape `batch + (components,)`.

    Raises:
      TypeError: if the weights are not a Categorical, or the components are not a distribution.
      ValueError: if the batch shapes do not agree.

    Example:
      >>> import jaxdist as jd
      >>> components = jd.Normal([-1.0, 1.0], [0.5, 0.5])
      >>> jd.MixtureSameFamily(jd.Categorical([0.25, 0.75]), components).mean
      Array(0.5, dtype=float32)
    """

    component_distribution: Distribution

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the shapes, and broadcast weights and components against each other."""
        self._check_weights()
        components = self.component_distribution
        require_base("MixtureSameFamily", "component_distribution", components)
        count = self.mixture_distribution.num_categories
        if components.batch_shape[-1:] != (count,):
            raise ValueError(
                f"MixtureSameFamily: the last batch axis of the components must be as long as "
                f"there are weights, {count}; got batch shape {components.batch_shape}"
            )
        batch_shape = jnp.broadcast_shapes(
            self.mixture_distribution.batch_shape, components.batch_shape[:-1]
        )
        vars(self).update(
            mixture_distribution=self.mixture_distribution.expand(batch_shape),
            component_distribution=components.expand((*batch_shape, count)),
        )

    @property
    def event_shape(self) -> Shape:
        """Event shape of the components."""
        return self.component_distribution.event_shape

    @property
    def dtype(self) -> np.dtype:
        """Dtype of the components."""
        return self.component_distribution.dtype

    @property
    def support(self) -> constraints.Constraint:
        """The union of the components' supports."""
        support = self.component_distribution.support
        if jax.tree.leaves(support) and not _is_constant(support):
            return constraints.mixture_same_family(support)
        return support

    @property
    def _has_atoms(self) -> bool:  # type: ignore[override]
        return self.component_distribution._has_atoms

    def _nearest_atom(self, x: Array) -> Array:
        atoms = self._evaluate_components("_nearest_atom", x)
        return nearest_point(x, jnp.moveaxis(atoms, -1 - len(self.event_shape), 0))

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        return self._with(
            mixture_distribution=self.mixture_distribution._map_batch(function),
            component_distribution=self.component_distribution._map_batch(
                lambda leaf, dim: function(leaf, dim + 1)
            ),
        )

    def _evaluate_components(self, method: str, x: Array) -> Array:
        axis = -1 - len(self.event_shape)
        count = self.mixture_distribution.num_categories
        repeated = jnp.repeat(jnp.expand_dims(x, axis), count, axis)
        return getattr(self.component_distribution, method)(repeated)

    def _are_masked_out(self) -> Array:
        components = self.component_distribution
        return jnp.broadcast_to(components._is_masked_out(), components.batch_shape)

    def _draw_components(self, key: Array, shape: Shape) -> Array:
        count = self.mixture_distribution.num_categories
        axis = len(shape) - len(self.event_shape)
        return self.component_distribution._sample(key, (*shape[:axis], count, *shape[axis:]))

    def _component_moments(self, name: str) -> Array:
        return getattr(self.component_distribution, name)

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the support of the components can be listed."""
        return self.component_distribution.has_enumerate_support

    def _enumerate_support(self) -> Array:
        return self.component_distribution._enumerate_support()

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws have a pathwise derivative."""
        return super().has_rsample or self._is_factorized()

    def _is_factorized(self) -> bool:
        components = self.component_distribution
        return (
            isinstance(components, Independent)
            and len(components.event_shape) == 1
            and not (components.support.is_discrete or components._has_atoms)
        )

    def _rsample(self, key: Array, shape: Shape) -> Array:
        if not self._is_factorized():
            return super()._rsample(key, shape)
        x = lax.stop_gradient(self._sample(key, shape))
        uniform = self._conditional_cdfs(x)
        cdf_change = uniform - lax.stop_gradient(uniform)
        jacobian = lax.stop_gradient(_jacobian(self._conditional_cdfs, x))
        return x - solve_lower(jacobian, cdf_change)

    def _conditional_cdfs(self, x: Array) -> Array:
        """Return the cdf of every entry given those before it: independent uniform variables."""
        assert isinstance(self.component_distribution, Independent)
        entries = self.component_distribution.base_dist
        repeated = jnp.repeat(x[..., None, :], self.mixture_distribution.num_categories, -2)
        log_probs = entries.log_prob(repeated)
        log_likelihood = jnp.cumsum(log_probs, -1) - log_probs
        posterior = jax.nn.softmax(self._log_weights()[..., None] + log_likelihood, -2)
        below, above = entries.cdf(repeated), entries.survival_function(repeated)
        return by_smaller_tail(jnp.sum(posterior * below, -2), jnp.sum(posterior * above, -2))


def _is_constant(support: constraints.Constraint) -> bool:
    """Return whether a support does not depend on the parameters."""
    return all(isinstance(bound, int | float) for bound in jax.tree.leaves(support))


def _jacobian(function: Callable[[Array], Array], x: Array) -> Array:
    """Differentiate the last axis of `function(x)` (rows) by the last axis of x (columns)."""

    def column(direction: Array) -> Array:
        return jax.jvp(function, (x,), (jnp.broadcast_to(direction, x.shape),))[1]

    return jax.vmap(column, out_axes=-1)(jnp.eye(x.shape[-1], dtype=x.dtype))
