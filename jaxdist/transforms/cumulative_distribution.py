"""CumulativeDistributionTransform: the probability integral transform."""

from __future__ import annotations

from typing import Any, Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.constraints import Constraint
from jaxdist.transforms.elementwise import ElementwiseTransform


class CumulativeDistributionTransform(ElementwiseTransform):
    """y = F(x), where F is the cumulative distribution function of a univariate distribution.

    Args:
      distribution: a distribution with `cdf`, `icdf` and `log_prob`, whose batch shape broadcasts
        with the values.
    """

    distribution: Any

    codomain = constraints.unit_interval

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the distribution is univariate."""
        if getattr(self.distribution, "event_shape", None) != ():
            raise TypeError(
                "CumulativeDistributionTransform: distribution must be of single numbers; got "
                f"{self.distribution!r}"
            )

    @property
    def domain(self) -> Constraint:
        """The support of the distribution."""
        return self.distribution.support

    @property
    def batch_shape(self) -> Shape:
        """The batch shape of the distribution."""
        return self.distribution.batch_shape

    def _map_batch(self, function: Any) -> Self:
        return self._with(distribution=self.distribution._map_batch(function))

    def _evaluate(self, method: str, value: Array) -> Array:
        shape = self._forward_shape(value.shape)
        batch_shape = shape[len(shape) - len(self.batch_shape) :]
        d = self.distribution.expand(batch_shape)
        return getattr(d, method)(jnp.broadcast_to(value, shape))

    def _forward(self, x: Array) -> Array:
        return self._evaluate("cdf", x)

    def _inverse(self, y: Array) -> Array:
        return self._evaluate("icdf", y)

    def _log_slope(self, x: Array) -> Array:
        return self._evaluate("log_prob", x)
