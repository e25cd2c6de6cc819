"""Reshaped distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_shape
from jaxdist.pytree import static
from jaxdist.wrappers.wrapper import Wrapper, require_base


class Reshaped(Wrapper):
    r"""A distribution whose events have another shape.

    .. math:: p(y) = p_\mathrm{base}(\operatorname{reshape}(y))

    The name is that of Distributions.jl's `reshape`. Unlike a `TransformedDistribution` by a
    `ReshapeTransform` it takes discrete distributions too. For another batch shape, index the
    distribution or apply `jnp.reshape` to its leaves.

    Args:
      base_dist: the distribution of vectors or arrays.
      shape: event shape of the new one, of the same number of entries.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Reshaped(jd.Multinomial(3, [0.1, 0.2, 0.3, 0.4]), (2, 2))
      >>> d.event_shape, d.mean.shape
      ((2, 2), (2, 2))
    """

    shape: Shape = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of entries."""
        require_base("Reshaped", "base_dist", self.base_dist)
        shape = as_shape(self.shape, "shape")
        if math.prod(shape) != math.prod(self.base_dist.event_shape):
            raise ValueError(
                f"Reshaped: shape must have as many entries as {self.base_dist.event_shape}, the "
                f"event shape of base_dist; got {shape}"
            )
        vars(self)["shape"] = shape
        super().__post_init__(validate_args)

    @property
    def event_shape(self) -> Shape:
        """The new shape."""
        return self.shape

    @property
    def support(self) -> constraints.Constraint:
        """The support of the base distribution, with another shape."""
        return constraints.reshaped(self.base_dist.support, self.base_dist.event_shape, self.shape)

    @property
    def _has_atoms(self) -> bool:  # type: ignore[override]
        return self.base_dist._has_atoms

    def _nearest_atom(self, x: Array) -> Array:
        return self._from_base(self.base_dist._nearest_atom(self._to_base(x)))

    def _is_masked_out(self) -> Array:
        return self.base_dist._is_masked_out()

    def _atom_count(self, x: Array) -> Array:
        return self.base_dist._atom_count(self._to_base(x))

    def _atom_prob(self) -> Array:
        return self._moment_of_base("_atom_prob")

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws of the base distribution have a pathwise derivative."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the support of the base distribution can be listed."""
        return self.base_dist.has_enumerate_support

    def _to_base(self, x: Array) -> Array:
        return x.reshape(x.shape[: x.ndim - len(self.shape)] + self.base_dist.event_shape)

    def _from_base(self, x: Array) -> Array:
        cut = x.ndim - len(self.base_dist.event_shape)
        return x.reshape(x.shape[:cut] + self.shape)

    def _shape_of_base(self, shape: Shape) -> Shape:
        return shape[: len(shape) - len(self.shape)] + self.base_dist.event_shape

    def _inside(self, value: Array) -> Array:
        return self.base_dist._inside(self._to_base(value))

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self._from_base(self.base_dist._sample(key, self._shape_of_base(shape)))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._from_base(self.base_dist._rsample(key, self._shape_of_base(shape)))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        draw, log_prob = self.base_dist._joint(key, self._shape_of_base(shape), pathwise)
        return self._from_base(draw), log_prob

    def _log_prob(self, x: Array) -> Array:
        return self.base_dist._log_prob(self._to_base(x))

    def _moment_of_base(self, name: str) -> Array:
        base = self.base_dist
        moment = jnp.broadcast_to(getattr(base, name)(), base.batch_shape + base.event_shape)
        return self._from_base(moment)

    def _mean(self) -> Array:
        return self._moment_of_base("_mean")

    def _mode(self) -> Array:
        return self._moment_of_base("_mode")

    def _variance(self) -> Array:
        return self._moment_of_base("_variance")

    def _skewness(self) -> Array:
        return self._moment_of_base("_skewness")

    def _kurtosis(self) -> Array:
        return self._moment_of_base("_kurtosis")

    def _covariance(self) -> Array:
        base = self.base_dist
        shape = base.batch_shape + 2 * base.event_shape
        covariance = jnp.broadcast_to(base._covariance(), shape)
        return covariance.reshape(base.batch_shape + 2 * self.shape)

    def _entropy(self) -> Array:
        return self.base_dist._entropy()

    def _enumerate_support(self) -> Array:
        return self._from_base(self.base_dist._enumerate_support())
