"""BetaBinomial distribution."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.custom_derivatives import SymbolicZero

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import common_count, icdf_by_search
from jaxdist.bases.log_sum import log_sum_over
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.count.negative_binomial import negative_binomial_log_prob
from jaxdist.numerics.differentiation import derivative
from jaxdist.numerics.integers import to_count
from jaxdist.numerics.summation import sum_over_sides
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    digamma,
    lgamma_second_difference,
    p_log_p,
    sigmoid,
)
from jaxdist.special.counts_given_sum import log_prob_given_sum
from jaxdist.special.infinite_slopes import along
from jaxdist.special.polygamma import digamma_contrast
from jaxdist.special.products import product
from jaxdist.special.quotient import over, quotient

_HUGE, _LARGE_UNIT = 1e20, 2.0**40  # sum of concentrations whose products with counts may overflow


class BetaBinomial(LogTails):
    r"""Binomial whose probability of success is drawn from Beta(concentration1, concentration0).

    .. math:: p(k) = \binom{n}{k} B(k + a, n - k + b) / B(a, b), \quad
              a = \mathrm{concentration1}, \; b = \mathrm{concentration0}, \;
              n = \mathrm{total\_count}

    It is evaluated as the probability of two negative binomial counts given their sum. The cdf and
    the entropy are sums, of up to 4,096 terms.

    Args:
      concentration1: positive concentration of successes, any shape broadcastable with the others.
      concentration0: positive concentration of failures.
      total_count: number of trials.
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)
    total_count: Param = param(constraints.nonnegative_integer, default=1)

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers from 0 to the number of trials."""
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
        success, failure = sigmoid(logits), sigmoid(-logits)
        return random.binomial(key, self.total_count, success, failure, shape)

    def _log_prob(self, x: Array) -> Array:
        return beta_binomial_log_prob(*self._arguments(x))

    def _log_sum(self, first: Array, last: Array) -> Array:
        """Sum the probabilities from `first` to `last`, relative to the largest of them."""
        first, *parameters = self._arguments(first)
        candidates = jnp.stack([first, jnp.clip(self._mode(), first, last), last])
        largest = lax.stop_gradient(jnp.max(beta_binomial_log_prob(candidates, *parameters), 0))
        mode = self._mode()
        return log_sum_over(beta_binomial_log_prob, first, last + 1, mode, largest, *parameters)

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Return the logarithms of the lower and the upper tail.

        Sums of one term, which are exact, give the other tail; so does the smaller one elsewhere.
        """
        last = jnp.broadcast_to(self.total_count, x.shape)
        lower = self._log_sum(jnp.zeros_like(x), x)
        upper = self._log_sum(jnp.minimum(x + 1, last), last)
        by_lower = (x == 0) | ((lower < upper) & (x != last - 1))
        return both_log_tails(by_lower, jnp.where(by_lower, lower, upper))

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q)

    def _mean(self) -> Array:
        share, _ = _shares(self.concentration1, self.concentration0)
        return product(self.total_count, share)

    def _mode(self) -> Array:
        return beta_binomial_mode(self.concentration1, self.concentration0, self.total_count)

    def _variance(self) -> Array:
        a, b, scale = _in_unit_of_sum(self.concentration1, self.concentration0)
        growth = quotient(a + b + self.total_count * scale, a + b + scale)
        return product(self.total_count * growth, _shares(a, b)[1])

    def _skewness(self) -> Array:
        a, b, n = self.concentration1, self.concentration0, self.total_count
        stddev = jnp.where(n > 0, self._stddev(), math.nan)
        return (1 + 2 * n / (a + b)) * ((b - a) / (a + b + 2)) / stddev

    def _kurtosis(self) -> Array:
        r"""Evaluate, with s = a + b and :math:`d = (a - b)^2 / (a b)`, which do not cancel,

        .. math:: \frac{1}{s + 3} \left(6 (r d - 1) + \frac{r s}{n (s + n)}
                  ((s - 1) d - 2 (s + 2))\right), \quad r = \frac{s + 1}{s + 2}
        """
        a, b, n = self.concentration1, self.concentration0, self.total_count
        s, d = a + b, (a - b) / a * ((a - b) / b)
        r = (s + 1) / (s + 2)
        n = jnp.where(n > 0, n, math.nan)
        of_trials = r * (s / (n * (s + n))) * ((s - 1) * d - 2 * (s + 2))
        return (6 * (r * d - 1) + of_trials) / (s + 3)

    def _entropy(self) -> Array:
        none, *parameters = self._arguments(jnp.zeros(self.batch_shape, jnp.int32))
        return _entropy(none, self._mode(), *parameters)

    def _enumerate_support(self) -> Array:
        return jnp.arange(common_count(self, "total_count") + 1)


