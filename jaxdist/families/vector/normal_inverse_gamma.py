"""NormalInverseGamma distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.real.normal import Normal
from jaxdist.families.real.student_t import StudentT
from jaxdist.linalg.triangular import diagonal_matrix
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI, digamma


class NormalInverseGamma(Distribution):
    r"""Distribution of mean and variance, conjugate to the normal distribution.

    .. math:: v \sim \mathrm{InverseGamma}(a, b), \quad m \mid v \sim \mathcal{N}(\mu, v / \kappa),
              \quad (\mu, \kappa, a, b) = (\mathrm{loc}, \mathrm{count}, \mathrm{concentration},
              \mathrm{rate})

    A value is the vector (m, v). As a prior, μ counts as the mean of κ observations. The
    parameters of the variance are those of `InverseGamma`.

    Args:
      loc: μ, any shape broadcastable with the others.
      count: positive κ, the number of observations that the mean is worth.
      concentration: positive a.
      rate: positive b, in the units of the variance.

    Example:
      >>> import jaxdist as jd
      >>> prior = jd.NormalInverseGamma(0.0, 1.0, 2.0, 2.0)
      >>> posterior = jd.posterior(prior, jd.Normal, [1.0, 2.0, 3.0])
      >>> print(*posterior.mean)  # of the mean and the variance
      1.5 1.8

    References:
      Gelman et al. 2013, "Bayesian Data Analysis", section 3.3.
    """

    loc: Param = param(constraints.real)
    count: Param = param(constraints.positive)
    concentration: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.independent(
        constraints.stack((constraints.real, constraints.positive), -1), 1
    )
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """(2,): a mean and a variance."""
        return (2,)

    @property
    def of_variance(self) -> InverseGamma:
        """The marginal distribution of the variance."""
        return InverseGamma(self.concentration, self.rate, validate_args=False)

    @property
    def of_mean(self) -> StudentT:
        """The marginal distribution of the mean."""
        scale = jnp.sqrt(self.rate / self.concentration) / jnp.sqrt(self.count)
        return StudentT(2 * self.concentration, self.loc, scale, validate_args=False)

    def mean_given(self, variance: Array) -> Normal:
        """Return the distribution of the mean, given the variance."""
        scale = jnp.sqrt(variance / self.count)
        loc = jnp.broadcast_to(self.loc, scale.shape)
        return Normal(loc, scale, validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        variance_key, mean_key = jax.random.split(key)
        variance = self.of_variance._rsample(variance_key, shape[:-1])
        mean = self.mean_given(variance)._rsample(mean_key, shape[:-1])
        return jnp.stack([mean, variance], -1)

    def _log_prob(self, x: Array) -> Array:
        mean, variance = x[..., 0], x[..., 1]
        return self.of_variance._log_prob(variance) + self.mean_given(variance)._log_prob(mean)

    def _of_both(self, name: str) -> Array:
        parts = (getattr(d, name)() for d in (self.of_mean, self.of_variance))
        return jnp.stack([jnp.broadcast_to(x, self.batch_shape) for x in parts], -1)

    def _mean(self) -> Array:
        return self._of_both("_mean")

    def _mode(self) -> Array:
        variance = self.rate / (self.concentration + 1.5)
        return jnp.stack([self.loc, variance], -1)

    def _variance(self) -> Array:
        return self._of_both("_variance")

    def _skewness(self) -> Array:
        return self._of_both("_skewness")

    def _kurtosis(self) -> Array:
        return self._of_both("_kurtosis")

    def _covariance(self) -> Array:
        """Diagonal: the mean is symmetric around one point, whatever the variance."""
        return diagonal_matrix(self._variance())

    def _entropy(self) -> Array:
        mean_log_variance = jnp.log(self.rate) - digamma(self.concentration)
        of_mean = (1 + LOG_TWO_PI + mean_log_variance - jnp.log(self.count)) / 2
        return self.of_variance._entropy() + of_mean
