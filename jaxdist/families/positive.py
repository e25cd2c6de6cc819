"""Distributions on the positive numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.real import Cauchy, Normal
from jaxdist.parameters import Param, param
from jaxdist.special import (
    digamma,
    gamma_log_prob,
    gammainc,
    gammaincc,
    gammainccinv,
    gammaincinv,
    lgamma,
    log_gammainc,
    log_gammaincc,
)
from jaxdist.special.entropy import betaprime_entropy, gamma_entropy
from jaxdist.special.student import (
    betaprime_cdf,
    betaprime_icdf,
    betaprime_log_prob,
    betaprime_sf,
    log_betaprime_cdf,
    log_betaprime_sf,
)
from jaxdist.validation import Shape


def _smallest_log(like: np.dtype) -> float:
    """Logarithm of the smallest positive number to draw: its exponential does not round to 0."""
    return math.log(2 * jnp.finfo(like).tiny)


class Gamma(ExponentialFamily):
    r"""Gamma distribution.

    .. math:: p(x) = \frac{\mathrm{rate}^a}{\Gamma(a)} x^{a - 1} e^{-\mathrm{rate}\, x},
              \quad a = \mathrm{concentration}, \quad x \ge 0

    At 0 the density is infinite for a < 1.

    Args:
      concentration: positive shape a, any shape broadcastable with `rate`.
      rate: positive rate, the inverse of the scale.
    """

    concentration: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    def _log_draw(self, key: Array, shape: Shape) -> Array:
        return random.log_gamma(key, self.concentration, shape) - jnp.log(self.rate)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        smallest = math.exp(_smallest_log(self.dtype))
        return jnp.maximum(random.gamma(key, self.concentration, shape) / self.rate, smallest)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Below the smallest number, where draws are rounded up to it, p is a power of x."""
        log_x = self._log_draw(key, shape)
        log_x = log_x if pathwise else lax.stop_gradient(log_x)
        smallest = _smallest_log(self.dtype)
        x = jnp.exp(jnp.maximum(log_x, smallest))
        below = jnp.minimum(log_x - smallest, 0)
        return x, self._log_prob(x) + (self.concentration - 1) * below

    def _log_prob(self, x: Array) -> Array:
        return gamma_log_prob(self.concentration, self.rate, x)

    def _cdf(self, x: Array) -> Array:
        return gammainc(self.concentration, self.rate * x)

    def _log_cdf(self, x: Array) -> Array:
        return log_gammainc(self.concentration, self.rate * x)

    def _survival_function(self, x: Array) -> Array:
        return gammaincc(self.concentration, self.rate * x)

    def _log_survival_function(self, x: Array) -> Array:
        return log_gammaincc(self.concentration, self.rate * x)

    def _icdf(self, q: Array) -> Array:
        return gammaincinv(self.concentration, q) / self.rate

    def _mean(self) -> Array:
        return self.concentration / self.rate

    def _mode(self) -> Array:
        """0 for a concentration of at most one, as in torch."""
        return jnp.maximum(self.concentration - 1, 0) / self.rate

    def _variance(self) -> Array:
        return self.concentration / self.rate**2

    def _stddev(self) -> Array:
        return jnp.sqrt(self.concentration) / self.rate

    def _entropy(self) -> Array:
        return gamma_entropy(self.concentration) - jnp.log(self.rate)

    def _natural_parameters(self) -> tuple[Array, Array]:
        return self.concentration - 1, -self.rate

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        power, slope = natural_parameters
        return lgamma(power + 1) - (power + 1) * jnp.log(-slope)


class Chi2(Gamma):
    r"""Chi-squared distribution: the sum of the squares of `df` standard normal draws.

    .. math:: p(x) = \frac{x^{a - 1} e^{-x/2}}{2^a\, \Gamma(a)},
              \quad a = \mathrm{df} / 2, \quad x \ge 0

    Args:
      df: positive degrees of freedom, any shape.
    """

    df: Param = param(constraints.positive)

    if TYPE_CHECKING:

        def __init__(self, df: ArrayLike, *, validate_args: bool | None = None) -> None: ...

    @property  # type: ignore[misc]
    def concentration(self) -> Array:  # type: ignore[override]
        """`df / 2`."""
        return self.df / 2

    @property  # type: ignore[misc]
    def rate(self) -> Array:  # type: ignore[override]
        """1/2."""
        return jnp.full_like(self.df, 0.5)


