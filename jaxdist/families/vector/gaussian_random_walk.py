"""GaussianRandomWalk distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape, as_integer
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import LOG_TWO_PI


class GaussianRandomWalk(NormalEntries):
    r"""A random walk from 0 with normal steps; the first value is one step from 0.

    .. math:: x_t = \sum_{s=1}^t \mathrm{scale} \cdot z_s, \quad z_s \sim \mathrm{Normal}(0, 1)

    The name and the parameters are numpyro's.

    Args:
      scale: positive standard deviation of a step, any shape.
      num_steps: number T of values, static.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.GaussianRandomWalk(2.0, num_steps=3)
      >>> d.variance
      Array([ 4.,  8., 12.], dtype=float32)
      >>> print(f"{d.log_prob(jnp.array([0.0, 2.0, 2.0])):.4f}")
      -5.3363
    """

    scale: Param = param(constraints.positive, default=1.0)
    num_steps: int = static(default=1)

    support = constraints.real_vector
    has_rsample = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of steps, then the scale."""
        owner, fields = type(self).__name__, vars(self)
        fields["num_steps"] = as_integer(owner, "num_steps", self.num_steps, minimum=1)
        super().__post_init__(validate_args)

    @property
    def event_shape(self) -> Shape:
        """`(num_steps,)`."""
        return (self.num_steps,)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.cumsum(self.scale[..., None] * random.normal(key, shape, self.dtype), -1)

    def _log_prob(self, x: Array) -> Array:
        z = jnp.diff(x, axis=-1, prepend=jnp.zeros_like(x[..., :1])) / self.scale[..., None]
        normalizer = self.num_steps * (LOG_TWO_PI / 2 + jnp.log(self.scale))
        return -jnp.sum(z * z, -1) / 2 - normalizer

    def _mean(self) -> Array:
        return jnp.zeros((*self.batch_shape, self.num_steps), self.dtype)

    def _mode(self) -> Array:
        return self._mean()

    def _times(self) -> Array:
        return jnp.arange(1, self.num_steps + 1, dtype=self.dtype)

    def _variance(self) -> Array:
        return self.scale[..., None] ** 2 * self._times()

    def _covariance(self) -> Array:
        both = jnp.minimum(self._times()[:, None], self._times())
        return self.scale[..., None, None] ** 2 * both

    def _entropy(self) -> Array:
        return self.num_steps * ((1 + LOG_TWO_PI) / 2 + jnp.log(self.scale))
