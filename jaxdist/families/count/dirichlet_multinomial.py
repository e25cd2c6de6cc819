"""DirichletMultinomial distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.categories import sum_of_others
from jaxdist.bases.counts import sums_to
from jaxdist.bases.simplex import covariance_of_shares
from jaxdist.distribution import Distribution
from jaxdist.families.count.beta_binomial import (
    beta_binomial_log_prob,
    beta_binomial_mode,
    conditional_log_prob,
)
from jaxdist.numerics.integers import LARGEST_COUNT
from jaxdist.numerics.summation import sum_over_sides
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special.counts_given_sum import log_prob_given_sum
from jaxdist.special.polygamma import digamma_contrast


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
      total_count: number of draws, below 2^31, since counts are int32; any batch shape.
    """

    concentration: Param = param(constraints.independent(constraints.positive, 1))
    total_count: Param = param(constraints.integer_interval(0, LARGEST_COUNT), default=1)

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
        n = self.total_count
        log_prob = _log_prob_of_complete(self.concentration, x.astype(self.dtype), n)
        return jnp.where(sums_to(x, n), log_prob, -jnp.inf)

    def _mean(self) -> Array:
        return self.total_count[..., None] * self.concentration / self._total()

    def _mode(self) -> Array:
        raise self._missing("mode", "maximize `log_prob`")

    def _variance(self) -> Array:
        n, total = self.total_count[..., None], self._total()
        probs = self.concentration / total
        others = sum_of_others(self.concentration) / total
        return n * probs * others * (total + n) / (total + 1)

    def _covariance(self) -> Array:
        n, total = self.total_count[..., None], self._total()
        shares = self.concentration / total
        return covariance_of_shares(self._variance(), shares, n * (total + n) / (total + 1))

    def _entropy(self) -> Array:
        """Sum over the values of each count, which is beta-binomial."""
        a, n = self.concentration, self.total_count[..., None]
        of_others = jnp.where(jnp.eye(a.shape[-1], dtype=bool), 0, a[..., None, :])
        first, *parameters = jnp.broadcast_arrays(jnp.zeros_like(a), a, jnp.sum(of_others, -1), n)
        mode = beta_binomial_mode(*parameters)
        of_counts = sum_over_sides(_entropy_term, first, n + first + 1, mode, *parameters)
        total = self._total()
        return jnp.sum(of_counts, -1) + conditional_log_prob(n, total)(n, total)[..., 0]


def _entropy_term(k: Array, a: Array, b: Array, n: Array) -> Array:
    return -jnp.exp(beta_binomial_log_prob(k, a, b, n)) * conditional_log_prob(n, a + b)(k, a)


@custom_jvp
def _log_prob_of_complete(a: Array, x: Array, n: Array) -> Array:
    """Evaluate counts that sum to n."""
    return _evaluate(a, x, n)


@_log_prob_of_complete.defjvp
def _log_prob_of_complete_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Differentiate in the concentrations by contrasts of the digamma function.

    In the largest one, where they may nearly vanish, it is the beta-binomial distribution's slope.
    """
    (a, x, n), (a_dot, x_dot, n_dot) = primals, tangents
    is_largest, arguments = _split(a, x, n)
    of_others = digamma_contrast(a, x, sum_of_others(a), n[..., None] - x)
    of_largest = lambda largest: beta_binomial_log_prob(arguments[0], largest, *arguments[2:])
    _, slope = jax.jvp(of_largest, (arguments[1],), (jnp.ones_like(arguments[1]),))
    slopes = jnp.where(is_largest, slope[..., None], of_others)
    _, of_counts = jax.jvp(lambda x, n: _evaluate(a, x, n), (x, n), (x_dot, n_dot))
    return _log_prob_of_complete(a, x, n), jnp.sum(slopes * a_dot, -1) + of_counts


def _split(a: Array, x: Array, n: Array) -> tuple[Array, tuple[Array, ...]]:
    """Return which concentration is the largest, and its beta-binomial distribution's arguments."""
    is_largest = jnp.arange(a.shape[-1]) == jnp.argmax(a, -1, keepdims=True)
    count = jnp.sum(jnp.where(is_largest, x, 0), -1)
    others = jnp.sum(jnp.where(is_largest, 0, a), -1)
    return is_largest, tuple(jnp.broadcast_arrays(count, jnp.max(a, -1), others, n.astype(a.dtype)))


def _evaluate(a: Array, x: Array, n: Array) -> Array:
    """Multiply the probability of the likeliest count by that of the others given their sum."""
    if a.shape[-1] == 1:
        return jnp.zeros(jnp.broadcast_shapes(a.shape, x.shape)[:-1], a.dtype)
    is_largest, arguments = _split(a, x, n)
    some = (arguments[0] < n)[..., None]  # without others their sum is certain
    others = jnp.where(is_largest, 0, a)
    counts = jnp.where(is_largest, 0, jnp.where(some, x, 1))
    counts, others = (jnp.moveaxis(v, -1, 0) for v in jnp.broadcast_arrays(counts, others))
    of_others = jnp.where(some[..., 0], log_prob_given_sum(counts, others), 0)
    return beta_binomial_log_prob(*arguments) + of_others
