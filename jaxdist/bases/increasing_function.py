"""IncreasingFunction: distributions of an increasing function of a variable of a known family."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.pytree import must_define


class IncreasingFunction(Distribution):
    r"""Base of distributions of x = g(y), for y from `base_dist` and an increasing function g.

    .. math:: P(X \le x) = P(Y \le y), \quad \log p(x) = \log p_y(y) - \log g'(y), \quad
              y = g^{-1}(x)

    A subclass writes `base_dist`, `_forward` (g), `_inverse` (its inverse) and `_log_slope`
    (log g'), or `_log_prob` instead of the last.
    """

    has_rsample = True

    @property
    def base_dist(self) -> Distribution:
        """The distribution of y."""
        raise must_define(self, "base_dist")

    def _forward(self, y: Array) -> Array:
        raise must_define(self, "_forward")

    def _inverse(self, x: Array) -> Array:
        raise must_define(self, "_inverse")

    def _log_slope(self, y: Array) -> Array:
        raise must_define(self, "_log_slope")

    def _log_prob(self, x: Array) -> Array:
        y = self._inverse(x)
        return self.base_dist._log_prob(y) - self._log_slope(y)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._forward(self.base_dist._rsample(key, shape))

    def _cdf(self, x: Array) -> Array:
        return self.base_dist._cdf(self._inverse(x))

    def _log_cdf(self, x: Array) -> Array:
        return self.base_dist._log_cdf(self._inverse(x))

    def _survival_function(self, x: Array) -> Array:
        return self.base_dist._survival_function(self._inverse(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self.base_dist._log_survival_function(self._inverse(x))

    def _icdf(self, q: Array) -> Array:
        return self._forward(self.base_dist._icdf(q))

    def _isf(self, q: Array) -> Array:
        return self._forward(self.base_dist._isf(q))


class ExponentialFunction(IncreasingFunction):
    """Base of distributions of e^y, for a real y from `base_dist`."""

    support = constraints.positive

    def _forward(self, y: Array) -> Array:
        return jnp.exp(y)

    def _inverse(self, x: Array) -> Array:
        return jnp.log(x)

    def _log_slope(self, y: Array) -> Array:
        return y

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate at log x, which neither overflows nor underflows."""
        log_x, log_prob = self.base_dist._joint(key, shape, pathwise)
        return jnp.exp(log_x), log_prob - log_x
