"""Sample distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_shape
from jaxdist.pytree import static
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.wrapper import Wrapper, require_base


class Sample(Wrapper):
    r"""Independent draws from one distribution, as a single event.

    .. math:: \log p(x) = \sum_i \log p_\mathrm{base}(x_i)

    The name and the parameters are TFP's.

    Args:
      base_dist: the distribution of each draw.
      sample_shape: shape of the draws in an event, which precedes the axes of each draw.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Sample(jd.Normal(jnp.zeros(2), 1.0), (3, 4))
      >>> d.batch_shape, d.event_shape
      ((2,), (3, 4))
    """

    sample_shape: Shape = static(default=())

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the base distribution and the shape."""
        require_base("Sample", "base_dist", self.base_dist)
        vars(self)["sample_shape"] = as_shape(self.sample_shape, "sample_shape")
        super().__post_init__(validate_args)

    @property
    def independent(self) -> Independent:
        """The same distribution, with a copy of the base distribution for each draw."""
        batch_shape, ndims = self.base_dist.batch_shape, len(self.sample_shape)

        def repeat(leaf: Array, event_ndim: int) -> Array:
            event = leaf.shape[leaf.ndim - event_ndim :]
            leaf = leaf.reshape(batch_shape + (1,) * ndims + event)
            return jnp.broadcast_to(leaf, batch_shape + self.sample_shape + event)

        return Independent(self.base_dist._map_batch(repeat), ndims)

    @property
    def event_shape(self) -> Shape:
        """The shape of the draws, then that of each draw."""
        return self.sample_shape + self.base_dist.event_shape

    @property
    def support(self) -> constraints.Constraint:
        """The product of the supports of the draws."""
        return self.independent.support

    @property
    def _has_atoms(self) -> bool:  # type: ignore[override]
        return self.base_dist._has_atoms

    def _nearest_atom(self, x: Array) -> Array:
        return self.independent._nearest_atom(x)

    def _is_masked_out(self) -> Array:
        return self.base_dist._is_masked_out()

    def _atom_count(self, x: Array) -> Array:
        return self.independent._atom_count(x)

    def _atom_prob(self) -> Array:
        return self._repeat(self.base_dist._atom_prob())

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws of the base distribution have a pathwise derivative."""
        return self.base_dist.has_rsample

    def _inside(self, value: Array) -> Array:
        return self.independent._inside(value)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self.independent._sample(key, shape)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.independent._rsample(key, shape)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        return self.independent._joint(key, shape, pathwise)

    def _log_prob(self, x: Array) -> Array:
        return self.independent._log_prob(x)

    def _mean(self) -> Array:
        return self._repeat(self.base_dist._mean())

    def _mode(self) -> Array:
        return self._repeat(self.base_dist._mode())

    def _variance(self) -> Array:
        return self._repeat(self.base_dist._variance())

    def _skewness(self) -> Array:
        return self._repeat(self.base_dist._skewness())

    def _kurtosis(self) -> Array:
        return self._repeat(self.base_dist._kurtosis())

    def _covariance(self) -> Array:
        return self.independent._covariance()

    def _entropy(self) -> Array:
        return math.prod(self.sample_shape) * self.base_dist._entropy()

    def _repeat(self, of_base: Array) -> Array:
        """Give a moment of the base distribution the axes of the draws."""
        batch_shape, event_shape = self.base_dist.batch_shape, self.base_dist.event_shape
        of_base = jnp.broadcast_to(of_base, batch_shape + event_shape)
        return jnp.expand_dims(
            of_base, [len(batch_shape) + i for i in range(len(self.sample_shape))]
        )
