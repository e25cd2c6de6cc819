"""BaseMixture and Mixture distributions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.distribution import Distribution
from jaxdist.families.category.categorical import Categorical
from jaxdist.implicit_differentiation import pathwise, quantile
from jaxdist.special import log_total
from jaxdist.validation import Shape
from jaxdist.wrappers.wrapper import require_distribution


class BaseMixture(Distribution):
    """What mixtures share: `_each` evaluates the components, along a last axis."""

    mixture_distribution: Categorical

    def _check_weights(self) -> None:
        if not isinstance(self.mixture_distribution, Categorical):
            raise TypeError(
                f"{type(self).__name__}: mixture_distribution must be a Categorical; got "
                f"{self.mixture_distribution!r}"
            )

    def _each(self, method: str, x: Array) -> Array:
        """Evaluate a method of every component at x, shape `(..., components)`."""
        raise NotImplementedError

    def _each_draw(self, key: Array, shape: Shape) -> Array:
        """Draw from every component, which lie along the axis before the event axes."""
        raise NotImplementedError

    def _each_moment(self, name: str) -> Array:
        """A moment of every component, which lie along the axis before the event axes."""
        raise NotImplementedError

    @property
    def batch_shape(self) -> Shape:
        """The batch shape of the mixture weights."""
        return self.mixture_distribution.batch_shape

    def _log_weights(self) -> Array:
        return self.mixture_distribution._log_probs()

    def _weights(self) -> Array:
        """Weights, with axes for the event."""
        weights = self.mixture_distribution.probs
        return jnp.reshape(weights, weights.shape + (1,) * len(self.event_shape))

    def _average(self, moments: Array) -> Array:
        return jnp.sum(self._weights() * moments, -1 - len(self.event_shape))

    def _moments(self, name: str) -> Array:
        """A moment of every component, 0 for one of weight 0, which need not have any."""
        return jnp.where(self._weights() > 0, self._each_moment(name), 0)

    def _sample(self, key: Array, shape: Shape) -> Array:
        choice_key, draw_key = jax.random.split(key)
        event_ndim = len(self.event_shape)
        choice = self.mixture_distribution._sample(choice_key, shape[: len(shape) - event_ndim])
        draws = self._each_draw(draw_key, shape)
        index = jnp.reshape(choice, choice.shape + (1,) * (event_ndim + 1))
        return jnp.squeeze(jnp.take_along_axis(draws, index, -1 - event_ndim), -1 - event_ndim)

    def _inside(self, value: Array) -> Array:
        """Ask every component: a masked one counts values outside of its support, too."""
        return jnp.any(self._each("_inside", value), -1)

    def _log_prob(self, x: Array) -> Array:
        return self._log_mean_of("log_prob", x)

    def _log_mean_of(self, method: str, x: Array) -> Array:
        """Logarithm of the weighted sum; what a component of weight 0 adds, even infinity, is 0."""
        log_weights = self._log_weights()
        possible = log_weights > -math.inf
        terms = log_weights + jnp.where(possible, self._each(method, x), 0)
        return log_total(terms)

    def _mean_of(self, method: str, x: Array) -> Array:
        return jnp.sum(self._weights() * self._each(method, x), -1)

    def _cdf(self, x: Array) -> Array:
        return by_smaller(self._mean_of("cdf", x), self._mean_of("survival_function", x))

    def _log_cdf(self, x: Array) -> Array:
        return self._log_mean_of("log_cdf", x)

    def _survival_function(self, x: Array) -> Array:
        return by_smaller(self._mean_of("survival_function", x), self._mean_of("cdf", x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_mean_of("log_survival_function", x)

    def _icdf(self, q: Array) -> Array:
        """Bisect between the least and the largest quantile of the components."""
        quantiles = self._each("icdf", q)
        possible = self._weights() > 0
        lower = jnp.min(jnp.where(possible, quantiles, quantiles.max(-1, keepdims=True)), -1)
        upper = jnp.max(jnp.where(possible, quantiles, quantiles.min(-1, keepdims=True)), -1)
        beyond = lambda x: self._mean_of("cdf", x) >= q
        if self.support.is_discrete:
            return _bisect_integers(beyond, lower, upper)
        finite = jnp.isfinite(lower) & jnp.isfinite(upper)
        inner = _bisect(beyond, jnp.where(finite, lower, 0), jnp.where(finite, upper, 0))
        x = jnp.where(q == 0, lower, jnp.where(q == 1, upper, inner))
        return quantile(self, q, lax.stop_gradient(x))

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws have a pathwise derivative: those of continuous numbers, by the cdf."""
        return not self.support.is_discrete and not self.event_shape

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return pathwise(self, lax.stop_gradient(self._sample(key, shape)))

    def _mean(self) -> Array:
        return self._average(self._moments("mean"))

    def _variance(self) -> Array:
        """Mean of the variances plus variance of the means."""
        means = self._moments("mean")
        centre = jnp.expand_dims(self._mean(), -1 - len(self.event_shape))
        spread = self._moments("variance") + (means - centre) ** 2
        return self._average(spread)


