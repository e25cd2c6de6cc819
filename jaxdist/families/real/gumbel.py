"""Gumbel distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.special import exp_neg_exp, log1mexpexp, one_minus_exp_neg_exp
from jaxdist.validation import Shape


class Gumbel(Distribution):
    r"""Gumbel distribution: the limit of maxima of many light-tailed draws.

    .. math:: p(x) = \exp(-z - e^{-z}) / \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    Args:
      loc: mode, any shape broadcastable with `scale`.
      scale: positive scale, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    support = constraints.real
    has_rsample = True

    def _standardize(self, x: Array) -> Array:
        return (x - self.loc) / self.scale

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale * random.gumbel(key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        z = self._standardize(x)
        return -z - jnp.exp(-z) - jnp.log(self.scale)

    def _cdf(self, x: Array) -> Array:
        return exp_neg_exp(-self._standardize(x))

    def _log_cdf(self, x: Array) -> Array:
        return -jnp.exp(-self._standardize(x))

    def _survival_function(self, x: Array) -> Array:
        return one_minus_exp_neg_exp(-self._standardize(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log1mexpexp(-self._standardize(x))

    def _icdf(self, q: Array) -> Array:
        return self.loc - self.scale * jnp.log(-jnp.log(q))

    def _mean(self) -> Array:
        return self.loc + np.euler_gamma * self.scale

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return math.pi / math.sqrt(6) * self.scale

    def _entropy(self) -> Array:
        return 1 + np.euler_gamma + jnp.log(self.scale)
