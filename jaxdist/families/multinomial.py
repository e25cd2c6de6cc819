"""Distributions of how many of a number of draws fall into each category."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.counting import sum_over, to_count
from jaxdist.distribution import Distribution
from jaxdist.families.category import (
    Bernoulli,
    Categories,
    logits_of_categories,
    probs_of_categories,
    times_log,
)
from jaxdist.families.count import Binomial, Counts, common_count, negative_binomial_log_prob
from jaxdist.parameters import Param, param
from jaxdist.special import poisson_log_prob
from jaxdist.validation import Shape

_FAINT = -80.0  # log-probabilities below it are taken out of the exponential, which would underflow


class Multinomial(Categories, Distribution):
    r"""How many of `total_count` draws fall into each category.

    .. math:: p(x) = n! \prod_k \mathrm{probs}_k^{x_k} / x_k!, \quad n = \mathrm{total\_count}

    It is evaluated as independent Poisson counts given their sum, which does not cancel:

    .. math:: p(x) = \prod_k \mathrm{Poisson}(x_k; n \, \mathrm{probs}_k) / \mathrm{Poisson}(n; n)

    Values whose sum is not `total_count` have probability 0. A logit of `-inf` masks its category.

    Args:
      total_count: number of draws, any batch shape; unlike in torch it may differ in the batch.
      probs: non-negative, shape `(..., K)`; normalised to sum to one. Or else:
      logits: unnormalised log-probabilities, shape `(..., K)`, kept as given.
    """

    total_count: Param = param(constraints.nonnegative_integer, default=1)
    probs: Param = param(constraints.simplex, default=None, otherwise=probs_of_categories)
    logits: Param = param(constraints.logits, default=None, otherwise=logits_of_categories)

    @property
    def support(self) -> constraints.Constraint:
        """Vectors of counts."""
        return constraints.multinomial(self.total_count)

    @property
    def event_shape(self) -> Shape:
        """The number of categories."""
        return (self.num_categories,)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.multinomial(key, self.total_count, self.logits, shape)

    def _log_prob(self, x: Array) -> Array:
        n = self.total_count[..., None]
        log_probs = self._log_probs()
        clear = jnp.maximum(log_probs, _FAINT)
        faint = x * jnp.where(x > 0, log_probs - clear, 0)
        counts = jnp.sum(poisson_log_prob(x, n * jnp.exp(clear)) + faint, -1)
        complete = jnp.sum(x, -1) == self.total_count
        return jnp.where(complete, counts - poisson_log_prob(n, n)[..., 0], -jnp.inf)

    def _mean(self) -> Array:
        return self.total_count[..., None] * self.probs

    def _mode(self) -> Array:
        """Apportion the draws by the method of Jefferson and D'Hondt: the n largest `probs / i`."""
        surely = jnp.floor(self._mean() * (1 - 4 * jnp.finfo(self.dtype).eps))

        def add_one(_: int, counts: Array) -> Array:
            best = jnp.argmax(self.probs / (counts + 1), -1)
            one = jax.nn.one_hot(best, self.num_categories, dtype=counts.dtype)
            incomplete = jnp.sum(counts, -1) < self.total_count
            return counts + incomplete[..., None] * one

        return to_count(lax.fori_loop(0, self.num_categories, add_one, surely))

    def _variance(self) -> Array:
        return self._mean() * (1 - self.probs)

    def _entropy(self) -> Array:
        """Sum over the values of each count, which is binomial."""
        n = lax.stop_gradient(self.total_count)[..., None]
        possible = self.probs > 0
        probs = jnp.where(possible, self.probs, 0.5)
        x, weights, log_p = Binomial(n, probs, validate_args=False)._nodes()
        surprise = -poisson_log_prob(x, (n * probs)[..., None])
        each = jnp.sum(weights * jnp.exp(log_p) * surprise, -1)
        return jnp.sum(jnp.where(possible, each, 0), -1) + poisson_log_prob(n, n)[..., 0]