def beta_binomial_mode(a: Array, b: Array, n: Array) -> Array:
    """Where neighbors are equally likely; an end if the probabilities fall and rise again."""
    unimodal = a + b > 2
    unit = jnp.where(a + b > _HUGE, _LARGE_UNIT, 1).astype(a.dtype)
    total = a / unit + b / unit - 2 / unit
    inner = jnp.floor((n + 1) * ((a - 1) / unit) / jnp.where(unimodal, total, 1))
    return to_count(jnp.where(unimodal, jnp.clip(inner, 0, n), jnp.where(a > b, n, 0)))


def beta_binomial_log_prob(k: Array, a: Array, b: Array, n: Array) -> Array:
    """Log-probability of k successes in n trials of a probability drawn from Beta(a, b)."""
    a, b, _ = _in_unit_of_sum(a, b)  # counts vanish beside them
    return log_prob_of_outcomes(k, n - k, a, b)


def _in_unit_of_sum(a: Array, b: Array) -> tuple[Array, Array, Array]:
    """Return concentrations in a unit in which their sum is finite, and the inverse of the unit."""
    scale = jnp.where(a + b < math.inf, 1.0, 0.25).astype(a.dtype)
    return a * scale, b * scale, scale


@custom_jvp
def _shares(a: Array, b: Array) -> tuple[Array, Array]:
    """Return a / (a + b), and its product with b / (a + b)."""
    a, b, _ = _in_unit_of_sum(a, b)
    share = a / (a + b)
    return share, share * (b / (a + b))


@_shares.defjvp
def _shares_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    (a, b, scale), (a_dot, b_dot) = _in_unit_of_sum(*primals), tangents
    share, other = _shares(a, b)[0], _shares(b, a)[0]
    dots = (
        along(scale * over(factor * other, a + b), a_dot)
        - along(scale * over(factor * share, a + b), b_dot)
        for factor in (1, other - share)
    )
    first, second = dots
    return _shares(*primals), (first, second)


def log_prob_of_outcomes(k: Array, m: Array, a: Array, b: Array) -> Array:
    """Log-probability of k successes and m failures, of a probability drawn from Beta(a, b).

    No and only successes may be nearly sure; their log-probabilities have a form of their own.
    """
    few, many = k <= 0, m <= 0
    y, s = jnp.where(few, b, a), jnp.where(few, a, b)
    at_end = few | many
    of_end = -lgamma_second_difference(
        jnp.where(at_end, y, 1), jnp.where(at_end, s, 1), jnp.where(few, m, k)
    )
    inside = _inner_log_prob(jnp.where(at_end, 0.5, k), jnp.where(at_end, 0.5, m), a, b)
    return jnp.where(at_end, of_end, inside)


@custom_jvp
def _inner_log_prob(k: Array, m: Array, a: Array, b: Array) -> Array:
    k, m, a, b = jnp.broadcast_arrays(k, m, a, b)
    return log_prob_given_sum(jnp.stack([k, m]), jnp.stack([a, b]))


