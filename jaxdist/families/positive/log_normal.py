"""LogNormal distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.increasing_function import IncreasingFunction
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.special import log_expm1


class LogNormal(IncreasingFunction):
    r"""Log-normal distribution, of e^X for a normal X.

    .. math:: p(x) = \frac{\exp(-z^2 / 2)}{x\, \mathrm{scale} \sqrt{2 \pi}}, \quad
              z = (\log x - \mathrm{loc}) / \mathrm{scale}, \quad x > 0

    Args:
      loc: mean of the logarithm, any shape broadcastable with `scale`.
      scale: positive standard deviation of the logarithm.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    support = constraints.positive

    @property
    def base_dist(self) -> Normal:
        """The normal distribution of log x."""
        return Normal(self.loc, self.scale, validate_args=False)

    def _forward(self, y: Array) -> Array:
        return jnp.exp(y)

    def _inverse(self, x: Array) -> Array:
        return jnp.log(x)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate at log x, which neither overflows nor underflows."""
        log_x, log_prob = self.base_dist._joint(key, shape, pathwise)
        return jnp.exp(log_x), log_prob - log_x

    def _log_prob(self, x: Array) -> Array:
        log_x = jnp.log(x)
        return self.base_dist._log_prob(log_x) - log_x

    def _mean(self) -> Array:
        return jnp.exp(self.loc + self.scale**2 / 2)

    def _mode(self) -> Array:
        return jnp.exp(self.loc - self.scale**2)

    def _stddev(self) -> Array:
        """As one exponential: its factors may overflow and underflow."""
        square = self.scale**2
        return jnp.exp(self.loc + (square + log_expm1(square)) / 2)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() + self.loc
