"""NoncentralBeta distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import both_log_tails
from jaxdist.bases.numerical_quantile import NumericalQuantile
from jaxdist.parameters import Param, param
from jaxdist.random.poisson import poisson_parts
from jaxdist.special import Probability, logit_betaincinv, softplus
from jaxdist.special.beta_density import log_beta_at_end
from jaxdist.special.noncentral_beta import noncentral_beta_log_prob, noncentral_beta_log_tail

_LARGEST = 1e36  # parameters of whose sums products are finite


class NoncentralBeta(NumericalQuantile):
    r"""Noncentral beta: the share of explained variance where the null hypothesis is false.

    .. math:: \frac{W}{W + V}, \quad
              W \sim \mathrm{NoncentralChi2}(2 a, \lambda), \quad
              V \sim \mathrm{Chi2}(2 b), \quad
              (a, b) = (\mathrm{concentration1}, \mathrm{concentration0})

    the distribution of :math:`R^2` in a regression on fixed covariates. The first two parameters
    are those of `Beta`, the last is named as in `NoncentralChi2`. Distributions.jl's are the same.

    Args:
      concentration1: positive a, any shape broadcastable with the others.
      concentration0: positive b.
      noncentrality: non-negative λ; for 0 it is `Beta`.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.NoncentralBeta(1.0, 28.5, [5.0, 10.0])  # two covariates, 60 observations
      >>> print(*(f"{x:.3f}" for x in d.log_prob(0.1)))
      1.729 1.406

    References:
      Johnson, Kotz and Balakrishnan 1995, "Continuous univariate distributions", chapter 30.
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)
    noncentrality: Param = param(constraints.nonnegative)

    support = constraints.unit_interval

    def _arguments(self, x: Array) -> tuple[Probability, Array, Array, Array]:
        leaves = (self.concentration1, self.concentration0, self.noncentrality / 2)
        a, b, rate = (jnp.broadcast_to(leaf, x.shape) for leaf in leaves)
        return Probability(x, 1 - x, jnp.log(x), jnp.log1p(-x)), a, b, rate

    def _sample(self, key: Array, shape: Shape) -> Array:
        count_key, beta_key = jax.random.split(key)
        start, step = poisson_parts(count_key, self.noncentrality / 2, shape)
        count = start + step.astype(self.dtype)
        a, b = self.concentration1 + count, self.concentration0
        return jax.nn.sigmoid(random.logit_beta(beta_key, a, b, shape))

    def _log_prob(self, x: Array) -> Array:
        is_low, is_high = x == 0, x == 1
        z = jnp.where(is_low | is_high, 0.5, x)
        _, a, b, rate = self._arguments(z)
        # Where sums of parameters might overflow, the exponent is a multiple of that at parameters
        # over 512. It is 0 or huge, and the density is above 1 where it is 0.
        is_sharp = (a / 4 + b / 4 + rate / 4 > _LARGEST) & (jnp.minimum(a, b) > 1e30)
        share = jnp.where(is_sharp, 1 / 512, 1.0).astype(x.dtype)
        inside = noncentral_beta_log_prob(z, a * share, b * share, rate * share)
        inside = jnp.where(inside > 0, inside - jnp.log(share) / 2, inside / share)
        lowest, highest = log_beta_at_end(a, b) - rate, log_beta_at_end(b, a + rate)
        return jnp.where(is_low, lowest, jnp.where(is_high, highest, inside))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return both_log_tails(*noncentral_beta_log_tail(*self._arguments(x)))

    def _from_coordinate(self, t: Array) -> tuple[Array, Array]:
        """Return the sigmoid of t."""
        return jax.nn.sigmoid(t), -softplus(t) - softplus(-t)

    def _bracket(self, below: Array, above: Array) -> tuple[Array, Array, Array]:
        """Begin at the beta variable that is made of a chi-squared one of the same moments."""
        info = jnp.finfo(below.dtype)
        mean = 2 * self.concentration1 + self.noncentrality
        half = mean / 2 * (mean / (mean + self.noncentrality))
        p = jnp.clip(below, 1e-6, 1 - 1e-6)
        start = logit_betaincinv(half, self.concentration0, p) + jnp.log(mean / half / 2)
        low, high = math.log(float(info.tiny)), -math.log(float(info.epsneg))
        return jnp.full_like(below, low), jnp.full_like(below, high), start
