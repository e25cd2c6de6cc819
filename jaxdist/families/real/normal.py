"""Normal distribution."""

from __future__ import annotations

import math
from typing import Self

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import LOG_TWO_PI, log_ndtr, ndtr, ndtri, standardize
from jaxdist.special.infinite_slopes import finite
from jaxdist.special.products import half_square
from jaxdist.special.quotient import log_of_scale


class Normal(ExponentialFamily):
    r"""Normal (Gaussian) distribution.

    .. math:: p(x) = \exp(-z^2 / 2) / (\mathrm{scale} \sqrt{2 \pi}), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    Give exactly one of `scale` and `log_scale`; `log_scale` is unconstrained, which suits
    optimizers and networks.

    Args:
      loc: mean, any shape broadcastable with the scale.
      scale: positive standard deviation, in the units of `loc`.
      log_scale: logarithm of the standard deviation, keyword only.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.Normal(loc=[0.0, 1.0], scale=2.0)
      >>> d.log_prob(1.0).round(2)
      Array([-1.74, -1.61], dtype=float32)
      >>> d.sample(jax.random.key(0), 3).shape
      (3, 2)
      >>> jax.grad(jd.log_prob)(jd.Normal(0.0, 1.0), 2.0)  # the score
      Normal(loc=2., scale=3.)
    """

    loc: Param = param(constraints.real)
    scale: Param = param(
        constraints.positive, default=None, otherwise=lambda d: jnp.exp(d.log_scale)
    )
    log_scale: Param = param(
        constraints.real, default=None, otherwise=lambda d: log_of_scale(d.scale), kw_only=True
    )

    support = constraints.real
    has_rsample = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale * random.normal(key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        z = z_score(self, x)
        return -half_square(z) - self.log_scale - LOG_TWO_PI / 2

    def _cdf(self, x: Array) -> Array:
        return ndtr(z_score(self, x))

    def _log_cdf(self, x: Array) -> Array:
        return log_ndtr(z_score(self, x))

    def _survival_function(self, x: Array) -> Array:
        return ndtr(-z_score(self, x))

    def _log_survival_function(self, x: Array) -> Array:
        return log_ndtr(-z_score(self, x))

    def _icdf(self, q: Array) -> Array:
        return self.loc + self.scale * ndtri(q)

    def _isf(self, q: Array) -> Array:
        return self.loc - self.scale * ndtri(q)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return self.scale**2

    def _stddev(self) -> Array:
        return self.scale

    def _skewness(self) -> Array:
        return jnp.full_like(self.loc, 0)

    def _kurtosis(self) -> Array:
        return jnp.full_like(self.loc, 0)

    def _standard_form(self) -> Self:
        zero = jnp.zeros_like(self.loc)
        if "scale" in vars(self):
            return self._with(loc=zero, scale=jnp.ones_like(zero))
        return self._with(loc=zero, log_scale=zero)

    def _entropy(self) -> Array:
        return 0.5 + LOG_TWO_PI / 2 + self.log_scale

    def _natural_parameters(self) -> tuple[Array, Array]:
        precision = self.scale**-2
        return self.loc * precision, -precision / 2

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Normal:
        linear, quadratic = natural_parameters
        variance = -0.5 / quadratic
        return Normal(linear * variance, jnp.sqrt(variance), validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        linear, quadratic = natural_parameters
        return -(linear**2) / (4 * quadratic) + jnp.log(-math.pi / quadratic) / 2


def z_score(d: Normal, x: Array) -> Array:
    """Return the z-score `(x - loc) / scale`."""
    if "scale" in vars(d):
        return standardize(x, d.loc, d.scale)
    return _standardize_by_log(x, d.loc, d.log_scale)


@custom_jvp
def _standardize_by_log(x: Array, loc: Array, log_scale: Array) -> Array:
    """Divide in two steps, because exp(-log_scale) overflows before the quotient does."""
    root, difference = jnp.exp(-log_scale / 2), x - loc
    away = difference != 0
    return jnp.where(away, difference * jnp.where(away, root, 0) * root, 0)


@_standardize_by_log.defjvp
def _standardize_by_log_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """The slope in the logarithm is minus the quotient itself: no factor of it overflows."""
    (x, loc, log_scale), (x_dot, loc_dot, log_scale_dot) = primals, tangents
    z, root = _standardize_by_log(x, loc, log_scale), finite(jnp.exp(-log_scale / 2))
    return z, (x_dot - loc_dot) * root * root - finite(z) * log_scale_dot
