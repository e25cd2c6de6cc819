"""NoncentralF distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import both_log_tails
from jaxdist.bases.numerical_quantile import PositiveNumericalQuantile
from jaxdist.families.positive.gamma import log_smallest_draw
from jaxdist.parameters import Param, param
from jaxdist.random.poisson import poisson_parts
from jaxdist.special import logit_betaincinv
from jaxdist.special.noncentral_beta import noncentral_beta_log_tail
from jaxdist.special.noncentral_f import f_probability, noncentral_f_log_prob
from jaxdist.special.products import half

_HUGE = 1e30  # degrees of freedom of a denominator that is constant


class NoncentralF(PositiveNumericalQuantile):
    r"""Noncentral F: the statistic of an analysis of variance where the null hypothesis is false.

    .. math:: \frac{W / \mathrm{df1}}{V / \mathrm{df2}}, \quad
              W \sim \mathrm{NoncentralChi2}(\mathrm{df1}, \lambda), \quad
              V \sim \mathrm{Chi2}(\mathrm{df2})

    For groups of n observations with standard deviation s, whose means differ by :math:`d_i` from
    their average, :math:`\lambda = n \sum_i d_i^2 / s^2`. The parameters are named as those of
    `FisherSnedecor` and `NoncentralChi2`; SciPy's `ncf` calls them `dfn`, `dfd` and `nc`. The
    moments exist where those of `FisherSnedecor` do.

    Args:
      df1: positive degrees of freedom of the numerator, any shape broadcastable with the others.
      df2: positive degrees of freedom of the denominator.
      noncentrality: non-negative λ; for 0 it is `FisherSnedecor`.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.NoncentralF(2.0, 57.0, [5.0, 10.0])  # three groups of 20
      >>> power = d.survival_function(3.159)  # jd.FisherSnedecor(2.0, 57.0).isf(0.05)
      >>> print(*(f"{p:.3f}" for p in power))
      0.482 0.793

    References:
      Johnson, Kotz and Balakrishnan 1995, "Continuous univariate distributions", chapter 30.
    """

    df1: Param = param(constraints.positive)
    df2: Param = param(constraints.positive)
    noncentrality: Param = param(constraints.nonnegative)

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        """Return x and the parameters; a df2 so large that it does not matter as a smaller one."""
        of_numerator = jnp.maximum(self.df1, self.noncentrality)
        is_constant = (self.df2 > _HUGE) & (of_numerator < math.sqrt(_HUGE))
        leaves = (self.df1, jnp.where(is_constant, _HUGE, self.df2), self.noncentrality)
        return (x, *(jnp.broadcast_to(leaf, x.shape) for leaf in leaves))

    def _sample(self, key: Array, shape: Shape) -> Array:
        count_key, beta_key = jax.random.split(key)
        start, step = poisson_parts(count_key, self.noncentrality / 2, shape)
        count = start + step.astype(self.dtype)
        log_odds = random.logit_beta(beta_key, self.df1 / 2 + count, self.df2 / 2, shape)
        log_x = log_odds + jnp.log(self.df2) - jnp.log(self.df1)
        return jnp.exp(jnp.maximum(log_x, log_smallest_draw(self.dtype)))

    def _log_prob(self, x: Array) -> Array:
        return noncentral_f_log_prob(*self._arguments(x))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        x, df1, df2, rest = self._arguments(x)
        at = f_probability(x, df1, df2)
        return both_log_tails(*noncentral_beta_log_tail(at, half(df1), half(df2), rest / 2))

    def _bracket(self, below: Array, above: Array) -> tuple[Array, Array, Array]:
        """Begin at the F variable whose numerator has the same mean and variance."""
        info = jnp.finfo(below.dtype)
        mean = self.df1 + self.noncentrality
        half = mean / 2 * (mean / (mean + self.noncentrality))
        log_odds = logit_betaincinv(half, self.df2 / 2, jnp.clip(below, 1e-6, 1 - 1e-6))
        start = log_odds + jnp.log(mean / half / 2) + jnp.log(self.df2 / self.df1)
        low, high = (math.log(float(x)) for x in (info.tiny, info.max))
        return jnp.full_like(below, low), jnp.full_like(below, high - 1), start

    def _mean(self) -> Array:
        exists = self.df2 > 2
        df2 = jnp.where(exists, self.df2, 3)
        mean = (1 + self.noncentrality / self.df1) * (df2 / (df2 - 2))
        return jnp.where(exists, mean, math.inf)

    def _variance(self) -> Array:
        exists = self.df2 > 4
        df1, df2, rest = self.df1, jnp.where(exists, self.df2, 5), self.noncentrality
        relative = 1 + rest / df1
        of_numerator = (1 + 2 * rest / df1) / df1 * (df2 - 2)
        variance = 2 * (df2 / (df2 - 2)) ** 2 / (df2 - 4) * (relative**2 + of_numerator)
        return jnp.where(exists, variance, jnp.where(self.df2 > 2, math.inf, math.nan))

    def _skewness(self) -> Array:
        return self._moment_beyond(6, "skewness", 3)

    def _kurtosis(self) -> Array:
        return self._moment_beyond(8, "kurtosis", 4) - 3

    def _moment_beyond(self, least: float, name: str, power: int) -> Array:
        """Return a standardized moment, which exists where df2 is larger than a number."""
        exists = self.df2 > least
        d = self._with(df2=jnp.where(exists, self.df2, least + 2))
        return jnp.where(exists, d._standardized_moment(name, power), math.nan)
