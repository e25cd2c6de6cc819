"""LogNormal distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.distribution import Distribution
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.validation import Shape


class LogNormal(Distribution):
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
    has_rsample = True

    @property
    def base_dist(self) -> Normal:
        """The normal distribution of log x."""
        return Normal(self.loc, self.scale, validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.exp(self.base_dist._rsample(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate at log x, which neither overflows nor underflows."""
        log_x, log_prob = self.base_dist._joint(key, shape, pathwise)
        return jnp.exp(log_x), log_prob - log_x

    def _log_prob(self, x: Array) -> Array:
        log_x = jnp.log(x)
        return self.base_dist._log_prob(log_x) - log_x

    def _cdf(self, x: Array) -> Array:
        return self.base_dist._cdf(jnp.log(x))

    def _log_cdf(self, x: Array) -> Array:
        return self.base_dist._log_cdf(jnp.log(x))

    def _survival_function(self, x: Array) -> Array:
        return self.base_dist._survival_function(jnp.log(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self.base_dist._log_survival_function(jnp.log(x))

    def _icdf(self, q: Array) -> Array:
        return jnp.exp(self.base_dist._icdf(q))

    def _mean(self) -> Array:
        return jnp.exp(self.loc + self.scale**2 / 2)

    def _mode(self) -> Array:
        return jnp.exp(self.loc - self.scale**2)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return self._mean() * jnp.sqrt(jnp.expm1(self.scale**2))

    def _entropy(self) -> Array:
        return self.base_dist._entropy() + self.loc
