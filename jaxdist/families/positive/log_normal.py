"""LogNormal distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.increasing_function import ExponentialFunction
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.special import log_expm1
from jaxdist.special.products import half_square
from jaxdist.special.quotient import log_of_scale

_NARROW, _WIDE = 1e-4, 10.0  # scales of which expm1 of the square is it, or its exponential


class LogNormal(ExponentialFunction, ExponentialFamily):
    r"""Log-normal distribution, of e^X for a normal X.

    .. math:: p(x) = \frac{\exp(-z^2 / 2)}{x\, \mathrm{scale} \sqrt{2 \pi}}, \quad
              z = (\log x - \mathrm{loc}) / \mathrm{scale}, \quad x > 0

    Args:
      loc: mean of the logarithm, any shape broadcastable with `scale`.
      scale: positive standard deviation of the logarithm.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    @property
    def base_dist(self) -> Normal:
        """The normal distribution of log x."""
        return Normal(self.loc, self.scale, validate_args=False)

    def _mean(self) -> Array:
        return jnp.exp(self.loc + half_square(self.scale))

    def _mode(self) -> Array:
        return jnp.exp(self.loc - 2 * half_square(self.scale))

    def _stddev(self) -> Array:
        """As one exponential: its factors may overflow and underflow, as the square may."""
        half = half_square(self.scale)
        is_narrow, is_wide = self.scale < _NARROW, self.scale > _WIDE
        log_root = log_expm1(2 * jnp.where(is_narrow | is_wide, 1, half)) / 2
        log_scale = log_of_scale(jnp.where(is_narrow, self.scale, 1))
        log_root = jnp.where(is_narrow, log_scale, jnp.where(is_wide, half, log_root))
        return jnp.exp(self.loc + half + log_root)

    def _skewness(self) -> Array:
        square = self.scale**2
        return (jnp.exp(square) + 2) * jnp.sqrt(jnp.expm1(square))

    def _kurtosis(self) -> Array:
        r"""Evaluate :math:`w^4 + 2 w^3 + 3 w^2 - 6` at w = exp(scale^2), its root 1 split off."""
        w = jnp.exp(self.scale**2)
        return jnp.expm1(self.scale**2) * (((w + 3) * w + 6) * w + 6)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() + self.loc

    def _natural_parameters(self) -> tuple[Array, Array]:
        """Those of log x and its square."""
        return self.base_dist._natural_parameters()

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> LogNormal:
        normal = Normal._from_natural_parameters(*natural_parameters)
        return LogNormal(normal.loc, normal.scale, validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return self.base_dist._log_normalizer(*natural_parameters)

    def _mean_log_base_measure(self) -> Array:
        return self.base_dist._mean_log_base_measure() - self.loc
