"""DirichletMultinomial distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.categories import sum_of_others
from jaxdist.bases.counts import sums_to
from jaxdist.distribution import Distribution
from jaxdist.families.count.beta_binomial import beta_binomial_log_prob, conditional_log_prob
from jaxdist.numerics.summation import sum_over
from jaxdist.parameters import Param, param


class DirichletMultinomial(Distribution):
    r"""Multinomial whose probabilities are drawn from a Dirichlet distribution.

    .. math:: p(x) = \frac{n! \, \Gamma(A)}{\Gamma(n + A)}
              \prod_k \frac{\Gamma(x_k + a_k)}{x_k! \, \Gamma(a_k)}, \quad
              a = \mathrm{concentration}, \; A = \sum_k a_k, \; n = \mathrm{total\_count}

    It is evaluated as the beta-binomial probability of the count of the largest concentration,
    times that of independent negative binomial counts of the other categories given their sum.
    Values whose sum is not `total_count` have probability 0.

    Args:
      concentration: positive concentrations of the categories, shape `(..., K)`.
      total_count: number of draws, any batch shape.
    """

    concentration: Param = param(constraints.independent(constraints.positive, 1))
    total_count: Param = param(constraints.nonnegative_integer, default=1)

    @property
    def support(self) -> constraints.Constraint:
        """Vectors of counts."""
        return constraints.multinomial(self.total_count)

    @property
    def event_shape(self) -> Shape:
        """The number of categories."""
        return self.concentration.shape[-1:]

    def _total(self) -> Array:
        return jnp.sum(self.concentration, -1, keepdims=True)

    def _sample(self, key: Array, shape: Shape) -> Array:
        dirichlet_key, key = jax.random.split(key)
        logits = random.log_gamma(dirichlet_key, self.concentration, shape)
        return random.multinomial(key, self.total_count, logits, shape)

    def _log_prob(self, x: Array) -> Array:
        """Multiply the probability of the likeliest count by that of the others given their sum."""
        x, a, n = x.astype(self.dtype), self.concentration, self.total_count
        is_largest = jnp.arange(a.shape[-1]) == jnp.argmax(a, -1, keepdims=True)
        largest = jnp.sum(jnp.where(is_largest, x, 0), -1)
        of_others = jnp.sum(jnp.where(is_largest, 0, a), -1)
        if a.shape[-1] == 1:
            return jnp.where(sums_to(x, n), 0.0, -jnp.inf) + 0 * (of_others + largest)
        of_largest = beta_binomial_log_prob(
            *jnp.broadcast_arrays(largest, jnp.max(a, -1), of_others, n)
        )
        rest, total = (n - largest)[..., None], of_others[..., None]
        log_prob = conditional_log_prob(rest, total)
        counts = log_prob(jnp.where(is_largest, 0, x), a)
        counts = jnp.sum(jnp.where(is_largest, 0, counts), -1) - log_prob(rest, total)[..., 0]
        return jnp.where(sums_to(x, n), of_largest + counts, -jnp.inf)

    def _mean(self) -> Array:
        return self.total_count[..., None] * self.concentration / self._total()

    def _mode(self) -> Array:
        raise self._missing("mode", "maximize `log_prob`")

    def _variance(self) -> Array:
        n, total = self.total_count[..., None], self._total()
        probs = self.concentration / total
        others = sum_of_others(self.concentration) / total
        return n * probs * others * (total + n) / (total + 1)

    def _entropy(self) -> Array:
        """Sum over the values of each count, which is beta-binomial: up to `total_count` terms."""
        a, n = self.concentration, self.total_count[..., None]
        of_others = jnp.where(jnp.eye(a.shape[-1], dtype=bool), 0, a[..., None, :])
        first, *parameters = jnp.broadcast_arrays(jnp.zeros_like(a), a, jnp.sum(of_others, -1), n)
        of_counts = sum_over(_entropy_term, first, n + first + 1, *parameters)
        total = self._total()
        return jnp.sum(of_counts, -1) + conditional_log_prob(n, total)(n, total)[..., 0]


def _entropy_term(k: Array, a: Array, b: Array, n: Array) -> Array:
    return -jnp.exp(beta_binomial_log_prob(k, a, b, n)) * conditional_log_prob(n, a + b)(k, a)
