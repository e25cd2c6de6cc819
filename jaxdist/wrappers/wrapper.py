"""Wrapper: base of distributions that are made of another one, `base_dist`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import Shape
from jaxdist.constraints import Constraint, Range
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.families.real.normal import Normal
from jaxdist.numerics.expected_values import Rule


def require_base(owner: str, name: str, value: object) -> None:
    """Raise a TypeError unless an argument of a wrapper is a distribution of arrays, not trees."""
    base = require_distribution(value, f"{owner}: {name}")
    if not isinstance(base.support, Constraint):
        raise TypeError(
            f"{owner}: {name} must draw arrays; got {value!r}, which draws trees. Wrap its leaves"
        )


def require_univariate(owner: str, value: object) -> None:
    """Raise a TypeError unless `base_dist` draws single numbers between two bounds."""
    require_base(owner, "base_dist", value)
    assert isinstance(value, Distribution)
    if value.event_shape or not isinstance(value.support, Range):
        raise TypeError(
            f"{owner}: base_dist must be a distribution of single numbers whose support is an "
            f"interval of reals or of integers; got {value!r}"
        )


def require_density(owner: str, value: object) -> None:
    """Raise a TypeError unless `base_dist` draws single numbers and has a density."""
    require_univariate(owner, value)
    assert isinstance(value, Distribution)
    if value.support.is_discrete or value._has_atoms:
        raise TypeError(f"{owner}: base_dist must have a density; got {value!r}")


def as_normal(d: Distribution) -> Normal | None:
    """Return a normal distribution that is given by its scale, whose formulas are more exact."""
    return d if type(d) is Normal and "scale" in vars(d) else None


class Wrapper(Distribution):
    """A distribution that is made of `base_dist`, with its batch shape and dtype."""

    base_dist: Distribution

    def _broadcast(self) -> None:
        super()._broadcast()
        shapes = [self.batch_shape, *self._batch_shapes().values()]
        try:
            batch_shape = jnp.broadcast_shapes(*shapes)
        except ValueError as error:
            raise ValueError(
                f"{type(self).__name__}: the batch shapes of its parameters, {shapes[-1]}, and of "
                f"{self.base_dist!r}, {shapes[0]}, do not broadcast"
            ) from error
        vars(self).update(vars(self.expand(batch_shape)))

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        return super()._map_batch(function)._with(base_dist=self.base_dist._map_batch(function))

    @property
    def batch_shape(self) -> Shape:
        """Batch shape of the base distribution."""
        return self.base_dist.batch_shape

    @property
    def dtype(self) -> np.dtype:
        """Dtype of the base distribution."""
        return self.base_dist.dtype

    def _rule(self, summary: str) -> Rule:
        """Sum over the integers where these are the support."""
        is_count = not self.event_shape and self.support.is_discrete
        return self._integer_rule() if is_count else super()._rule(summary)

    def _kinks(self) -> Array:
        return self.base_dist._kinks()


class RoundingWrapper(Wrapper):
    """A wrapper that rounds or clips draws, so that P(Y <= y) is P(X <= y) on its support.

    The support may reach beyond that of `base_dist`.
    """

    def _cdf(self, x: Array) -> Array:
        return self.base_dist.cdf(x)

    def _log_cdf(self, x: Array) -> Array:
        return self.base_dist.log_cdf(x)

    def _survival_function(self, x: Array) -> Array:
        return self.base_dist.survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        return self.base_dist.log_survival_function(x)


class DelegatingWrapper(Wrapper):
    """A wrapper that delegates every method that it does not override to `base_dist`."""

    @property
    def event_shape(self) -> Shape:
        """Event shape of the base distribution."""
        return self.base_dist.event_shape

    @property
    def support(self) -> Any:
        """Support of the base distribution."""
        return self.base_dist.support

    @property
    def _has_atoms(self) -> bool:  # type: ignore[override]
        return self.base_dist._has_atoms

    def _nearest_atom(self, x: Array) -> Array:
        return self.base_dist._nearest_atom(x)

    def _atom_prob(self) -> Array:
        return self.base_dist._atom_prob()

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws of the base distribution have a pathwise derivative."""
        return self.base_dist.has_rsample

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the support of the base distribution can be listed."""
        return self.base_dist.has_enumerate_support

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self.base_dist._sample(key, shape)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.base_dist._rsample(key, shape)

    def _cdf(self, x: Array) -> Array:
        return self.base_dist._cdf(x)

    def _log_cdf(self, x: Array) -> Array:
        return self.base_dist._log_cdf(x)

    def _survival_function(self, x: Array) -> Array:
        return self.base_dist._survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        return self.base_dist._log_survival_function(x)

    def _icdf(self, q: Array) -> Array:
        return self.base_dist._icdf(q)

    def _isf(self, q: Array) -> Array:
        return self.base_dist._isf(q)

    def _mean(self) -> Array:
        return self.base_dist._mean()

    def _mode(self) -> Array:
        return self.base_dist._mode()

    def _variance(self) -> Array:
        return self.base_dist._variance()

    def _stddev(self) -> Array:
        return self.base_dist._stddev()

    def _enumerate_support(self) -> Array:
        return self.base_dist._enumerate_support()
