"""IncreasingFunction: distributions of an increasing function of a variable of a known family."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.promotion import custom_jvp
from jaxdist.pytree import must_define
from jaxdist.special.infinite_slopes import along, finite


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
    """Base of distributions of e^y, for a real y from `base_dist`.

    A subclass declares `loc` and `scale`, those of y.
    """

    if TYPE_CHECKING:

        @property
        def loc(self) -> Array:
            """Location of y."""

        @property
        def scale(self) -> Array:
            """Scale of y."""

    support = constraints.positive

    def _forward(self, y: Array) -> Array:
        return jnp.exp(y)

    def _inverse(self, x: Array) -> Array:
        return jnp.log(x)

    def _log_slope(self, y: Array) -> Array:
        return y

    def _icdf(self, q: Array) -> Array:
        return self._at(self.base_dist._standard_form()._icdf(q))

    def _isf(self, q: Array) -> Array:
        return self._at(self.base_dist._standard_form()._isf(q))

    def _at(self, z: Array) -> Array:
        """Return the number whose logarithm is z scales from the location."""
        loc, scale = (jnp.broadcast_to(v, z.shape) for v in (self.loc, self.scale))
        return _exp_of_line(loc, scale, z)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate at log x, which neither overflows nor underflows."""
        log_x, log_prob = self.base_dist._joint(key, shape, pathwise)
        return jnp.exp(log_x), log_prob - log_x


@custom_jvp
def _exp_of_line(loc: Array, scale: Array, z: Array) -> Array:
    """Return `exp(loc + scale z)`, whose slope in the scale is 0 at z = 0."""
    return jnp.exp(loc + scale * z)


@_exp_of_line.defjvp
def _exp_of_line_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    (loc, scale, z), (loc_dot, scale_dot, z_dot) = primals, tangents
    x = _exp_of_line(loc, scale, z)
    of_scale = jnp.where(z == 0, 0, x * finite(z))
    return x, along(x, loc_dot) + along(of_scale, scale_dot) + along(x * scale, z_dot)
