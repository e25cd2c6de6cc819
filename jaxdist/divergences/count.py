"""Divergences KL(p || q) with p on counts."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.bases.counts import summation_nodes
from jaxdist.bases.trials import failure_prob, log_failure_prob, log_success_prob
from jaxdist.distribution import Distribution
from jaxdist.divergences.bregman import bregman_divergence, itakura_saito
from jaxdist.divergences.category import choice_divergence, trial_divergence
from jaxdist.divergences.registry import register_kl, register_table
from jaxdist.divergences.relative_entropy import log_ratio_of_logits
from jaxdist.divergences.supports import infinite_outside_support
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.discrete_laplace import DiscreteLaplace
from jaxdist.families.count.discrete_uniform import DiscreteUniform
from jaxdist.families.count.geometric import Geometric
from jaxdist.families.count.log_series import LogSeries
from jaxdist.families.count.multinomial import Multinomial
from jaxdist.families.count.negative_binomial import NegativeBinomial
from jaxdist.families.count.poisson import Poisson
from jaxdist.families.count.zipf import Zipf
from jaxdist.numerics.differentiation import derivative
from jaxdist.numerics.polynomials import horner
from jaxdist.special import deviance, expm1mx, log1mexp, log1pmx, log_zeta, quotient, softplus
from jaxdist.special.deviance import log_ratio

_RARE_LOGITS = 60.0  # beyond them, the square of the probability of failure underflows
_RARE_LOG_SERIES = 40.0  # logits beyond which probs are 1, and squares of the mean may overflow
_MANY = 2.0**24  # trials
_LARGEST_POWER = 100  # of 2, by which a number of trials is multiplied
_LARGEST_EXPONENT = 88.0  # of exp
_HALF_SQUARE_RATIO = [1 / math.factorial(k + 2) for k in range(16)]  # of (exp(d) - 1 - d) / d^2


@register_kl(Poisson, Poisson)
def poisson_poisson(p: Poisson, q: Poisson) -> Array:
    """Deviance of the rates."""
    is_finite = (q.rate > 0) | (p.rate == 0)
    return jnp.where(is_finite, deviance(p.rate, jnp.where(is_finite, q.rate, 1)), math.inf)


@register_kl(Geometric, Geometric)
def geometric_geometric(p: Geometric, q: Geometric) -> Array:
    """Divergence of a trial, times the expected number of trials."""
    if "logits" in vars(p) and "logits" in vars(q):
        return _divergence_per_failure(_as_negative_binomial(p), _as_negative_binomial(q))
    # The divergence of a trial may underflow.
    exponents = jnp.frexp(lax.stop_gradient(p.probs))[1]
    number = jnp.ldexp(jnp.ones_like(p.probs), jnp.minimum(-exponents, _LARGEST_POWER))
    return _divide(trial_divergence(p, q, number), number * p.probs)


@register_kl(Binomial, Binomial)
def binomial_binomial(p: Binomial, q: Binomial) -> Array:
    """Divergence of a trial, times the number of trials; a sum where these numbers differ."""
    of_trials = _multiply(p.total_count / _MANY, trial_divergence(p, q, _MANY))
    return jnp.where(p.total_count == q.total_count, of_trials, _sum_where_counts_differ(p, q))


@register_kl(NegativeBinomial, NegativeBinomial)
def negative_binomial_negative_binomial(p: NegativeBinomial, q: NegativeBinomial) -> Array:
    """Divergence of a trial, times the expected number of trials; a sum where counts differ."""
    if "logits" in vars(p) and "logits" in vars(q):
        of_trials = _multiply(p.total_count, _divergence_per_failure(p, q))
    else:
        of_failures = _divide(trial_divergence(p, q, _MANY), failure_prob(p))
        of_trials = _multiply(p.total_count / _MANY, of_failures)
    return jnp.where(p.total_count == q.total_count, of_trials, _sum_where_counts_differ(p, q))


@register_kl(Multinomial, Multinomial)
def multinomial_multinomial(p: Multinomial, q: Multinomial) -> Array:
    """Divergence of a choice, times the number of choices; infinite where these numbers differ."""
    of_choices = _multiply(p.total_count, choice_divergence(p, q))
    return jnp.where(p.total_count == q.total_count, of_choices, math.inf)


def _multiply(number: Array, divergence: Array) -> Array:
    """Multiply a divergence, which may be infinite, by a number of trials, which may be 0."""
    is_finite = (number > 0) & (divergence < math.inf)
    product = jnp.where(is_finite, number * jnp.where(is_finite, divergence, 0), 0)
    return jnp.where((number > 0) & ~is_finite, math.inf, product)


def _sum_where_counts_differ(
    p: Binomial | NegativeBinomial, q: Binomial | NegativeBinomial
) -> Array:
    """Sum over the counts; where the numbers of trials are equal, of a harmless pair."""
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    p, q = p.expand(shape), q.expand(shape)
    equal = p.total_count == q.total_count

    def harmless(d: Distribution) -> Distribution:
        name = "logits" if "logits" in vars(d) else "probs"
        return d._with(**{name: jnp.where(equal, 0.0 if name == "logits" else 0.5, vars(d)[name])})

    return sum_over_counts(harmless(p), harmless(q))


def _divide(divergence: Array, prob: Array) -> Array:
    """Divide a divergence, which may be infinite, by a probability of success or failure."""
    is_finite = divergence < math.inf
    return jnp.where(is_finite, quotient(jnp.where(is_finite, divergence, 0), prob), math.inf)


def _divergence_per_failure(p: NegativeBinomial, q: NegativeBinomial) -> Array:
    """Divergence of trials until the first failure, of distributions that store their logits."""
    rare = p.logits > _RARE_LOGITS
    regular = p._with(logits=jnp.where(rare, 0, p.logits))
    of_regular = _divide(trial_divergence(regular, q), failure_prob(regular))
    of_rare = _divergence_per_rare_failure(jnp.where(rare, p.logits, _RARE_LOGITS), q.logits)
    return jnp.where(rare, of_rare, of_regular)


def _divergence_per_rare_failure(p: Array, q: Array) -> Array:
    r"""Divergence of trials until the first failure, whose probability may underflow.

    .. math:: \frac{KL}{\sigma(-p)} = f(d_0) + e^p f(d_1), \quad f(d) = e^d - 1 - d

    with the differences :math:`d_0, d_1` of the log-probabilities, in q and p, of failure and
    success.

    Args:
      p: logits of a success, any shape broadcastable with `q`.
      q: the same.
    """
    success, failure = jnp.moveaxis(
        log_ratio_of_logits(*(jnp.stack([x, jnp.zeros_like(x)], -1) for x in (p, q))), -1, 0
    )
    near = jnp.abs(success) < 0.5
    large = success > 1  # its exponential may overflow
    root = jnp.exp(jnp.minimum(p / 2, _LARGEST_EXPONENT))  # of the odds, which may overflow
    d = jnp.where(near, success, 0)
    by_series = horner(_HALF_SQUARE_RATIO, d) * (root * d) ** 2
    d, h = jnp.where(near | large, -1, success), jnp.where(near | large, 1, root)
    by_ratio = h * (h * expm1mx(d))
    d, odds = jnp.where(large, success, 1), jnp.exp(jnp.where(large, p, 0))
    log_ratio = jnp.where(large, softplus(p) - softplus(-q), 0)
    by_difference = jnp.exp(log_ratio) - odds * (1 + d)
    of_success = jnp.where(near, by_series, jnp.where(large, by_difference, by_ratio))
    return expm1mx(failure) + of_success


def _as_negative_binomial(d: Geometric) -> NegativeBinomial:
    """Return the same distribution of failures before a success, with the two names exchanged."""
    given = {"logits": -d.logits} if "logits" in vars(d) else {"probs": failure_prob(d)}
    return NegativeBinomial(jnp.ones(d.batch_shape, d.dtype), **given, validate_args=False)


@register_kl(Geometric, NegativeBinomial)
def geometric_negative_binomial(p: Geometric, q: NegativeBinomial) -> Array:
    """Divergence of negative binomial distributions, of which p has total count 1."""
    return negative_binomial_negative_binomial(_as_negative_binomial(p), q)


@register_kl(NegativeBinomial, Geometric)
def negative_binomial_geometric(p: NegativeBinomial, q: Geometric) -> Array:
    """Divergence of negative binomial distributions, of which q has total count 1."""
    return negative_binomial_negative_binomial(p, _as_negative_binomial(q))


@register_kl(Geometric, Poisson)
def geometric_poisson(p: Geometric, q: Poisson) -> Array:
    """Sum over the counts, with p as a negative binomial distribution of total count 1."""
    return sum_over_counts(_as_negative_binomial(p), q)


@register_kl(DiscreteLaplace, DiscreteLaplace)
def discrete_laplace_discrete_laplace(p: DiscreteLaplace, q: DiscreteLaplace) -> Array:
    """Bregman divergence of -log p(0), a convex function of the rate: of -log of a small rate."""
    x, y = jnp.broadcast_arrays(p.rate, q.rate)
    is_small = jnp.maximum(x, y) < 1e-4
    of_logs = itakura_saito(quotient(y, x))
    x, y = (jnp.where(is_small, 1, rate) for rate in (x, y))

    def of_rate(rate: Array) -> DiscreteLaplace:
        return DiscreteLaplace(rate, validate_args=False)

    def second_derivative(rate: Array) -> Array:
        """Evaluate cosh(rate) / sinh(rate)^2."""
        power = jnp.exp(-2 * rate)
        return 2 * jnp.exp(-rate) * (1 + power) / jnp.expm1(-2 * rate) ** 2

    of_rates = bregman_divergence(
        lambda rate: -of_rate(rate)._log_prob(jnp.zeros_like(rate)),
        second_derivative,
        y,
        x,
        _is_close(x, y),
    )
    return jnp.where(is_small, of_logs, of_rates)


@register_kl(LogSeries, LogSeries)
def log_series_log_series(p: LogSeries, q: LogSeries) -> Array:
    """Bregman divergence of -log p(1), a convex function of log(probs)."""

    def of_log_probs(log_probs: Array) -> LogSeries:
        return LogSeries(logits=log_probs - log1mexp(-log_probs), validate_args=False)

    x, y = (log_success_prob(d) for d in (p, q))
    is_positive = (x > -math.inf) & (y > -math.inf)
    is_regular = is_positive & (jnp.minimum(p.logits, q.logits) <= _RARE_LOG_SERIES)
    x, y = jnp.where(is_regular, x, -1), jnp.where(is_regular, y, -1)
    step = jnp.where(is_regular, _log_ratio_of_successes(p, q, is_regular), 0)
    regular = bregman_divergence(
        lambda log_probs: -of_log_probs(log_probs)._log_prob(jnp.ones_like(log_probs)),
        lambda log_probs: of_log_probs(log_probs)._variance(),
        y,
        x,
        _is_close(-x, -y) & (jnp.abs(x - y) < 1),
        step,
    )
    rare = (p.logits > _RARE_LOG_SERIES) & (q.logits > _RARE_LOG_SERIES)
    hazard = jnp.where(rare, -log_failure_prob(p), 1)
    step = jnp.where(rare, q.logits - p.logits, 0)
    of_rare = log1pmx(step / hazard) + expm1mx(-step) / hazard
    only_ones = jnp.where(p.probs > 0, math.inf, -q._log_prob(jnp.ones_like(q.probs)))
    return jnp.where(rare, of_rare, jnp.where(is_positive, regular, only_ones))


def _log_ratio_of_successes(p: LogSeries, q: LogSeries, is_regular: Array) -> Array:
    """Return log(probs_q / probs_p) from what is given: logarithms of close ones cancel."""
    if "logits" in vars(p) and "logits" in vars(q):
        p_logits, q_logits = (jnp.stack([d.logits, jnp.zeros_like(d.logits)], -1) for d in (p, q))
        return log_ratio_of_logits(p_logits, q_logits)[..., 0]
    p_probs, q_probs = (jnp.where(is_regular, d.probs, 0.5) for d in (p, q))
    return log_ratio(q_probs, 1.0, p_probs, q_probs - p_probs)


@register_kl(Zipf, Zipf)
def zipf_zipf(p: Zipf, q: Zipf) -> Array:
    """Bregman divergence of the logarithm of the zeta function."""

    def log_normalizer(power: Array) -> Array:
        return log_zeta(power, 1)

    return bregman_divergence(
        log_normalizer,
        derivative(derivative(log_normalizer)),
        q.power,
        p.power,
        _is_close(p.power - 1, q.power - 1) & (jnp.abs(p.power - q.power) < 1),
    )


def _is_close(x: Array, y: Array) -> Array:
    """Return whether two positive numbers differ by less than a factor of 2."""
    return (x < 2 * y) & (y < 2 * x)


def sum_over_counts(p: Distribution, q: Distribution) -> Array:
    r"""Divergence as a sum over the counts, at the same nodes as the entropy of p.

    .. math:: \sum_k p(k) (\log p(k) - \log q(k))
    """
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    p, q = p.expand(shape), q.expand(shape)
    counts, weights, log_p = summation_nodes(p)
    in_p = log_p > -math.inf
    upper = jnp.asarray(q.support.bounds[1], counts.dtype)[..., None]
    in_support = counts <= jnp.broadcast_to(upper, (*shape, 1))
    log_q = q[..., None]._log_prob(jnp.where(in_support, counts, 0))
    in_q = in_support & (log_q > -math.inf)
    in_both = in_p & in_q
    terms = jnp.exp(jnp.where(in_both, log_p, 0)) * jnp.where(in_both, log_p - log_q, 0)
    is_infinite = jnp.any(in_p & ~in_q & (weights > 0), -1)
    return jnp.where(is_infinite, math.inf, jnp.sum(jnp.where(in_both, weights * terms, 0), -1))


register_table(
    sum_over_counts,
    {
        Poisson: (NegativeBinomial, Geometric),
        Binomial: (Poisson, NegativeBinomial, Geometric),
        NegativeBinomial: (Poisson,),
    },
)


def unbounded_bounded(p: Distribution, q: Distribution) -> Array:
    """Infinite, because p is unbounded and q is not; unless p is 0 with probability 1."""
    is_zero = p._variance() == 0
    return jnp.where(is_zero, -q.log_prob(jnp.zeros(q.batch_shape, jnp.int32)), math.inf)


register_table(
    unbounded_bounded,
    dict.fromkeys((Poisson, Geometric, NegativeBinomial), (Bernoulli, Binomial, DiscreteUniform)),
)


@register_kl(DiscreteUniform, DiscreteUniform)
def discrete_uniform_discrete_uniform(p: DiscreteUniform, q: DiscreteUniform) -> Array:
    """Logarithm of the ratio of the numbers of values; infinite where q does not contain p."""
    return infinite_outside_support(p, q, jnp.log(q.num_values / p.num_values))
