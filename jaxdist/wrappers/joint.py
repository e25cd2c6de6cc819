"""Joint distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import Shape, check_key, describe
from jaxdist.distribution import Distribution
from jaxdist.promotion import result_type


def _is_distribution(node: object) -> bool:
    return isinstance(node, Distribution)


class Joint(Distribution):
    r"""The joint distribution of the independent distributions in a tree.

    .. math:: \log p(x) = \sum_i \log p_i(x_i)

    A value is a tree of the same structure: for example the action of a policy with several heads.

    Args:
      tree: a dict, list, tuple or other pytree whose leaves are distributions of one batch shape.

    Raises:
      TypeError: if a leaf is not a distribution.
      ValueError: if the batch shapes differ, or the tree is empty.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.Joint({"move": jd.Categorical([0.5, 0.5]), "force": jd.Normal(0.0, 1.0)})
      >>> sorted(d.sample(jax.random.key(0)))
      ['force', 'move']
    """

    tree: Any

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the leaves are distributions of one batch shape."""
        leaves = self._leaves()
        for leaf in leaves:
            if not _is_distribution(leaf):
                raise TypeError(f"Joint: every leaf must be a Distribution; got {leaf!r}")
        shapes = {leaf.batch_shape for leaf in leaves}
        if len(shapes) != 1:
            raise ValueError(f"Joint: its distributions must have one batch shape; got {shapes}")

    def _leaves(self) -> list[Distribution]:
        return jax.tree.leaves(self.tree, is_leaf=_is_distribution)

    def _map(self, function: Callable[..., Any], *trees: Any) -> Any:
        return jax.tree.map(function, self.tree, *trees, is_leaf=_is_distribution)

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        return self._with(tree=self._map(lambda d: d._map_batch(function)))

    def _draw_leaves(self, draw: Callable[[Distribution, Array], Any], key: Array) -> list[Any]:
        """Call `draw` for each distribution with a key of its own."""
        leaves = self._leaves()
        keys = jax.random.split(check_key(key), len(leaves))
        return [draw(leaf, leaf_key) for leaf, leaf_key in zip(leaves, keys, strict=True)]

    def unflatten(self, leaves: Sequence[Any]) -> Any:
        """Return a tree of values, of which there is one per distribution, in the tree's order."""
        return jax.tree.unflatten(jax.tree.structure(self.tree, is_leaf=_is_distribution), leaves)

    @property
    def batch_shape(self) -> Shape:
        """The batch shape of the distributions."""
        return self._leaves()[0].batch_shape

    @property
    def event_shape(self) -> Any:
        """A tree of event shapes."""
        return self._map(lambda d: d.event_shape)

    @property
    def support(self) -> Any:
        """A tree of supports."""
        return self._map(lambda d: d.support)

    @property
    def _has_atoms(self) -> bool:  # type: ignore[override]
        return any(leaf._has_atoms for leaf in self._leaves())

    def _atom_count(self, x: Any) -> Array:
        return jax.tree.reduce(jnp.add, self._map(lambda d, x: d._atom_count(x), x))

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the joint log-probability."""
        return result_type(*(leaf.dtype for leaf in self._leaves()))

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws of all distributions have a pathwise derivative."""
        return all(leaf.has_rsample for leaf in self._leaves())

    def sample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Any:
        return self.unflatten(self._draw_leaves(lambda d, k: d.sample(k, sample_shape), key))

    def rsample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Any:
        self._require_rsample()
        return self.unflatten(self._draw_leaves(lambda d, k: d.rsample(k, sample_shape), key))

    def sample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Any, Array]:
        return self._draw_jointly(lambda d, k: d.sample_and_log_prob(k, sample_shape), key)

    def rsample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Any, Array]:
        self._require_rsample()
        return self._draw_jointly(lambda d, k: d.rsample_and_log_prob(k, sample_shape), key)

    def _draw_jointly(
        self, draw: Callable[[Distribution, Array], tuple[Array, Array]], key: Array
    ) -> tuple[Any, Array]:
        draws, log_probs = zip(*self._draw_leaves(draw, key), strict=True)
        return self.unflatten(draws), sum(log_probs[1:], log_probs[0])

    def log_prob(self, value: Any) -> Array:
        structure: Any = jax.tree.structure(self.tree, is_leaf=_is_distribution)
        try:
            structure.flatten_up_to(value)
        except (ValueError, TypeError) as error:
            raise ValueError(
                f"Joint: the value must be a tree like {structure}; got {describe(value)}"
            ) from error
        terms = self._map(lambda d, x: d.log_prob(x), value)
        return jax.tree.reduce(jnp.add, terms)

    def entropy(self) -> Array:
        return jax.tree.reduce(jnp.add, self._map(lambda d: d.entropy()))

    def perplexity(self) -> Array:
        return jnp.exp(self.entropy())

    @property
    def mean(self) -> Any:
        """A tree of means."""
        return self._map(lambda d: d.mean)

    @property
    def mode(self) -> Any:
        """A tree of modes: the mode of the joint distribution."""
        return self._map(lambda d: d.mode)

    @property
    def variance(self) -> Any:
        """A tree of variances."""
        return self._map(lambda d: d.variance)

    @property
    def stddev(self) -> Any:
        """A tree of standard deviations."""
        return self._map(lambda d: d.stddev)