@_inner_log_prob.defjvp
def _inner_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Differentiate by contrasts of the digamma function."""
    (k, m, a, b), (k_dot, m_dot, a_dot, b_dot) = primals, tangents
    of_a, of_b = digamma_contrast(a, k, b, m), digamma_contrast(b, m, a, k)
    of_total = digamma(k + m + 1) - digamma(k + m + a + b)
    of_k = digamma(k + a) - digamma(k + 1) + of_total
    of_m = digamma(m + b) - digamma(m + 1) + of_total
    dot = of_a * a_dot + of_b * b_dot + of_k * k_dot + of_m * m_dot
    return _inner_log_prob(k, m, a, b), dot


def conditional_log_prob(n: Array, total: Array) -> Callable[[Array, Array], Array]:
    """Return the log-probability of negative binomial counts with one probability of success.

    The distribution of the counts given their sum does not depend on that probability: it carries
    no gradient, and is chosen such that n is the most likely sum.

    Args:
      n: the sum of the counts.
      total: the sum of their parameters `total_count`.

    Returns:
      A function of counts and their parameters `total_count`.
    """
    logits = lax.stop_gradient(jnp.log(jnp.maximum(n, 1)) - jnp.log(total))
    trial = Bernoulli(logits=logits, validate_args=False)
    return functools.partial(negative_binomial_log_prob, trial=trial)


def _prob(k: Array, a: Array, b: Array, n: Array) -> Array:
    return jnp.exp(beta_binomial_log_prob(k, a, b, n))


def _entropy_term(k: Array, a: Array, b: Array, n: Array) -> Array:
    log_p = beta_binomial_log_prob(k, a, b, n)
    return -p_log_p(jnp.exp(log_p), log_p)


@custom_jvp
def _entropy(none: Array, mode: Array, *parameters: Array) -> Array:
    r"""Sum over the support without the likelier end m, whose log p is exact if p is near 1.

    .. math:: -p(m) \log p(m) - (1 - p(m)) \frac{\sum_k p(k) \log p(k)}{\sum_k p(k)}

    Args:
      none: zeros.
      mode: of the distribution.
      *parameters: both concentrations and the number of trials.
    """
    a, b, n = parameters
    log_none, log_all = (beta_binomial_log_prob(k, a, b, n) for k in (none, n))
    none_is_likelier = log_none > log_all
    log_end = jnp.where(none_is_likelier, log_none, log_all)
    first = jnp.where(none_is_likelier, 1, none)
    total, surprise = (
        sum_over_sides(f, first, first + n, mode, *parameters) for f in (_prob, _entropy_term)
    )
    others = surprise / jnp.where(total > 0, total, 1)
    return -jnp.expm1(log_end) * others - p_log_p(jnp.exp(log_end), log_end)


@functools.partial(_entropy.defjvp, symbolic_zeros=True)
def _entropy_jvp(primals: tuple[Array, ...], tangents: tuple[Any, ...]) -> tuple[Array, Array]:
    r"""Differentiate: :math:`-\sum_k p(k) (\log p(k) + H) \, d \log p(k)`, of bounded terms."""
    none, mode, *parameters = primals
    entropy = _entropy(*primals)
    dot = jnp.zeros_like(entropy)
    for i, tangent in enumerate(tangents[2:4]):
        if not isinstance(tangent, SymbolicZero):
            term = functools.partial(_entropy_slope_term, i + 1)
            stop = parameters[2] + 1
            slope = sum_over_sides(term, none, stop, mode, *parameters, entropy)
            dot += along(slope, tangent)
    return entropy, dot


def _entropy_slope_term(
    position: int, k: Array, a: Array, b: Array, n: Array, entropy: Array
) -> Array:
    """Multiply roots of a probability, which may be as small as its logarithm's slope is large."""
    log_p = beta_binomial_log_prob(k, a, b, n)
    root = jnp.exp(log_p / 2)
    slope = derivative(beta_binomial_log_prob, position)(k, a, b, n)
    surprise = jnp.where(root > 0, log_p + entropy, 0)
    return -(root * slope) * (root * surprise)