class BetaBinomial(Counts):
    r"""Binomial whose probability of success is drawn from Beta(concentration1, concentration0).

    .. math:: p(k) = \binom{n}{k} B(k + a, n - k + b) / B(a, b), \quad
              a = \mathrm{concentration1}, \; b = \mathrm{concentration0}, \;
              n = \mathrm{total\_count}

    It is evaluated as two negative binomial counts, of the same probability, given their sum. The
    distribution function and the entropy are sums of up to `total_count` terms.

    Args:
      concentration1: positive weight of successes, any shape broadcastable with the others.
      concentration0: positive weight of failures.
      total_count: number of trials.
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)
    total_count: Param = param(constraints.nonnegative_integer, default=1)

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers up to the number of trials."""
        return constraints.integer_interval(0, self.total_count)

    def _arguments(self, k: Array) -> tuple[Array, ...]:
        """Return k and the parameters, of one shape and dtype."""
        total_count = lax.stop_gradient(self.total_count)
        leaves = (self.concentration1, self.concentration0, total_count)
        dtype = jnp.result_type(k, *leaves)
        return tuple(jnp.broadcast_to(x, k.shape).astype(dtype) for x in (k, *leaves))

    def _sample(self, key: Array, shape: Shape) -> Array:
        beta_key, key = jax.random.split(key)
        concentration = jnp.stack([self.concentration1, self.concentration0], -1)
        logits = random.log_gamma(beta_key, concentration, (*shape, 2))
        logits = logits[..., 0] - logits[..., 1]
        success, failure = jax.nn.sigmoid(logits), jax.nn.sigmoid(-logits)
        return random.binomial(key, self.total_count, success, failure, shape)

    def _log_prob(self, x: Array) -> Array:
        return _beta_binomial(*self._arguments(x))

    def _log_sum(self, first: Array, last: Array) -> Array:
        """Sum the probabilities from `first` to `last`, relative to the largest of them."""
        first, *parameters = self._arguments(first)
        candidates = jnp.stack([first, jnp.clip(self._mode(), first, last), last])
        largest = lax.stop_gradient(jnp.max(_beta_binomial(candidates, *parameters), 0))
        parameters.append(largest)
        return largest + jnp.log(sum_over(_relative_beta_binomial, first, last + 1, *parameters))

    def _log_cdf(self, x: Array) -> Array:
        return self._log_sum(jnp.zeros_like(x), x)

    def _log_survival_function(self, x: Array) -> Array:
        last = jnp.broadcast_to(self.total_count, x.shape)
        return self._log_sum(jnp.minimum(x + 1, last), last)

    def _cdf(self, x: Array) -> Array:
        return jnp.exp(self._log_cdf(x))

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_survival_function(x))

    def _mean(self) -> Array:
        return self.total_count * self._share(self.concentration1)

    def _share(self, concentration: Array) -> Array:
        return concentration / (self.concentration1 + self.concentration0)

    def _mode(self) -> Array:
        """Where neighbours are equally likely; an end if the probabilities fall and rise again."""
        a, b, n = self.concentration1, self.concentration0, self.total_count
        bell = a + b > 2
        top = jnp.floor((n + 1) * (a - 1) / jnp.where(bell, a + b - 2, 1))
        return to_count(jnp.where(bell, jnp.clip(top, 0, n), jnp.where(a > b, n, 0)))

    def _variance(self) -> Array:
        a, b, n = self.concentration1, self.concentration0, self.total_count
        return self._mean() * self._share(b) * (a + b + n) / (a + b + 1)

    def _entropy(self) -> Array:
        """Sum over the support."""
        first, *parameters = self._arguments(jnp.zeros(self.batch_shape, jnp.int32))
        return sum_over(_beta_binomial_surprise, first, self.total_count + 1, *parameters)

    def _enumerate_support(self) -> Array:
        return jnp.arange(common_count(self, "total_count") + 1)


def _beta_binomial(k: Array, a: Array, b: Array, n: Array) -> Array:
    shape = jnp.broadcast_shapes(k.shape, a.shape)
    counts, weights = (
        jnp.stack([jnp.broadcast_to(x, shape) for x in parts])
        for parts in ((k, n - k, n), (a, b, a + b))
    )
    one, other, both = _given_the_total(n, a + b)(counts, weights)
    return one + other - both


def _given_the_total(n: Array, total: Array) -> Callable[[Array, Array], Array]:
    """Return the log-probability of negative binomial counts whose sum is most likely `n`.

    Given their sum they do not depend on the probability, so that it carries no gradient.
    """
    logits = lax.stop_gradient(jnp.log(jnp.maximum(n, 1)) - jnp.log(total))
    trial = Bernoulli(logits=logits, validate_args=False)
    return functools.partial(negative_binomial_log_prob, trial=trial)


def _relative_beta_binomial(k: Array, a: Array, b: Array, n: Array, largest: Array) -> Array:
    return jnp.exp(_beta_binomial(k, a, b, n) - largest)


def _beta_binomial_surprise(k: Array, a: Array, b: Array, n: Array) -> Array:
    log_p = _beta_binomial(k, a, b, n)
    return -times_log(jnp.exp(log_p), log_p)


class DirichletMultinomial(Distribution):
    r"""Multinomial whose probabilities are drawn from a Dirichlet distribution: Polya's urn.

    .. math:: p(x) = \frac{n! \, \Gamma(A)}{\Gamma(n + A)}
              \prod_k \frac{\Gamma(x_k + a_k)}{x_k! \, \Gamma(a_k)}, \quad
              a = \mathrm{concentration}, \; A = \sum_k a_k, \; n = \mathrm{total\_count}

    It is evaluated as independent negative binomial counts, of one probability, given their sum.
    Values whose sum is not `total_count` have probability 0.

    Args:
      concentration: positive weights of the categories, shape `(..., K)`.
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
        weights_key, key = jax.random.split(key)
        logits = random.log_gamma(weights_key, self.concentration, shape)
        return random.multinomial(key, self.total_count, logits, shape)

    def _log_prob(self, x: Array) -> Array:
        n, total = self.total_count[..., None], self._total()
        log_prob = _given_the_total(n, total)
        counts = jnp.sum(log_prob(x, self.concentration), -1) - log_prob(n, total)[..., 0]
        return jnp.where(jnp.sum(x, -1) == self.total_count, counts, -jnp.inf)

    def _mean(self) -> Array:
        return self.total_count[..., None] * self.concentration / self._total()

    def _mode(self) -> Array:
        raise self._missing("mode", "maximise `log_prob`")

    def _variance(self) -> Array:
        n, share = self.total_count[..., None], self.concentration / self._total()
        return n * share * (1 - share) * (self._total() + n) / (self._total() + 1)

    def _entropy(self) -> Array:
        """Sum over the values of each count, which is beta-binomial: up to `total_count` terms."""
        a, n = self.concentration, self.total_count[..., None]
        of_others = jnp.where(jnp.eye(a.shape[-1], dtype=bool), 0, a[..., None, :])
        first, *parameters = jnp.broadcast_arrays(jnp.zeros_like(a), a, jnp.sum(of_others, -1), n)
        each = sum_over(_surprise_of_one, first, n + first + 1, *parameters)
        total = self._total()
        return jnp.sum(each, -1) + _given_the_total(n, total)(n, total)[..., 0]


def _surprise_of_one(k: Array, a: Array, b: Array, n: Array) -> Array:
    return -jnp.exp(_beta_binomial(k, a, b, n)) * _given_the_total(n, a + b)(k, a)
