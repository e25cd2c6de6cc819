"""BetaNegativeBinomial distribution."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.beta_negative_binomial import (
    beta_negative_binomial_kurtosis,
    beta_negative_binomial_skewness,
)
from jaxdist.bases.counts import (
    log_prob_beyond,
    power_tail_nodes,
    power_tail_sums,
    search_from,
)
from jaxdist.bases.log_sum import log_sum_over
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.families.count.beta_binomial import log_prob_of_outcomes
from jaxdist.numerics.integers import to_count
from jaxdist.numerics.summation import sum_over
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import digamma, digamma_difference, p_log_p
from jaxdist.special.beta import sort_pair
from jaxdist.special.polygamma import digamma_contrast
from jaxdist.special.products import product
from jaxdist.special.quotient import log1p_quotient, quotient
from jaxdist.special.rare_counts import rare_beta_negative_binomial_sf
from jaxdist.special.second_difference import lgamma_second_difference

_REACH = 12  # standard deviations within which the lower tail is summed
_FARTHEST = 1e30  # mode
_LARGEST = 1e37  # parameter, so that nothing made of them is out of range
_LOG_LIKELY = -0.3  # log-probability whose complement is not much smaller
_FEW = 512  # values below which it is summed beyond the mode too


class BetaNegativeBinomial(LogTails):
    r"""Negative binomial whose probability of success is drawn from a beta distribution.

    .. math:: p(k) = \frac{\Gamma(n + k)}{\Gamma(n) \, k!} \frac{B(a + n, b + k)}{B(a, b)}, \quad
              a = \mathrm{concentration0}, \; b = \mathrm{concentration1}, \;
              n = \mathrm{total\_count}

    for the number k of successes, of probability Beta(concentration1, concentration0), before a
    number of failures, as in `NegativeBinomial`. The parameters are those of numpyro, which calls
    `total_count` n; SciPy's `betanbinom(n, a, b)` has the concentrations in the other order. The
    tail is a power: the mean is infinite for a <= 1, the variance for a <= 2. Draws are int32:
    a larger one becomes 2^31 - 2.

    Args:
      concentration1: positive concentration of successes, which are counted, any shape
        broadcastable with the others.
      concentration0: positive concentration of failures.
      total_count: positive number of failures, need not be an integer.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.BetaNegativeBinomial(2.0, 4.0, total_count=3)
      >>> print(*(f"{v:.3f}" for v in d.log_prob([0, 2, 50])), d.mean)
      -1.030 -1.946 -11.282 2.0
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)
    total_count: Param = param(constraints.positive)

    support = constraints.nonnegative_integer

    def _sample(self, key: Array, shape: Shape) -> Array:
        beta_key, key = jax.random.split(key)
        logits = random.logit_beta(beta_key, self.concentration1, self.concentration0, shape)
        return random.negative_binomial(key, self.total_count, jnp.exp(logits), shape)

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        """Return the value and the parameters, of one shape."""
        leaves = self.concentration0, self.concentration1, self.total_count
        return tuple(jnp.broadcast_to(v, x.shape) for v in (x.astype(self.dtype), *leaves))

    def _log_prob(self, x: Array) -> Array:
        return _log_prob(*self._arguments(x))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Sum the terms up to the mode, and those above it at ever fewer nodes."""
        mode = self._mode_as_float()
        is_summed = x < jnp.maximum(mode, _FEW)
        k, *parameters = self._arguments(x)
        last = jnp.where(is_summed, x, 0)
        nearest = jnp.minimum(last, mode)
        log_largest = lax.stop_gradient(_log_prob(nearest, *parameters))
        first = jnp.maximum(last - self._reach(), 0)
        log_lower = log_sum_over(_log_prob, first, last + 1, None, log_largest, *parameters)
        start = jnp.maximum(k, mode) + 1
        nodes, weights = power_tail_nodes(start)
        log_p = _log_prob(nodes, *(parameter[..., None] for parameter in parameters))
        log_beyond = log_prob_beyond(log_p, nodes, parameters[0])
        log_largest = lax.stop_gradient(jnp.maximum(jnp.max(log_p, -1), log_beyond))
        total = jnp.sum(weights * jnp.exp(log_p - log_largest[..., None]), -1)
        log_upper = log_largest + jnp.log(total + jnp.exp(log_beyond - log_largest))
        # The sum of one term is exact, also where it is nearly 1; of few it is more so than a tail.
        is_rarer = log_lower < jnp.maximum(log_upper, _LOG_LIKELY)
        is_lower = (k < mode) | (k == 0) | (is_summed & is_rarer)
        return both_log_tails(is_lower, jnp.where(is_lower, log_lower, log_upper))

    def _log_cdf(self, x: Array) -> Array:
        rare, sf = rare_beta_negative_binomial_sf(*self._arguments(x))
        return jnp.where(rare, jnp.log1p(-sf), super()._log_cdf(x))

    def _cdf(self, x: Array) -> Array:
        rare, sf = rare_beta_negative_binomial_sf(*self._arguments(x))
        return jnp.where(rare, 1 - sf, super()._cdf(x))

    def _survival_function(self, x: Array) -> Array:
        rare, sf = rare_beta_negative_binomial_sf(*self._arguments(x))
        return jnp.where(rare, sf, super()._survival_function(x))

    def _reach(self) -> Array:
        """Return within how far from the mode all terms below it are that matter."""
        variance = lax.stop_gradient(self)._variance()
        is_finite = variance < math.inf
        stddev = jnp.sqrt(jnp.where(is_finite, variance, 0))
        return jnp.where(is_finite, jnp.ceil(_REACH * stddev) + _FEW, math.inf)

    def _icdf(self, q: Array) -> Array:
        """Search from the quantile of a power tail around the ratio of the concentrations."""
        a, b, n = self.concentration0, self.concentration1, self.total_count
        center = jnp.sqrt(n) * (b / a) * jnp.sqrt(n)
        return search_from(center * jnp.exp(-jnp.log1p(-q) / a), self, q)

    def _mean(self) -> Array:
        a = self.concentration0
        d = jnp.where(a > 1, a, 2) - 1
        smaller, larger = sort_pair(self.concentration1, self.total_count)
        return jnp.where(a > 1, product(smaller, quotient(larger, d)), math.inf)

    def _mode_as_float(self) -> Array:
        a, b, n = lax.stop_gradient((self.concentration0, self.concentration1, self.total_count))
        product = jnp.maximum(n - 1, 0) * (jnp.maximum(b - 1, 0) / (a + 1))
        return jnp.minimum(jnp.floor(product), _FARTHEST)

    def _mode(self) -> Array:
        return to_count(self._mode_as_float())

    def _variance(self) -> Array:
        r"""The formula :math:`n b (a + n - 1) (a + b - 1) / ((a - 1)^2 (a - 2))`."""
        a, b, n = self.concentration0, self.concentration1, self.total_count
        is_finite = a > 2
        c = jnp.where(is_finite, a, 3)
        factors = (1 + quotient(v, c - d) for v, d in ((n, 1), (b, 1), (jnp.ones_like(c), 2)))
        variance = functools.reduce(product, factors, self._with(concentration0=c)._mean())
        return jnp.where(is_finite, variance, math.inf)

    def _skewness(self) -> Array:
        return beta_negative_binomial_skewness(
            self.concentration0, self.concentration1, self.total_count, self._stddev()
        )

    def _kurtosis(self) -> Array:
        return beta_negative_binomial_kurtosis(
            self.concentration0, self.concentration1, self.total_count
        )

    def _entropy(self) -> Array:
        """Sum -p log p up to the mode, and above it at ever fewer nodes."""
        mode = jnp.broadcast_to(self._mode_as_float(), self.batch_shape)
        zero, *parameters = self._arguments(jnp.zeros(self.batch_shape, jnp.int32))
        first = jnp.maximum(mode - self._reach(), 1)
        lower, of_lower = (
            sum_over(term, first, mode + 1, *parameters) for term in (_prob, _entropy_term)
        )
        nodes, weights = power_tail_nodes(jnp.maximum(mode, 0) + 1)
        log_p = self[..., None]._log_prob(nodes)
        upper, of_upper = power_tail_sums(log_p, nodes, weights, parameters[0])
        others = (of_lower + of_upper) / (lower + upper)
        log_none = _log_prob(zero, *parameters)
        return -jnp.expm1(log_none) * others - p_log_p(jnp.exp(log_none), log_none)


def _log_prob(k: Array, a: Array, b: Array, n: Array) -> Array:
    """At 0 it is a second difference of the logarithm of the gamma function."""
    a, b, n = (jnp.minimum(x, _LARGEST) for x in (a, b, n))
    is_none = k == 0
    of_some = _log_prob_of_some(jnp.where(is_none, 1, k), a, b, n)
    return jnp.where(is_none, -lgamma_second_difference(a, b, n), of_some)


@custom_jvp
def _log_prob_of_some(k: Array, a: Array, b: Array, n: Array) -> Array:
    """Multiply by n / (n + k) the probability of k successes and n failures in n + k trials."""
    return log_prob_of_outcomes(k, n, b, a) - log1p_quotient(k, n)


@_log_prob_of_some.defjvp
def _log_prob_of_some_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Differentiate by contrasts of the digamma function."""
    (k, a, b, n), (k_dot, a_dot, b_dot, n_dot) = primals, tangents
    of_a = _contrast(a, n, b, k)
    of_k = digamma(n + k) - digamma(k + 1) + digamma(b + k) - digamma(a + b + n + k)
    dot = of_a * a_dot + _contrast(b, k, a, n) * b_dot + _contrast(n, k, a, b) * n_dot
    return _log_prob_of_some(k, a, b, n), dot + of_k * k_dot


def _contrast(a: Array, k: Array, b: Array, m: Array) -> Array:
    """Compute `digamma_contrast` also for a positive k below 1 at small a, for m of at least 1.

    There both differences nearly cancel where a is much larger than b: it is increased by the
    recurrence.
    """
    is_part = (k > 0) & (k < 1) & (a < 1)
    part, more = jnp.where(is_part, k, 0.5), jnp.where(is_part, m, 1)
    differences = digamma_difference(a, part) - digamma_difference(a + b, part + more)
    shifted = b / (a + b) * (1 / a) - digamma_difference(a + part, 1 - part)
    shifted -= digamma_difference(a + b + 1, part + more - 1)
    of_part = jnp.where(b < a, shifted, differences)
    return jnp.where(is_part, of_part, digamma_contrast(a, jnp.where(is_part, 1, k), b, m))


def _prob(k: Array, a: Array, b: Array, n: Array) -> Array:
    return jnp.exp(_log_prob(k, a, b, n))


def _entropy_term(k: Array, a: Array, b: Array, n: Array) -> Array:
    log_p = _log_prob(k, a, b, n)
    return -p_log_p(jnp.exp(log_p), log_p)
