"""Multinomial distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.categories import (
    Categories,
    log_of_probs,
    log_prob_of_counts,
    softmax_of_logits,
    sum_of_others,
)
from jaxdist.bases.counts import summation_nodes, sums_to
from jaxdist.bases.simplex import covariance_of_shares
from jaxdist.families.count.binomial import Binomial
from jaxdist.numerics.integers import LARGEST_COUNT, to_count
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    binomial_log_prob,
    log1pmx,
    log_gamma_ratio,
    masked_log_softmax,
    masked_logsumexp,
    poisson_log_prob,
)

_SMALLEST_LOG_PROB = -80.0  # the exponential of a smaller one would underflow


class Multinomial(Categories):
    r"""Multinomial distribution: how many of `total_count` draws fall into each category.

    .. math:: p(x) = n! \prod_k \mathrm{probs}_k^{x_k} / x_k!, \quad n = \mathrm{total\_count}

    It is evaluated as the binomial probability of the count of the likeliest category m, times that
    of independent Poisson counts of the others given their sum r. No large terms cancel:

    .. math:: p(x) = \mathrm{Binomial}(x_m; n, \mathrm{probs}_m) \prod_{k \ne m}
              \mathrm{Poisson}(x_k; r \, \mathrm{probs}_k / (1 - \mathrm{probs}_m))
              / \mathrm{Poisson}(r; r)

    Values whose sum is not `total_count` have probability 0. A logit of `-inf` masks its category.
    Give exactly one of `probs` and `logits`.

    Args:
      total_count: number of draws, below 2^31, since counts are int32; any batch shape: unlike in
        torch it may differ in the batch.
      probs: non-negative, shape `(..., K)`; normalized to sum to one.
      logits: unnormalized log-probabilities, shape `(..., K)`, kept as given.
    """

    total_count: Param = param(constraints.integer_interval(0, LARGEST_COUNT), default=1)
    probs: Param = param(constraints.simplex, default=None, otherwise=softmax_of_logits)
    logits: Param = param(constraints.logits, default=None, otherwise=log_of_probs)

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
        complete = sums_to(x, self.total_count)
        return jnp.where(
            complete,
            _log_prob_of_complete(self, x.astype(jnp.result_type(x, self.dtype))),
            -jnp.inf,
        )

    def _mean(self) -> Array:
        n = self.total_count[..., None]
        if "probs" in vars(self):
            return n * self.probs
        root = jnp.exp(masked_log_softmax(self.logits) / 2)  # the probabilities may underflow
        return root * (n * root)

    def _mode(self) -> Array:
        """Apportion the draws by the method of Jefferson and D'Hondt: the n largest `probs / i`."""
        at_least = jnp.floor(self._mean() * (1 - 4 * jnp.finfo(self.dtype).eps))

        def add_one(_: int, counts: Array) -> Array:
            category = jnp.argmax(self.probs / (counts + 1), -1)
            one = jax.nn.one_hot(category, self.num_categories, dtype=counts.dtype)
            incomplete = jnp.sum(counts, -1) < self.total_count
            return counts + incomplete[..., None] * one

        return to_count(lax.fori_loop(0, self.num_categories, add_one, at_least))

    def _variance(self) -> Array:
        """Of a likely category by the mean of the others, whose probability may underflow."""
        probs, mean = self.probs, self._mean()
        of_likely = probs * sum_of_others(mean)
        return jnp.where(probs > 0.5, of_likely, mean * sum_of_others(probs))

    def _covariance(self) -> Array:
        return covariance_of_shares(self._variance(), self.probs, self.total_count[..., None])

    def _entropy(self) -> Array:
        """Sum over the values of each count, which is binomial."""
        n = lax.stop_gradient(self.total_count)[..., None]
        is_largest = jnp.arange(self.num_categories) == jnp.argmax(self.probs, -1, keepdims=True)
        rare = jnp.where(is_largest, sum_of_others(self.probs), self.probs)
        possible = rare > 0
        rare = jnp.where(possible, rare, 0.5)
        x, weights, log_p = summation_nodes(Binomial(n, rare, validate_args=False))
        information = jnp.where(
            is_largest[..., None],
            _information_of_rest(x, n[..., None], rare[..., None]),
            -poisson_log_prob(x, (n * rare)[..., None]),
        )
        p = weights * jnp.exp(log_p)
        of_counts = jnp.sum(p * information, -1) / jnp.sum(p, -1)
        return jnp.sum(jnp.where(possible, of_counts, 0), -1)


