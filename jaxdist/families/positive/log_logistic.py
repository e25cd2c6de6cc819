"""LogLogistic distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.bases.increasing_function import ExponentialFunction
from jaxdist.families.real.logistic import Logistic
from jaxdist.numerics.polynomials import horner
from jaxdist.parameters import Param, param
from jaxdist.special import sinpi

_SERIES_LIMIT = 0.5
# Of tan(b) / b - 1 in powers of b^2: 2 (2 / pi)^(2 n) (1 + 3^(-2 n) + 5^(-2 n) + ...), n >= 2.
_TANGENT = [
    2 * (2 / math.pi) ** (2 * n) * float(np.sum(np.arange(1, 4001, 2.0) ** (-2 * n)))
    for n in range(2, 22)
]


class LogLogistic(ExponentialFunction):
    r"""Log-logistic distribution, of e^X for a logistic X; also called Fisk distribution.

    .. math:: P(X \le x) = \frac{1}{1 + e^{-z}}, \quad
              z = (\log x - \mathrm{loc}) / \mathrm{scale}, \quad x > 0

    The mean is infinite for scale >= 1, the variance for scale >= 1/2. The parameters are TFP's;
    SciPy's `fisk` has 1 / scale and exp(loc).

    Args:
      loc: logarithm of the median, any shape broadcastable with `scale`.
      scale: positive scale of the logarithm.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    @property
    def base_dist(self) -> Logistic:
        """The logistic distribution of log x."""
        return Logistic(self.loc, self.scale, validate_args=False)

    def _mean(self) -> Array:
        finite = self.scale < 1
        scale = jnp.where(finite, self.scale, 0.5)
        sine = sinpi(jnp.minimum(scale, 1 - scale))
        return jnp.where(finite, jnp.exp(self.loc) * math.pi * scale / sine, math.inf)

    def _mode(self) -> Array:
        """0 for scale >= 1, where the density decreases."""
        unimodal = self.scale < 1
        scale = jnp.where(unimodal, self.scale, 0.5)
        mode = jnp.exp(self.loc + scale * (jnp.log1p(-scale) - jnp.log1p(scale)))
        return jnp.where(unimodal, mode, 0)

    def _stddev(self) -> Array:
        r"""Evaluate :math:`e^{loc} \sqrt{b (\tan b - b)} / \sin b` at b = π scale."""
        finite = self.scale < 0.5
        scale = jnp.where(finite, self.scale, 0.25)
        b = math.pi * scale
        near = b < _SERIES_LIMIT
        square = jnp.where(near, b, 0) ** 2
        excess = jnp.where(near, b * square * horner(_TANGENT, square), jnp.tan(b) - b)
        stddev = jnp.exp(self.loc) * b * jnp.sqrt(excess / b) / sinpi(scale)
        return jnp.where(finite, stddev, math.inf)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() + self.loc
