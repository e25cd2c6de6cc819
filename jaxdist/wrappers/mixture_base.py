"""BaseMixture: what mixtures of one family and of different families have in common."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.category.categorical import Categorical
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.atoms import is_rounded
from jaxdist.numerics.expected_values import mixed_moments
from jaxdist.numerics.root_finding import bisection_steps, find_root, first_integer
from jaxdist.pytree import must_define
from jaxdist.special import masked_log_softmax, masked_logsumexp

_GRID, _SEARCHES = 33, 3  # points between two components, and how often they are refined


class BaseMixture(Distribution):
    """Base of mixtures: a subclass evaluates and draws all components along one axis."""

    mixture_distribution: Categorical

    def _check_weights(self) -> None:
        if not isinstance(self.mixture_distribution, Categorical):
            raise TypeError(
                f"{type(self).__name__}: mixture_distribution must be a Categorical; got "
                f"{self.mixture_distribution!r}"
            )

    def _evaluate_components(self, method: str, x: Array) -> Array:
        """Evaluate a method of every component at x, shape `(..., components)`."""
        raise must_define(self, "_evaluate_components")

    def _draw_components(self, key: Array, shape: Shape) -> Array:
        """Draw from every component, shape `(..., components, *event_shape)`."""
        raise must_define(self, "_draw_components")

    def _component_moments(self, name: str) -> Array:
        """Return a moment of every component, shape `(..., components, *event_shape)`."""
        raise must_define(self, "_component_moments")

    @property
    def batch_shape(self) -> Shape:
        """The batch shape of the mixture weights."""
        return self.mixture_distribution.batch_shape

    def _log_weights(self) -> Array:
        return masked_log_softmax(self.mixture_distribution.logits)

    def _weights(self) -> Array:
        """Return the weights, shape `(..., components, *ones for the event axes)`."""
        weights = self.mixture_distribution.probs
        return jnp.reshape(weights, weights.shape + (1,) * len(self.event_shape))

    def _average(self, moments: Array) -> Array:
        return jnp.sum(self._weights() * moments, -1 - len(self.event_shape))

    def _moments(self, name: str) -> Array:
        """Return a moment of every component; 0 for weight 0, where it need not be finite."""
        return jnp.where(self._weights() > 0, self._component_moments(name), 0)

    def _sample(self, key: Array, shape: Shape) -> Array:
        choice_key, draw_key = jax.random.split(key)
        event_ndim = len(self.event_shape)
        choice = self.mixture_distribution._sample(choice_key, shape[: len(shape) - event_ndim])
        draws = self._draw_components(draw_key, shape)
        index = jnp.reshape(choice, choice.shape + (1,) * (event_ndim + 1))
        return jnp.squeeze(jnp.take_along_axis(draws, index, -1 - event_ndim), -1 - event_ndim)

    def _inside(self, value: Array) -> Array:
        """Call every component, since a masked one has a density outside of its support."""
        return jnp.any(self._evaluate_components("_inside", value), -1)

    def _log_prob(self, x: Array) -> Array:
        """Beside the probability of a single point, a density is nothing."""
        log_probs = self._evaluate_components("log_prob", x)
        if self._has_atoms:
            count = self._atom_counts(x, log_probs)
            is_density = (count < count.max(-1, keepdims=True)) & ~self._are_masked_out()
            log_probs = jnp.where(is_density, -math.inf, log_probs)
        return self._log_average(log_probs)

    def _atom_counts(self, x: Array, log_probs: Array) -> Array:
        """Count the entries of events to which each component gives a probability."""
        possible = (self._log_weights() > -math.inf) & (log_probs > -math.inf)
        return jnp.where(possible, self._evaluate_components("_atom_count", x), 0)

    def _atom_count(self, x: Array) -> Array:
        return self._atom_counts(x, self._evaluate_components("log_prob", x)).max(-1)

    def _are_masked_out(self) -> Array:
        """Tell which components have log-probability 0 everywhere, shape `(..., components)`."""
        raise must_define(self, "_are_masked_out")

    def _is_masked_out(self) -> Array:
        return jnp.all(self._are_masked_out(), -1)

    def _log_average_of(self, method: str, x: Array) -> Array:
        return self._log_average(self._evaluate_components(method, x))

    def _log_average(self, logs: Array) -> Array:
        """Average exponentials; weight 0 cancels even an infinite density."""
        log_weights = self._log_weights()
        return masked_logsumexp(log_weights + jnp.where(log_weights > -math.inf, logs, 0))

    def _average_of(self, method: str, x: Array) -> Array:
        return jnp.sum(self._weights() * self._evaluate_components(method, x), -1)

    def _cdf(self, x: Array) -> Array:
        return by_smaller_tail(self._average_of("cdf", x), self._average_of("survival_function", x))

    def _log_cdf(self, x: Array) -> Array:
        return _log_by_complement(
            self._log_average_of("log_cdf", x), self._average_of("survival_function", x)
        )

    def _survival_function(self, x: Array) -> Array:
        return by_smaller_tail(self._average_of("survival_function", x), self._average_of("cdf", x))

    def _log_survival_function(self, x: Array) -> Array:
        return _log_by_complement(
            self._log_average_of("log_survival_function", x), self._average_of("cdf", x)
        )

    def _icdf(self, q: Array) -> Array:
        return self._solve(self._evaluate_components("icdf", q), q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._solve(self._evaluate_components("_isf", q), 1 - q, q)

    def _solve(self, quantiles: Array, below: Array, above: Array) -> Array:
        """Invert the distribution function between the quantiles of the components.

        Args:
          quantiles: those of the components, shape `(..., components)`.
          below: the probability below the solution.
          above: `1 - below`, without the rounding of `below`.
        """
        possible = self._weights() > 0
        lower = jnp.min(jnp.where(possible, quantiles, quantiles.max(-1, keepdims=True)), -1)
        upper = jnp.max(jnp.where(possible, quantiles, quantiles.min(-1, keepdims=True)), -1)
        d, (p, q) = lax.stop_gradient(self), lax.stop_gradient((below, above))
        if self.support.is_discrete:
            return first_integer(
                lambda x: jnp.where(p < q, d._cdf(x) >= p, d._survival_function(x) <= q),
                lower,
                upper,
            )
        finite = jnp.isfinite(lower) & jnp.isfinite(upper)
        inner = d._root(
            jnp.where(finite, lower, 0),
            jnp.where(finite, upper, 0),
            jnp.where(finite, p, 0.5),
            jnp.where(finite, q, 0.5),
        )
        x = jnp.where(p == 0, lower, jnp.where(q == 0, upper, inner))
        if self._has_atoms:
            return self._next_to_atoms(lax.stop_gradient(x), below)
        return implicit_reparameterization(self, lax.stop_gradient(x), below)

    def _next_to_atoms(self, x: Array, below: Array) -> Array:
        """Return quantiles that bisection found, exactly where they are atoms and do not move."""
        atom = lax.stop_gradient(self._nearest_atom(x))
        is_atom = is_rounded(x, atom) | (jnp.abs(x - atom) < jnp.finfo(x.dtype).eps)
        moving = jnp.where(is_atom, self._typical(x), x)
        return jnp.where(is_atom, atom, implicit_reparameterization(self, moving, below))

    def _root(self, lower: Array, upper: Array, below: Array, above: Array) -> Array:
        """Find a quantile: by the logarithm of its smaller tail, then by that tail itself."""
        small = below < above

        def log_excess(x: Array) -> tuple[Array, ArrayLike]:
            log_tail = jnp.where(small, self._log_cdf(x), self._log_survival_function(x))
            excess = log_tail - jnp.log(jnp.where(small, below, above))
            slope = 0 if self._has_atoms else jnp.exp(self.log_prob(x) - log_tail)
            return jnp.where(small, excess, -excess), slope

        x = find_root(log_excess, lower, upper, steps=2 * bisection_steps(below.dtype))
        if self._has_atoms:
            return x
        density = jnp.exp(self.log_prob(x))
        excess = jnp.where(small, self._cdf(x) - below, above - self._survival_function(x))
        step = jnp.where(density > 0, excess / jnp.where(density > 0, density, 1), 0)
        return jnp.clip(x - step, lower, upper)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws have a pathwise derivative by the cdf: for numbers that have a density."""
        return not (self.support.is_discrete or self._has_atoms or self.event_shape)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return implicit_reparameterization(self, lax.stop_gradient(self._sample(key, shape)))

    def _mean(self) -> Array:
        return self._average(self._moments("mean"))

    def _variance(self) -> Array:
        """Law of total variance."""
        axis, weights = -1 - len(self.event_shape), self._weights()
        roots = jnp.exp(jnp.reshape(self._log_weights(), weights.shape) / 2)
        means, variances = (
            jnp.where(roots > 0, self._component_moments(name), 0) for name in ("mean", "variance")
        )
        distances = means - jnp.expand_dims(self._mean(), axis)
        # Of a component that is rare and far away the weight underflows, but not its square root.
        rare = weights < math.sqrt(jnp.finfo(weights.dtype).tiny)
        of_rare = (roots * distances) ** 2 + roots * variances * roots
        return jnp.sum(jnp.where(rare, of_rare, weights * (variances + distances**2)), axis)

    def _kinks(self) -> Array:
        """Return the medians of the components, and where the density is least between them.

        It is searched for on a grid, then on one between the neighbors of the best point.
        """
        half = jnp.full(self.batch_shape, 0.5, self.dtype)
        centers = jnp.sort(jnp.moveaxis(self._evaluate_components("icdf", half), -1, 0), 0)
        low, high = centers[:-1], centers[1:]
        grid = jnp.linspace(0, 1, _GRID, dtype=self.dtype).reshape((-1,) + (1,) * low.ndim)
        for _ in range(_SEARCHES):
            points = low + grid * (high - low)
            best = jnp.argmin(self.log_prob(points), 0, keepdims=True)
            around = (jnp.clip(best + step, 0, _GRID - 1) for step in (-1, 1))
            low, high = (jnp.take_along_axis(points, index, 0)[0] for index in around)
        return jnp.concatenate([centers, low + (high - low) / 2])

    def _standardized_moments(self) -> tuple[Array, Array]:
        """Return skewness and kurtosis."""
        axis = -1 - len(self.event_shape)
        moments = (self._moments(name) for name in ("mean", "variance", "skewness", "kurtosis"))
        parts = [jnp.moveaxis(x, axis, 0) for x in jnp.broadcast_arrays(self._weights(), *moments)]
        return mixed_moments(*parts)[2:]

    def _skewness(self) -> Array:
        return self._standardized_moments()[0]

    def _kurtosis(self) -> Array:
        return self._standardized_moments()[1]


def _log_by_complement(log_prob: Array, complement: Array) -> Array:
    """Return the logarithm of a probability, from its complement where that is small."""
    return jnp.where(complement < 0.5, jnp.log1p(-jnp.minimum(complement, 0.75)), log_prob)


def by_smaller_tail(p: Array, complement: Array) -> Array:
    """Return a probability p, given also its complement 1 - p, with the derivative of the smaller.

    The derivative of the larger one is a sum of terms that cancel.
    """
    return jnp.where(p < complement, p, 1 - complement)
