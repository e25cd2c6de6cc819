"""Empirical distribution."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints, random
from jaxdist.arguments import Shape, as_integer, as_numbers
from jaxdist.constraints.constraint import all_rightmost
from jaxdist.distribution import Distribution
from jaxdist.families.category.categorical import Categorical
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import masked_log_softmax, masked_logsumexp
from jaxdist.transforms.transform import sum_rightmost


class Empirical(Distribution):
    r"""Empirical distribution: one of n given points, with given probabilities.

    .. math:: p(x) = \sum_{i = 1}^n w_i [x = x_i]

    The weights of equal points add up. `log_prob` compares a value with each of the n points;
    `mode` and `entropy` compare all pairs of points.

    Args:
      values: the points, shape `(..., n, *event_shape)`.
      log_weights: unnormalized log-probabilities of the points, shape `(..., n)`; `-inf` excludes
        a point. Equal by default.
      event_dim: number of axes, at the right of `values`, that belong to one point.

    Raises:
      ValueError: if the numbers of points and of weights differ.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Empirical([1.0, 2.0, 2.0, 5.0])
      >>> d.mean, d.mode, d.cdf(2.0)
      (Array(2.5, dtype=float32), Array(2., dtype=float32), Array(0.75, dtype=float32))
    """

    values: Param = param(lambda d: constraints.independent(constraints.real, 1 + d.event_dim))
    log_weights: Param = param(constraints.logits, default=None)
    event_dim: int = static(default=0)

    _has_atoms = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Set equal weights by default, and check that each point has one."""
        vars(self)["event_dim"] = as_integer("Empirical", "event_dim", self.event_dim, minimum=0)
        for name in ("values", "log_weights"):
            if vars(self)[name] is not None:
                vars(self)[name] = as_numbers("Empirical", f"parameter {name!r}", vars(self)[name])
        points = np.shape(self.values)[: np.ndim(self.values) - self.event_dim]
        log_weights: ArrayLike | None = self.log_weights
        weights = np.zeros(points[-1:]) if log_weights is None else log_weights
        if np.shape(weights)[-1:] != points[-1:] or not points:
            raise ValueError(
                "Empirical: values must have shape (..., n, *event_shape) with n log_weights; got "
                f"values of shape {np.shape(self.values)}, log_weights of shape "
                f"{np.shape(weights)} and event_dim {self.event_dim}"
            )
        vars(self)["log_weights"] = weights
        super().__post_init__(validate_args)

    @property
    def event_shape(self) -> Shape:
        """Shape of one point."""
        return self.values.shape[self.values.ndim - self.event_dim :]

    @property
    def support(self) -> constraints.Constraint:
        """The points."""
        point = constraints.interval(self.values, self.values)
        event = constraints.independent(point, self.event_dim) if self.event_dim else point
        return constraints.mixture_same_family(event)

    def _nearest_atom(self, x: Array) -> Array:
        distance = jnp.abs(jnp.expand_dims(x, -1 - self.event_dim) - self.values)
        return self._take(jnp.argmin(sum_rightmost(distance, self.event_dim), -1)).astype(x.dtype)

    def _atom_prob(self) -> Array:
        return jnp.ones((), self.dtype)

    def _log_probs(self) -> Array:
        return masked_log_softmax(self.log_weights)

    def _points_last(self) -> Array:
        return jnp.moveaxis(self.values, -1 - self.event_dim, -1)

    def _take(self, index: Array) -> Array:
        """Return the points at the given indices, shape `index.shape + event_shape`."""
        points = self._points_last()
        index = index.reshape(index.shape + (1,) * (self.event_dim + 1))
        points = points.reshape((1,) * (index.ndim - points.ndim) + points.shape)
        return jnp.take_along_axis(points, jnp.maximum(index, 0), -1)[..., 0]

    def _expected_value(self, x: Array) -> Array:
        """Average a function of the points, shape `batch_shape + event_shape + (n,)`."""
        probs = jnp.exp(self._log_probs())
        return jnp.sum(jnp.expand_dims(probs, tuple(range(-1 - self.event_dim, -1))) * x, -1)

    def _sample(self, key: Array, shape: Shape) -> Array:
        index = random.categorical(key, self.log_weights, shape[: len(shape) - self.event_dim])
        return self._take(index)

    def _log_prob(self, x: Array) -> Array:
        equal = jnp.expand_dims(x, -1 - self.event_dim) == self.values
        equal = all_rightmost(equal, self.event_dim)
        return masked_logsumexp(jnp.where(equal, self._log_probs(), -jnp.inf))

    def _log_probs_of_points(self) -> Array:
        """Log-probability of each point, with those equal to it, shape `batch_shape + (n,)`."""
        points = jnp.moveaxis(self.values, -1 - self.event_dim, 0)
        return jnp.moveaxis(self._log_prob(points), 0, -1)

    def _probability(self, event: Array) -> Array:
        """Sum the probabilities of the points in an event."""
        return jnp.minimum(self._expected_value(event), 1)  # sums are rounded

    def _cdf(self, x: Array) -> Array:
        return self._probability(self.values <= x[..., None])

    def _survival_function(self, x: Array) -> Array:
        return self._probability(self.values > x[..., None])

    def _icdf(self, q: Array) -> Array:
        order = jnp.argsort(self.values, -1)
        probs = jnp.take_along_axis(jnp.exp(self._log_probs()), order, -1)
        rank = Categorical(probs, validate_args=False)._icdf(q)
        order = order.reshape((1,) * (rank.ndim + 1 - order.ndim) + order.shape)
        return self._take(jnp.take_along_axis(order, rank[..., None], -1)[..., 0])

    def _mean(self) -> Array:
        return self._expected_value(self._points_last())

    def _mode(self) -> Array:
        return self._take(jnp.argmax(self._log_probs_of_points(), -1))

    def _variance(self) -> Array:
        return self._expected_value((self._points_last() - self._mean()[..., None]) ** 2)

    def _skewness(self) -> Array:
        return self._standardized_moment("skewness", 3)

    def _kurtosis(self) -> Array:
        return self._standardized_moment("kurtosis", 4) - 3

    def _standardized_moment(self, summary: str, power: int) -> Array:
        ratios = (self._points_last() - self._mean()[..., None]) / self._stddev()[..., None]
        return self._expected_value(ratios**power)

    def _entropy(self) -> Array:
        log_weights = self._log_probs()
        surprisal = jnp.where(log_weights > -jnp.inf, -self._log_probs_of_points(), 0)
        return jnp.sum(jnp.exp(log_weights) * surprisal, -1)
