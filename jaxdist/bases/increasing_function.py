"""IncreasingFunction: distributions of an increasing function of a variable of a known family."""

from __future__ import annotations

from jax import Array

from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.pytree import must_define


class IncreasingFunction(Distribution):
    r"""Base of distributions of x = g(y), for y from `base_dist` and an increasing function g.

    .. math:: P(X \le x) = P(Y \le y), \quad y = g^{-1}(x)

    A subclass writes `base_dist`, `_forward` (g), `_inverse` (its inverse) and `_log_prob`.
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