class InverseGamma(Distribution):
    r"""Inverse gamma distribution: of 1 / X, where X is gamma distributed.

    .. math:: p(x) = \frac{\mathrm{rate}^a}{\Gamma(a)} x^{-a - 1} e^{-\mathrm{rate} / x},
              \quad a = \mathrm{concentration}, \quad x > 0

    The mean is infinite for a <= 1, the variance for a <= 2.

    Args:
      concentration: positive shape a, any shape broadcastable with `rate`.
      rate: positive rate of X; a scale, in the units of a draw.
    """

    concentration: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.positive
    has_rsample = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.exp(jnp.log(self.rate) - random.log_gamma(key, self.concentration, shape))

    def _log_prob(self, x: Array) -> Array:
        return gamma_log_prob(self.concentration, self.rate, 1 / x) - 2 * jnp.log(x)

    def _cdf(self, x: Array) -> Array:
        return gammaincc(self.concentration, self.rate / x)

    def _log_cdf(self, x: Array) -> Array:
        return log_gammaincc(self.concentration, self.rate / x)

    def _survival_function(self, x: Array) -> Array:
        return gammainc(self.concentration, self.rate / x)

    def _log_survival_function(self, x: Array) -> Array:
        return log_gammainc(self.concentration, self.rate / x)

    def _icdf(self, q: Array) -> Array:
        return self.rate / gammainccinv(self.concentration, q)

    def _mean(self) -> Array:
        finite = self.concentration > 1
        a = jnp.where(finite, self.concentration, 2)
        return jnp.where(finite, self.rate / (a - 1), math.inf)

    def _mode(self) -> Array:
        return self.rate / (self.concentration + 1)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        finite = self.concentration > 2
        a = jnp.where(finite, self.concentration, 3)
        return jnp.where(finite, self.rate / ((a - 1) * jnp.sqrt(a - 2)), math.inf)

    def _entropy(self) -> Array:
        """That of X, plus the mean of log |d(1/X)/dX|."""
        a = self.concentration
        return gamma_entropy(a) - 2 * digamma(a) + jnp.log(self.rate)


