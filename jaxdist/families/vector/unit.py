"""Unit distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param


class Unit(Distribution):
    r"""The distribution of a value without entries, whose density is any factor.

    .. math:: \log p(()) = \mathrm{log\_factor}

    As a draw of a `jaxdist.Program` it multiplies the joint density by a factor, such as a penalty
    or a likelihood that is no distribution. The value, an array of shape `(0,)`, is given as data.
    It is numpyro's, of which `factor` is written with it.

    Args:
      log_factor: logarithm of the factor, any shape.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> def model(draw):
      ...     x = draw("x", jd.Normal(0.0, 1.0))
      ...     draw("penalty", jd.Unit(-jnp.abs(x)))
      >>> posterior = jd.Program(model).condition(penalty=jnp.zeros(0))
      >>> print(f"{posterior.log_prob({'x': 2.0}):.4f}")  # -log(2 pi) / 2 - 2 - 2
      -4.9189
    """

    log_factor: Param = param(constraints.real)

    support = constraints.real_vector
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """(0,): there are no entries."""
        return (0,)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.zeros(shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        return jnp.broadcast_to(self.log_factor, x.shape[:-1])

    def _mean(self) -> Array:
        return jnp.zeros((*self.batch_shape, 0), self.dtype)

    def _mode(self) -> Array:
        return self._mean()

    def _variance(self) -> Array:
        return self._mean()