def by_smaller(p: Array, rest: Array) -> Array:
    """Return p, which is `1 - rest`, with the derivative of the smaller of both.

    That of the larger one is a sum of terms that cancel.
    """
    return jnp.where(p < rest, p, 1 - rest)


def _bisect(beyond: Callable[[Array], Array], lower: Array, upper: Array) -> Array:
    """Halve an interval until it is as small as rounding allows."""

    def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = low + (high - low) / 2
        above = beyond(middle)
        return jnp.where(above, low, middle), jnp.where(above, middle, high)

    steps = jnp.finfo(lower.dtype).nmant + 8
    return lax.fori_loop(0, steps, halve, (lower, upper))[1]


def _bisect_integers(beyond: Callable[[Array], Array], lower: Array, upper: Array) -> Array:
    """Find the smallest integer, of those from `lower` to `upper`, where `beyond` holds."""

    def halve(_: int, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = low + (high - low) // 2
        above, undecided = beyond(middle), low < high
        return jnp.where(undecided & ~above, middle + 1, low), jnp.where(
            undecided & above, middle, high
        )

    return lax.fori_loop(0, 32, halve, (lower.astype(jnp.int32), upper.astype(jnp.int32)))[1]


class Mixture(BaseMixture):
    r"""A mixture of distributions of different families.

    .. math:: p(x) = \sum_k \pi_k p_k(x)

    Args:
      mixture_distribution: a Categorical over the components.
      component_distributions: as many distributions, of one event shape, of supports that are all
        continuous or all discrete, and of batch shapes that broadcast with that of the weights.

    Raises:
      ValueError: if number, event shapes or supports do not fit.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Mixture(jd.Categorical([0.5, 0.5]), [jd.Normal(0.0, 1.0), jd.Uniform(0.0, 1.0)])
      >>> d.mean
      Array(0.25, dtype=float32)
    """

    component_distributions: tuple[Distribution, ...]

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the components fit together, and broadcast them."""
        self._check_weights()
        parts = tuple(self.component_distributions)
        for part in parts:
            require_distribution("Mixture", "every component", part)
        count = self.mixture_distribution.num_categories
        if len(parts) != count:
            raise ValueError(f"Mixture: {count} weights for {len(parts)} components")
        if len({(part.event_shape, part.support.is_discrete) for part in parts}) != 1:
            raise ValueError(
                "Mixture: components must have one event shape and be all continuous or all "
                f"discrete; got {parts!r}"
            )
        batch_shape = jnp.broadcast_shapes(
            self.mixture_distribution.batch_shape, *(part.batch_shape for part in parts)
        )
        vars(self).update(
            mixture_distribution=self.mixture_distribution.expand(batch_shape),
            component_distributions=tuple(part.expand(batch_shape) for part in parts),
        )

    @property
    def event_shape(self) -> Shape:
        """Event shape of the components."""
        return self.component_distributions[0].event_shape

    @property
    def dtype(self) -> np.dtype:
        """The dtype to which those of the components promote."""
        return jnp.result_type(*(part.dtype for part in self.component_distributions))

    @property
    def support(self) -> constraints.Constraint:
        """The union of the components' supports."""
        return constraints.union(tuple(part.support for part in self.component_distributions))

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        return self._with(
            mixture_distribution=self.mixture_distribution._map_batch(function),
            component_distributions=tuple(
                part._map_batch(function) for part in self.component_distributions
            ),
        )

    def _each(self, method: str, x: Array) -> Array:
        return jnp.stack([getattr(d, method)(x) for d in self.component_distributions], -1)

    def _each_draw(self, key: Array, shape: Shape) -> Array:
        parts = self.component_distributions
        keys = jax.random.split(key, len(parts))
        draws = [part._sample(k, shape) for part, k in zip(parts, keys, strict=True)]
        return jnp.stack(draws, -1 - len(self.event_shape))

    def _each_moment(self, name: str) -> Array:
        moments = [getattr(part, name) for part in self.component_distributions]
        return jnp.stack(moments, -1 - len(self.event_shape))
