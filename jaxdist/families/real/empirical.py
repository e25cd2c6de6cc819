"""Empirical distribution."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.families.category.categorical import Categorical
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import masked_log_softmax, masked_logsumexp
from jaxdist.validation import Shape


class Empirical(Distribution):
    r"""One of n given points, with given weights: a sample as a distribution.

    .. math:: p(x) = \sum_{i = 1}^n w_i [x = x_i]

    Points may be equal; their weights then add up. Comparing each value with each point, `log_prob`
    costs n operations, `mode` and `entropy` n squared.

    Args:
      values: the points, shape `(..., n, *event_shape)`.
      log_weights: unnormalised logarithms of the weights, shape `(..., n)`; `-inf` leaves a point
        out. Equal weights by default.
      event_dim: how many axes, at the right of `values`, belong to one point.

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

    def __post_init__(self, validate_args: bool | None) -> None:
        """Give equal weights where there are none, and check that each point has one."""
        points = np.shape(self.values)[: np.ndim(self.values) - self.event_dim]
        given: ArrayLike | None = self.log_weights
        weights = np.zeros(points[-1:]) if given is None else given
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
        each = constraints.independent(point, self.event_dim) if self.event_dim else point
        return constraints.mixture_same_family(each)

    def _log_probs(self) -> Array:
        return masked_log_softmax(self.log_weights)

    def _points_last(self) -> Array:
        return jnp.moveaxis(self.values, -1 - self.event_dim, -1)

    def _at(self, index: Array) -> Array:
        """Return the points of given numbers, shape `index.shape + event_shape`."""
        points = self._points_last()
        index = index.reshape(index.shape + (1,) * (self.event_dim + 1))
        points = points.reshape((1,) * (index.ndim - points.ndim) + points.shape)
        return jnp.take_along_axis(points, jnp.maximum(index, 0), -1)[..., 0]

    def _weigh(self, x: Array) -> Array:
        """Take the mean of a quantity of each point, shape `batch_shape + event_shape + (n,)`."""
        probs = jnp.exp(self._log_probs())
        return jnp.sum(jnp.expand_dims(probs, tuple(range(-1 - self.event_dim, -1))) * x, -1)

    def _sample(self, key: Array, shape: Shape) -> Array:
        number = random.categorical(key, self.log_weights, shape[: len(shape) - self.event_dim])
        return self._at(number)

    def _log_prob(self, x: Array) -> Array:
        equal = jnp.expand_dims(x, -1 - self.event_dim) == self.values
        equal = jnp.all(equal, tuple(range(-self.event_dim, 0)))
        return masked_logsumexp(jnp.where(equal, self._log_probs(), -jnp.inf))

    def _at_points(self) -> Array:
        """Log-probability of each point and its equals, shape `batch_shape + (n,)`."""
        points = jnp.moveaxis(self.values, -1 - self.event_dim, 0)
        return jnp.moveaxis(self._log_prob(points), 0, -1)

    def _share(self, chosen: Array) -> Array:
        return jnp.minimum(self._weigh(chosen), 1)  # sums are rounded

    def _cdf(self, x: Array) -> Array:
        return self._share(self.values <= x[..., None])

    def _survival_function(self, x: Array) -> Array:
        return self._share(self.values > x[..., None])

    def _icdf(self, q: Array) -> Array:
        order = jnp.argsort(self.values, -1)
        probs = jnp.take_along_axis(jnp.exp(self._log_probs()), order, -1)
        rank = Categorical(probs, validate_args=False)._icdf(q)
        order = order.reshape((1,) * (rank.ndim + 1 - order.ndim) + order.shape)
        return self._at(jnp.take_along_axis(order, rank[..., None], -1)[..., 0])

    def _mean(self) -> Array:
        return self._weigh(self._points_last())

    def _mode(self) -> Array:
        return self._at(jnp.argmax(self._at_points(), -1))

    def _variance(self) -> Array:
        return self._weigh((self._points_last() - self._mean()[..., None]) ** 2)

    def _entropy(self) -> Array:
        """Sum over the points; of equal ones each takes its share."""
        at_points, own = self._at_points(), self._log_probs()
        surprise = jnp.where(own > -jnp.inf, -at_points, 0)
        return jnp.sum(jnp.exp(own) * surprise, -1)
