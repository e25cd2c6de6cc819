"""A tree of distributions as one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.validation import Shape, check_key


def _is_distribution(node: object) -> bool:
    return isinstance(node, Distribution)


class Joint(Distribution):
    r"""Independent distributions in a tree, drawn and evaluated together.

    .. math:: \log p(x) = \sum_i \log p_i(x_i)

    A value is a tree of the same shape: the action of a policy with several heads, or a move made
    of several discrete choices.

    Args:
      tree: a dict, list, tuple or other pytree whose leaves are distributions of one batch shape.

    Raises:
      TypeError: if a leaf is no distribution.
      ValueError: if the batch shapes differ, or there is no distribution.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.Joint({"move": jd.Categorical([0.5, 0.5]), "force": jd.Normal(0.0, 1.0)})
      >>> sorted(d.sample(jax.random.key(0)))
      ['force', 'move']
    """

    tree: Any

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the leaves are distributions of one batch shape."""
        parts = self._parts()
        strange = [part for part in parts if not _is_distribution(part)]
        if strange:
            raise TypeError(f"Joint: every leaf must be a Distribution; got {strange[0]!r}")
        shapes = {part.batch_shape for part in parts}
        if len(shapes) != 1:
            raise ValueError(f"Joint: its distributions must have one batch shape; got {shapes}")

    def _parts(self) -> list[Distribution]:
        return jax.tree.leaves(self.tree, is_leaf=_is_distribution)

    def _map(self, function: Callable[..., Any], *trees: Any) -> Any:
        return jax.tree.map(function, self.tree, *trees, is_leaf=_is_distribution)

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        return self._with(tree=self._map(lambda d: d._map_batch(function)))

    def _with_keys(self, function: Callable[[Distribution, Array], Any], key: Array) -> list[Any]:
        """Call `function` for each part with a key of its own."""
        parts = self._parts()
        keys = jax.random.split(check_key(key), len(parts))
        return [function(part, part_key) for part, part_key in zip(parts, keys, strict=True)]

    def _rebuild(self, leaves: Sequence[Any]) -> Any:
        return jax.tree.unflatten(jax.tree.structure(self.tree, is_leaf=_is_distribution), leaves)

    @property
    def batch_shape(self) -> Shape:
        """The batch shape that all share."""
        return self._parts()[0].batch_shape

    @property
    def event_shape(self) -> Any:
        """A tree of event shapes."""
        return self._map(lambda d: d.event_shape)

    @property
    def support(self) -> Any:
        """A tree of supports."""
        return self._map(lambda d: d.support)

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the joint log-probability."""
        return jnp.result_type(*(part.dtype for part in self._parts()))

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether every part has a pathwise derivative."""
        return all(part.has_rsample for part in self._parts())

    def sample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Any:
        return self._rebuild(self._with_keys(lambda d, k: d.sample(k, sample_shape), key))

    def rsample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Any:
        self._require_rsample()
        return self._rebuild(self._with_keys(lambda d, k: d.rsample(k, sample_shape), key))

    def sample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Any, Array]:
        return self._draw(lambda d, k: d.sample_and_log_prob(k, sample_shape), key)

    def rsample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Any, Array]:
        self._require_rsample()
        return self._draw(lambda d, k: d.rsample_and_log_prob(k, sample_shape), key)

    def _draw(
        self, function: Callable[[Distribution, Array], tuple[Array, Array]], key: Array
    ) -> tuple[Any, Array]:
        draws, log_probs = zip(*self._with_keys(function, key), strict=True)
        return self._rebuild(draws), sum(log_probs[1:], log_probs[0])

    def log_prob(self, value: Any) -> Array:
        terms = self._map(lambda d, x: d.log_prob(x), value)
        return jax.tree.reduce(jnp.add, terms)

    def entropy(self) -> Array:
        return jax.tree.reduce(jnp.add, self._map(lambda d: d.entropy()))

    @property
    def mean(self) -> Any:
        """A tree of means."""
        return self._map(lambda d: d.mean)

    @property
    def mode(self) -> Any:
        """A tree of modes, which is the mode of the joint distribution."""
        return self._map(lambda d: d.mode)

    @property
    def variance(self) -> Any:
        """A tree of variances."""
        return self._map(lambda d: d.variance)

    @property
    def stddev(self) -> Any:
        """A tree of standard deviations."""
        return self._map(lambda d: d.stddev)