class LogNormal(Distribution):
    r"""Log-normal distribution: of e^X, where X is normally distributed.

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

    def _log(self) -> Normal:
        """The distribution of the logarithm."""
        return Normal(self.loc, self.scale, validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.exp(self._log()._rsample(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """From the logarithm, which neither overflows nor underflows."""
        log_x, log_prob = self._log()._joint(key, shape, pathwise)
        return jnp.exp(log_x), log_prob - log_x

    def _log_prob(self, x: Array) -> Array:
        log_x = jnp.log(x)
        return self._log()._log_prob(log_x) - log_x

    def _cdf(self, x: Array) -> Array:
        return self._log()._cdf(jnp.log(x))

    def _log_cdf(self, x: Array) -> Array:
        return self._log()._log_cdf(jnp.log(x))

    def _survival_function(self, x: Array) -> Array:
        return self._log()._survival_function(jnp.log(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log()._log_survival_function(jnp.log(x))

    def _icdf(self, q: Array) -> Array:
        return jnp.exp(self._log()._icdf(q))

    def _mean(self) -> Array:
        return jnp.exp(self.loc + self.scale**2 / 2)

    def _mode(self) -> Array:
        return jnp.exp(self.loc - self.scale**2)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return self._mean() * jnp.sqrt(jnp.expm1(self.scale**2))

    def _entropy(self) -> Array:
        return self._log()._entropy() + self.loc


class _Half(Distribution):
    """The absolute value of a draw from a distribution that is symmetric about 0."""

    scale: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    def _whole(self) -> Distribution:
        """The symmetric distribution."""
        raise NotImplementedError

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.abs(self._whole()._rsample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        return self._whole()._log_prob(x) + math.log(2)

    def _log_cdf(self, x: Array) -> Array:
        """By whichever tail is the smaller."""
        cdf, survival = self._cdf(x), self._survival_function(x)
        low = cdf < 0.5
        return jnp.where(low, jnp.log(cdf), jnp.log1p(-jnp.where(low, 0, survival)))

    def _survival_function(self, x: Array) -> Array:
        return 2 * self._whole()._survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._whole()._log_survival_function(x) + math.log(2)

    def _mode(self) -> Array:
        return jnp.zeros_like(self.scale)

    def _entropy(self) -> Array:
        return self._whole()._entropy() - math.log(2)


class HalfNormal(_Half):
    r"""Half-normal distribution: of |X|, where X is normal with mean 0.

    .. math:: p(x) = \sqrt{2 / \pi}\, \exp(-z^2 / 2) / \mathrm{scale}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Args:
      scale: positive standard deviation of X, any shape.
    """

    def _whole(self) -> Normal:
        return Normal(jnp.zeros_like(self.scale), self.scale, validate_args=False)

    def _cdf(self, x: Array) -> Array:
        return lax.erf(x / self.scale / math.sqrt(2))

    def _icdf(self, q: Array) -> Array:
        return self.scale * math.sqrt(2) * lax.erf_inv(q)

    def _mean(self) -> Array:
        return math.sqrt(2 / math.pi) * self.scale

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return math.sqrt(1 - 2 / math.pi) * self.scale


class HalfCauchy(_Half):
    r"""Half-Cauchy distribution: of |X|, where X is Cauchy distributed around 0.

    .. math:: p(x) = \frac{2}{\pi\, \mathrm{scale}\, (1 + z^2)}, \quad
              z = x / \mathrm{scale}, \quad x \ge 0

    Its mean and variance are infinite.

    Args:
      scale: positive median, any shape.
    """

    def _whole(self) -> Cauchy:
        return Cauchy(jnp.zeros_like(self.scale), self.scale, validate_args=False)

    def _cdf(self, x: Array) -> Array:
        return 2 / math.pi * jnp.arctan(x / self.scale)

    def _icdf(self, q: Array) -> Array:
        near = q < 0.5
        t = jnp.tan(math.pi / 2 * jnp.where(near, q, 1 - q))
        return self.scale * jnp.where(near, t, 1 / jnp.where(near, 1, t))

    def _mean(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _variance(self) -> Array:
        return jnp.full_like(self.scale, math.inf)


class FisherSnedecor(Distribution):
    r"""Fisher and Snedecor's F: the ratio of two chi-squared draws, each over its `df`.

    .. math:: p(x) = \frac{r^{a} (1 + r)^{-a - b}}{B(a, b)\, x}, \quad
              r = \frac{\mathrm{df1}}{\mathrm{df2}} x, \quad
              a = \frac{\mathrm{df1}}{2}, \quad b = \frac{\mathrm{df2}}{2}, \quad x \ge 0

    At 0 the density is infinite for df1 < 2. As in torch the mean is NaN for df2 <= 2, and the
    variance for df2 <= 4.

    Args:
      df1: positive degrees of freedom of the numerator, any shape broadcastable with `df2`.
      df2: positive degrees of freedom of the denominator.
    """

    df1: Param = param(constraints.positive)
    df2: Param = param(constraints.positive)

    support = constraints.nonnegative
    has_rsample = True

    def _at_odds(self, function: Callable[..., Array], x: Array) -> Array:
        """Evaluate a function of the beta prime distribution, of which this is a multiple."""
        return function(self.df1 / 2, self.df2 / 2, self.df1 / self.df2 * x)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        log_odds = random.logit_beta(key, self.df1 / 2, self.df2 / 2, shape)
        log_x = log_odds + jnp.log(self.df2) - jnp.log(self.df1)
        return jnp.exp(jnp.maximum(log_x, _smallest_log(self.dtype)))

    def _log_prob(self, x: Array) -> Array:
        return self._at_odds(betaprime_log_prob, x) + jnp.log(self.df1 / self.df2)

    def _cdf(self, x: Array) -> Array:
        return self._at_odds(betaprime_cdf, x)

    def _log_cdf(self, x: Array) -> Array:
        return self._at_odds(log_betaprime_cdf, x)

    def _survival_function(self, x: Array) -> Array:
        return self._at_odds(betaprime_sf, x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._at_odds(log_betaprime_sf, x)

    def _icdf(self, q: Array) -> Array:
        return betaprime_icdf(self.df1 / 2, self.df2 / 2, q) * (self.df2 / self.df1)

    def _mean(self) -> Array:
        exists = self.df2 > 2
        df2 = jnp.where(exists, self.df2, 3)
        return jnp.where(exists, df2 / (df2 - 2), math.nan)

    def _mode(self) -> Array:
        """0 for df1 <= 2, where the density falls from there."""
        excess = jnp.maximum(self.df1 - 2, 0)
        return excess / self.df1 * (self.df2 / (self.df2 + 2))

    def _variance(self) -> Array:
        exists = self.df2 > 4
        df1, df2 = self.df1, jnp.where(exists, self.df2, 5)
        relative = 2 * (df1 + df2 - 2) / (df1 * (df2 - 4))
        return jnp.where(exists, (df2 / (df2 - 2)) ** 2 * relative, math.nan)

    def _entropy(self) -> Array:
        return betaprime_entropy(self.df1 / 2, self.df2 / 2) + jnp.log(self.df2 / self.df1)
