"""Dirichlet distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.categories import sum_of_others
from jaxdist.bases.simplex import covariance_of_shares, positive_exp, smallest_normal
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.interval.beta import Beta
from jaxdist.parameters import Param, param
from jaxdist.special import digamma, dirichlet_log_prob, gamma_entropy, lgamma, masked_log_softmax


class Dirichlet(ExponentialFamily):
    r"""Dirichlet distribution.

    .. math:: p(x) = \frac{\Gamma(a_0)}{\prod_i \Gamma(a_i)} \prod_i x_i^{a_i - 1}, \quad
              a = \mathrm{concentration}, \quad a_0 = \sum_i a_i

    Args:
      concentration: positive, shape `(..., k)`.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Dirichlet([2.0, 3.0, 5.0])
      >>> d.event_shape, d.mean
      ((3,), Array([0.2, 0.3, 0.5], dtype=float32))
    """

    concentration: Param = param(constraints.independent(constraints.positive, 1))

    support = constraints.simplex
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """The number of proportions."""
        return self.concentration.shape[-1:]

    def _total(self) -> Array:
        return jnp.sum(self.concentration, -1)

    def _log_draw(self, key: Array, shape: Shape) -> Array:
        """Its derivatives are exact also where one proportion is almost 1."""
        return masked_log_softmax(random.log_gamma(key, self.concentration, shape))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return positive_exp(self._log_draw(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate p below the smallest number, to which draws are rounded up, as a power of x."""
        log_x = self._log_draw(key, shape)
        log_x = log_x if pathwise else lax.stop_gradient(log_x)
        x = positive_exp(log_x)
        below = jnp.minimum(log_x - math.log(smallest_normal(log_x.dtype)), 0)
        return x, self._log_prob(x) + jnp.sum((self.concentration - 1) * below, -1)

    def _log_prob(self, x: Array) -> Array:
        return dirichlet_log_prob(self.concentration, x)

    def _mean(self) -> Array:
        return self.concentration / self._total()[..., None]

    def _mode(self) -> Array:
        """Entries of a concentration of at most one are 0; if all are, a vertex, as in torch."""
        excess = jnp.maximum(self.concentration - 1, 0)
        total = jnp.sum(excess, -1, keepdims=True)
        largest = jnp.argmax(self.concentration, -1)
        vertex = jax.nn.one_hot(largest, excess.shape[-1], dtype=excess.dtype)
        return jnp.where(total > 0, excess / jnp.where(total > 0, total, 1), vertex)

    def _variance(self) -> Array:
        total = self._total()[..., None]
        mean = self.concentration / total
        return mean * (sum_of_others(self.concentration) / total) / (total + 1)

    def _covariance(self) -> Array:
        total = self._total()[..., None]
        shares = self.concentration / total
        return covariance_of_shares(self._variance(), shares, 1 / (total + 1))

    def _entropy(self) -> Array:
        """Entropy of independent gamma variables, minus those of their sum and volume element."""
        total = self._total()
        of_gammas = jnp.sum(gamma_entropy(self.concentration), -1)
        k = self.concentration.shape[-1]
        return of_gammas - gamma_entropy(total) - (k - 1) * digamma(total)

    def _natural_parameters(self) -> tuple[Array]:
        return (self.concentration - 1,)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Dirichlet:
        return Dirichlet(natural_parameters[0] + 1, validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        a = natural_parameters[0] + 1
        return jnp.sum(lgamma(a), -1) - lgamma(jnp.sum(a, -1))

    def _marginals(self) -> Beta:
        """Return the distributions of the entries."""
        return Beta(self.concentration, sum_of_others(self.concentration), validate_args=False)

    def _skewness(self) -> Array:
        return self._marginals()._skewness()

    def _kurtosis(self) -> Array:
        return self._marginals()._kurtosis()
