"""LogLogistic distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.bases.increasing_function import ExponentialFunction
from jaxdist.derivatives import by_slope
from jaxdist.families.real.logistic import Logistic
from jaxdist.numerics.polynomials import horner
from jaxdist.parameters import Param, param
from jaxdist.special import expm1, expm1mx, sinpi

_SERIES_LIMIT = 0.5
_SMALL = 0.7  # scale times the power of a moment, up to which its logarithm is a series
_ZETA = [math.pi**2 / 6, *(float(np.sum(np.arange(1, 4001.0) ** -n)) for n in range(4, 52, 2))]
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
        loc = jnp.where(finite, self.loc, 0)
        return jnp.where(finite, jnp.exp(loc + by_slope(_log_mean, scale)), math.inf)

    def _mode(self) -> Array:
        """0 for scale >= 1, where the density decreases."""
        unimodal = self.scale < 1
        scale = jnp.where(unimodal, self.scale, 0.5)
        loc = jnp.where(unimodal, self.loc, 0)
        mode = jnp.exp(loc + scale * (jnp.log1p(-scale) - jnp.log1p(scale)))
        return jnp.where(unimodal, mode, 0)

    def _stddev(self) -> Array:
        r"""Evaluate :math:`e^{loc} \sqrt{b (\tan b - b)} / \sin b` at b = π scale, by the mean."""
        finite = self.scale < 0.5
        loc, scale = jnp.where(finite, self.loc, 0), jnp.where(finite, self.scale, 0.25)
        mean = jnp.exp(loc + by_slope(_log_mean, scale))
        return jnp.where(finite, mean * by_slope(_variation, scale), math.inf)

    def _skewness(self) -> Array:
        """Infinite for scale >= 1/3, NaN where the variance is infinite."""
        b = jnp.where(self.scale < 1 / 3, self.scale, 0.1)
        second, third = _log_moment_ratio(b, 2), _log_moment_ratio(b, 3)
        excess = _combine(b, {3: 1, 2: -3, 1: 3}) + expm1mx(third) - 3 * expm1mx(second)
        beyond = jnp.where(self.scale < 0.5, math.inf, math.nan)
        return jnp.where(self.scale < 1 / 3, excess / expm1(second) ** 1.5, beyond)

    def _kurtosis(self) -> Array:
        """Infinite for scale >= 1/4, NaN where the variance is infinite."""
        b = jnp.where(self.scale < 1 / 4, self.scale, 0.1)
        second, third, fourth = (_log_moment_ratio(b, n) for n in (2, 3, 4))
        curved = expm1mx(fourth) - 4 * expm1mx(third) + 6 * expm1mx(second)
        variance = expm1(second)
        excess = _combine(b, {4: 1, 3: -4, 2: 6, 1: -4}) + (curved - 3 * variance**2)
        beyond = jnp.where(self.scale < 0.5, math.inf, math.nan)
        return jnp.where(self.scale < 1 / 4, excess / variance**2, beyond)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() + self.loc


def _log_mean(scale: Array) -> Array:
    """Return the logarithm of the mean at loc 0."""
    return _combine(scale, {1: 1})


def _variation(scale: Array) -> Array:
    """Return the standard deviation over the mean."""
    b = math.pi * scale
    near = b < _SERIES_LIMIT
    of_near = b * jnp.sqrt(horner(_TANGENT, jnp.where(near, b, 0) ** 2))
    far = jnp.where(near, 1, b)
    return jnp.where(near, of_near, jnp.sqrt((jnp.tan(far) - far) / far))


def _log_moment_ratio(b: Array, n: int) -> Array:
    """Return the logarithm of E[x^n] / E[x]^n."""
    return _combine(b, {n: 1, 1: -n})


def _combine(b: Array, factors: dict[int, int]) -> Array:
    r"""Combine logarithms of the moments E[x^k] at loc 0, which are those of π k b / sin(π k b).

    Where all arguments are small, by their series, whose terms are combined before they cancel:

    .. math:: \log \frac{\pi t}{\sin \pi t} = \sum_{n \ge 1} \frac{\zeta(2 n)}{n} t^{2 n}
    """
    highest = max(factors)
    series = [
        zeta / n * sum(f * (k / highest) ** (2 * n) for k, f in factors.items())
        for n, zeta in enumerate(_ZETA, 1)
    ]
    t = highest * b
    small = t < _SMALL
    square = jnp.where(small, t, 0) ** 2
    large = jnp.where(small, 0.5, t) / highest
    logs = [f * jnp.log(math.pi * k * large / _sine(k * large)) for k, f in factors.items()]
    return jnp.where(small, horner([0.0, *series], square), sum(logs[1:], logs[0]))


def _sine(t: Array) -> Array:
    """Return sin(π t) for t from 0 to 1."""
    return sinpi(jnp.minimum(t, 1 - t))
