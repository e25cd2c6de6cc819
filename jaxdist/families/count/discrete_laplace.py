"""DiscreteLaplace distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import search_from
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.numerics.integers import to_count
from jaxdist.parameters import Param, param
from jaxdist.special import log1mexp, softplus
from jaxdist.special.exp_log import log_sinhc

_LARGEST = 1e4  # rate whose exponential underflows in float64 too


class DiscreteLaplace(LogTails):
    r"""Laplace distribution of integers: the difference of two independent geometric counts.

    .. math:: p(k) = \tanh(\mathrm{rate} / 2) \, e^{-\mathrm{rate} |k|}, \quad
              k = \dots, -1, 0, 1, \dots

    The noise of differential privacy for counts. SciPy's is `dlaplace`, whose `a` is `rate`.

    Args:
      rate: positive decrease of the log-probability from one integer to the next, any shape.

    Example:
      >>> import jaxdist as jd
      >>> jd.DiscreteLaplace(1.0).log_prob([0, 100]).round(3)
      Array([  -0.772, -100.772], dtype=float32)
    """

    rate: Param = param(constraints.positive)

    support = constraints.integer

    def _sample(self, key: Array, shape: Shape) -> Array:
        u = random.uniform_open(key, (2, *shape), self.dtype)
        first, second = jnp.floor(-jnp.log(u) / self.rate)
        return to_count(first - second)

    def _log_at_zero(self) -> Array:
        return log1mexp(self.rate) - softplus(-self.rate)

    def _log_prob(self, x: Array) -> Array:
        return self._log_at_zero() - self.rate * jnp.abs(x)

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        is_lower = x < 0
        distance = jnp.where(is_lower, -x, x + 1)
        return both_log_tails(is_lower, -self.rate * distance - softplus(-self.rate))

    def _icdf(self, q: Array) -> Array:
        """Search from the quantile of the Laplace distribution."""
        tail = jnp.minimum(q, 1 - q)
        return search_from(jnp.sign(0.5 - q) * jnp.log(2 * tail) / self.rate, self, q)

    def _mean(self) -> Array:
        return jnp.zeros_like(self.rate)

    def _mode(self) -> Array:
        return jnp.zeros(self.batch_shape, jnp.int32)

    def _variance(self) -> Array:
        r"""The formula :math:`1 / (2 \sinh(\mathrm{rate} / 2)^2)`, which does not overflow."""
        return 2 * jnp.exp(-self.rate) / jnp.expm1(-self.rate) ** 2

    def _skewness(self) -> Array:
        return jnp.zeros_like(self.rate)

    def _kurtosis(self) -> Array:
        return 3 + 2 * jnp.sinh(self.rate / 2) ** 2

    def _entropy(self) -> Array:
        """Add the rate times the mean of |k|: `rate / sinh(rate)`, whose slope does not cancel."""
        small = self.rate < 1
        near = jnp.exp(-log_sinhc(jnp.where(small, self.rate, 1)))
        rate = jnp.clip(self.rate, 1, _LARGEST)
        far = -2 * rate * jnp.exp(-rate) / jnp.expm1(-2 * rate)
        return jnp.where(small, near, far) - self._log_at_zero()