def _information_of_rest(x: Array, n: Array, q: Array) -> Array:
    r"""Evaluate :math:`\log \mathrm{Poisson}(n; n) - \log \mathrm{Poisson}(n - x; n (1 - q))`.

    Without cancellation where x, the count of all categories but the likeliest, is small.
    """
    k = jnp.clip(n - x, 0)
    x = n - k
    logs = x * (jnp.log1p(-q) - jnp.log((k + 1) / jnp.maximum(n, 1)))
    of_few = logs - n * log1pmx(-q) - log_gamma_ratio(k + 1, x)
    of_many = poisson_log_prob(n, n) - poisson_log_prob(k, n * (1 - q))
    return jnp.where(x * x > k, of_many, of_few)


@custom_jvp
def _log_prob_of_complete(d: Multinomial, x: Array) -> Array:
    """Evaluate counts that sum to the total count."""
    return _evaluate(d, x)


@_log_prob_of_complete.defjvp
def _log_prob_of_complete_jvp(
    primals: tuple[Multinomial, Array], tangents: tuple[Multinomial, Array]
) -> tuple[Array, Array]:
    """Differentiate in the parameters as one sequence of draws: there no large terms cancel."""
    (d, x), (d_dot, x_dot) = primals, tangents
    _, of_parameters = jax.jvp(lambda d: log_prob_of_counts(d, x), (d,), (d_dot,))

    def at_fixed_probs(n: Array, x: Array) -> Array:
        return _evaluate(d._with(total_count=n), x)

    counts, counts_dot = (d.total_count, x), (d_dot.total_count, x_dot)
    _, of_counts = jax.jvp(at_fixed_probs, counts, counts_dot)
    return _log_prob_of_complete(d, x), of_parameters + of_counts


def _evaluate(d: Multinomial, x: Array) -> Array:
    n, given = d.total_count, d.probs if "probs" in vars(d) else d.logits
    is_largest = jnp.arange(given.shape[-1]) == jnp.argmax(given, -1, keepdims=True)
    largest = jnp.sum(jnp.where(is_largest, x, 0), -1)
    split = _split_by_probs if "probs" in vars(d) else _split_by_logits
    of_largest, shares, log_factor = split(given, is_largest, largest, n)
    x, rest = jnp.where(is_largest, 0, x), n - largest
    beyond = x * jnp.where(x > 0, log_factor, 0)
    counts = poisson_log_prob(x, rest[..., None] * shares) + beyond
    counts = jnp.sum(jnp.where(is_largest, 0, counts), -1) - poisson_log_prob(rest, rest)
    return of_largest + counts


def _split_by_probs(
    probs: Array, is_largest: Array, count: Array, n: Array
) -> tuple[Array, Array, Array]:
    """Split probabilities into that of the largest one's count, and shares of the rest.

    By no logarithms: that of a small rest would be rounded. The rarer one of the two is what the
    binomial distribution counts.
    """
    others = jnp.where(is_largest, 0, probs)
    rest, largest = jnp.sum(others, -1), jnp.sum(jnp.where(is_largest, probs, 0), -1)
    is_rare, total = largest < rest, largest + rest
    rare = jnp.minimum(largest, rest) / (total + (total == 0))
    of_largest = binomial_log_prob(jnp.where(is_rare, count, n - count), n, probs=rare)
    shares = others / (rest + (rest == 0))[..., None]
    return of_largest, shares, jnp.zeros_like(shares)


def _split_by_logits(
    logits: Array, is_largest: Array, count: Array, n: Array
) -> tuple[Array, Array, Array]:
    """Return the same from logits, with the logarithms of what shares lack that underflow."""
    log_probs = masked_log_softmax(logits)
    of_others = jnp.where(is_largest, -jnp.inf, log_probs)
    log_rest = masked_logsumexp(of_others)
    has_others = log_rest > -jnp.inf
    log_rest = jnp.where(has_others, log_rest, 0)
    log_odds = jnp.sum(jnp.where(is_largest, log_probs, 0), -1) - log_rest
    of_largest = binomial_log_prob(count, n, logits=jnp.where(has_others, log_odds, jnp.inf))
    conditional = of_others - log_rest[..., None]
    clipped = jnp.maximum(conditional, _SMALLEST_LOG_PROB)
    return of_largest, jnp.exp(clipped), conditional - clipped
