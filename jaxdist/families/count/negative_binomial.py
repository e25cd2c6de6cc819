"""NegativeBinomial distribution."""

from __future__ import annotations

import functools
import math

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import (
    RAREST,
    entropy_by_summation,
    entropy_of_count,
    entropy_tangent,
    even_grid,
    exact_at_zero,
    icdf_by_search,
    summation_grid,
    summation_nodes,
)
from jaxdist.bases.trials import (
    Trial,
    failure_prob,
    log_failure_prob,
    log_prob_of_sequence,
    log_success_prob,
    logit_of_probs,
    sigmoid_of_logits,
    success_odds,
    times_success_prob,
    trial_probability,
)
from jaxdist.distribution import Distribution
from jaxdist.numerics.integers import to_count
from jaxdist.numerics.quadrature import negligible_exponent
from jaxdist.numerics.summation import stretched_nodes
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    Probability,
    beta_cdf,
    beta_sf,
    expm1,
    lbeta,
    log1mexp,
    log1pmx,
    log_beta_cdf,
    log_beta_kernel,
    log_beta_sf,
    masked_log,
)
from jaxdist.special.products import product
from jaxdist.special.rare_counts import rare_negative_binomial_sf

_SMALL_PROB = 1e-30  # below it, log-probabilities are computed from logarithms of probabilities
_RARE = -60.0  # log-probability of any success below which two have none
_FAR = 36.0  # logits from which a distribution without a 0 has the shape of a continuous one
_BELL_SHAPED = 30.0  # total count above which even nodes resolve a wide distribution


class NegativeBinomial(Distribution):
    r"""Negative binomial distribution: the successes before a number of failures, as in torch.

    .. math:: p(k) = \frac{\Gamma(k + r)}{\Gamma(r) \, k!} \mathrm{probs}^k (1 - \mathrm{probs})^r,
              \quad r = \mathrm{total\_count}

    It is a Poisson distribution whose rate is drawn from Gamma(r, (1 - probs) / probs). Draws are
    int32: a larger one becomes 2^31 - 2. Give exactly one of `probs` and `logits`.

    Args:
      total_count: number r of failures, non-negative, need not be an integer; any shape
        broadcastable with the other parameter.
      probs: probability of success, in [0, 1).
      logits: log-odds of success.
    """

    total_count: Param = param(constraints.nonnegative)
    probs: Param = param(
        constraints.half_open_interval(0.0, 1.0), default=None, otherwise=sigmoid_of_logits
    )
    logits: Param = param(constraints.real, default=None, otherwise=logit_of_probs)

    support = constraints.nonnegative_integer

    @classmethod
    def from_mean_dispersion(cls, mean: ArrayLike, dispersion: ArrayLike) -> NegativeBinomial:
        r"""Make the distribution that has a mean, and how much its variance exceeds it.

        .. math:: \mathrm{variance} = \mathrm{mean} + \mathrm{dispersion} \, \mathrm{mean}^2

        As in regressions of overdispersed counts; the parameters are those of TFP. Poisson's
        variance is the limit for the dispersion 0. numpyro's `concentration`, and Stan's `phi`, is
        `1 / dispersion`, which becomes `total_count`.

        Args:
          mean: positive, any shape broadcastable with the other parameter.
          dispersion: positive.

        Example:
          >>> import jaxdist as jd
          >>> d = jd.NegativeBinomial.from_mean_dispersion(6.0, 0.5)
          >>> print(f"{d.mean:.2f} {d.variance:.2f}")
          6.00 24.00
        """
        mean, dispersion = jnp.asarray(mean), jnp.asarray(dispersion)
        return cls(total_count=1 / dispersion, logits=jnp.log(mean) + jnp.log(dispersion))

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.negative_binomial(key, self.total_count, success_odds(self), shape)

    def _log_prob(self, x: Array) -> Array:
        return negative_binomial_log_prob(x, self.total_count, self)

    def _rare(self, x: Array) -> tuple[Array, Array]:
        return rare_negative_binomial_sf(x, self.total_count, self.probs)

    def _beta_arguments(self, x: Array, known: Array) -> tuple[Array, Array, Probability]:
        """Return the arguments of which the incomplete beta function is P(X > x).

        Where that is known, they are harmless ones.
        """
        successes, failures = jnp.broadcast_arrays(x + 1, self.total_count)
        harmless = (0.5, 0.5, -math.log(2), -math.log(2))
        trial = (
            jnp.where(known, a, b) for a, b in zip(harmless, trial_probability(self), strict=True)
        )
        return successes, jnp.where(known, 1, failures), Probability(*trial)

    def _log_none(self) -> Array:
        """Logarithm of P(X = 0)."""
        return self.total_count * log_failure_prob(self)

    def _cdf(self, x: Array) -> Array:
        (rare, sf), log_none = self._rare(x), self._log_none()
        tail = beta_sf(*self._beta_arguments(x, rare | (x == 0)))
        return jnp.where(rare, 1 - sf, exact_at_zero(x, log_none, jnp.exp, tail))

    def _log_cdf(self, x: Array) -> Array:
        (rare, sf), log_none = self._rare(x), self._log_none()
        tail = log_beta_sf(*self._beta_arguments(x, rare | (x == 0)))
        log_cdf = exact_at_zero(x, log_none, lambda log_p: log_p, tail)
        return jnp.where(rare, jnp.log1p(-sf), log_cdf)

    def _survival_function(self, x: Array) -> Array:
        (rare, sf), log_none = self._rare(x), self._log_none()
        known = rare | (x == 0) & (log_none <= -RAREST)
        tail = beta_cdf(*self._beta_arguments(x, known))
        of_others = exact_at_zero(x, log_none, lambda log_p: -expm1(log_p), tail, RAREST)
        return jnp.where(rare, sf, of_others)

    def _log_survival_function(self, x: Array) -> Array:
        log_none = self._log_none()
        tail = log_beta_cdf(*self._beta_arguments(x, (x == 0) & (log_none <= -RAREST)))
        return exact_at_zero(x, log_none, lambda log_p: log1mexp(-log_p), tail, RAREST)

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q, asymmetry=(1 + self.probs) / failure_prob(self))

    def _mean(self) -> Array:
        if "logits" in vars(self):
            root = jnp.exp(self.logits / 2)  # the odds may overflow
            root = jnp.where((self.total_count > 0) | (root < math.inf), root, 0)
            return root * self.total_count * root
        return self.total_count * success_odds(self)

    def _mode(self) -> Array:
        before = jnp.maximum(self.total_count - 1, 0)
        odds = jnp.where(before > 0, success_odds(self), 0)
        return to_count(jnp.floor(before * odds))

    def _variance(self) -> Array:
        if "logits" in vars(self):
            return product(self._mean(), 1 + jnp.exp(self.logits))
        return self._mean() / failure_prob(self)

    def _skewness(self) -> Array:
        return (1 + self.probs) / jnp.sqrt(self.total_count * self.probs)

    def _kurtosis(self) -> Array:
        failure = failure_prob(self)
        return (6 + failure / self.probs * failure) / self.total_count

    def _entropy(self) -> Array:
        """Where a success is very rare, one of them: its probability may underflow.

        Where a failure is, counts follow a gamma distribution, of a scale that may overflow.
        """
        if "probs" in vars(self):
            return self._moderate_entropy()
        has_none = self.total_count * _FAR < negligible_exponent(self.dtype)
        is_far = (self.logits > _FAR) & ~has_none
        d = self._with(logits=jnp.where(is_far, _FAR, self.logits))
        return d._moderate_entropy() + jnp.where(is_far, self.logits - _FAR, 0)

    def _moderate_entropy(self) -> Array:
        success = log_success_prob(self)
        log_mean = masked_log(self.total_count) + success
        rare = (success < _RARE / 2) & (log_mean < _RARE) & (log_mean > -math.inf)
        surprise = 1 - jnp.where(rare, log_mean, 0)
        of_rare = times_success_prob(self.total_count * surprise, self)
        regular = {"total_count": 1.0, "probs": 0.5, "logits": 0.0}
        of_others = entropy_of_count(self, _entropy, _log_variance, **regular)
        return jnp.where(rare, of_rare, of_others)

    def _summed_entropy(self) -> Array:
        return entropy_by_summation(self, total_count=1.0, probs=0.5, logits=0.0)


def _log_variance(d: NegativeBinomial) -> Array:
    return jnp.log(d.total_count) + log_success_prob(d) - 2 * log_failure_prob(d)


@custom_jvp
def _entropy(d: NegativeBinomial) -> Array:
    return d._summed_entropy()


@functools.partial(_entropy.defjvp, symbolic_zeros=True)
def _entropy_jvp(
    primals: tuple[NegativeBinomial], tangents: tuple[NegativeBinomial]
) -> tuple[Array, Array]:
    (d,), (d_dot,) = primals, tangents
    return _entropy(d), entropy_tangent(d, d_dot, NegativeBinomial._summed_entropy, _entropy_slope)


def _entropy_slope(d: NegativeBinomial) -> Array:
    r"""Differentiate the entropy in `probs`, or in `logits`, without large terms that cancel.

    .. math:: \frac{dH}{d \mathrm{logits}} = \frac{r p}{q}\, E \log \frac{X + 1}{(X + r)\, p}, \quad
              X \sim \mathrm{NegativeBinomial}(r + 1, p)

    The linear terms of the logarithms are added up in closed form, unless successes are rare.
    """
    r, p, q = d.total_count, d.probs, failure_prob(d)
    k, weights, log_p = summation_nodes(d._with(total_count=r + 1))
    expected = d._mean()
    is_rare = expected < 1
    mean, count = jnp.where(is_rare, 1, expected)[..., None], r[..., None]
    difference = (k * q[..., None] - count * p[..., None]) / count
    remainders = log1pmx((k + 1 - mean) / mean) - log1pmx(difference)
    logs = jnp.log((k + 1) / (k + count)) - log_success_prob(d)[..., None]
    terms = jnp.where(is_rare[..., None], logs, remainders)
    linear = jnp.where(is_rare, 0, (1 / p - p) / r)
    p_of_k = weights * jnp.exp(log_p)
    slope = jnp.sum(p_of_k * terms, -1) / jnp.sum(p_of_k, -1) + linear
    return slope * expected / (1 if "logits" in vars(d) else p * q)


@summation_grid.register
def _(d: NegativeBinomial) -> tuple[Array, Array]:
    """Even distances where the distribution is bell-shaped, else distances that grow with k."""
    bell_shaped = d.total_count[..., None] > _BELL_SHAPED
    reach = 12 * d._stddev() + 45 / failure_prob(d)
    even, growing = even_grid(d, 256), stretched_nodes(d._mean() + reach)
    nodes, weights = (jnp.where(bell_shaped, a, b) for a, b in zip(even, growing, strict=True))
    return nodes, weights


def negative_binomial_log_prob(k: Array, total_count: Array, trial: Trial) -> Array:
    r"""Log-probability of k successes before r failures, in the beta function's saddle-point form.

    .. math:: p(k) = p^k q^r / (k B(k, r)) \quad (k > 0)

    Args:
      k: non-negative, any shape broadcastable with the others; need not be an integer.
      total_count: r, non-negative; need not be an integer.
      trial: the probabilities p of success and q of failure.

    Returns:
      The shape of all together.
    """
    return _log_prob_of_float(k.astype(jnp.result_type(k, total_count)), total_count, trial)


@custom_jvp
def _log_prob_of_float(k: Array, total_count: Array, trial: Trial) -> Array:
    return _evaluate(k, total_count, trial)


@_log_prob_of_float.defjvp
def _log_prob_of_float_jvp(
    primals: tuple[Array, Array, Trial], tangents: tuple[Array, Array, Trial]
) -> tuple[Array, Array]:
    """Differentiate in the trial as one sequence of trials: there no large terms cancel."""
    (k, r, trial), (k_dot, r_dot, trial_dot) = primals, tangents
    sequence = functools.partial(log_prob_of_sequence, successes=k, failures=r)
    _, of_trial = jax.jvp(sequence, (trial,), (trial_dot,))
    _, of_counts = jax.jvp(lambda k, r: _evaluate(k, r, trial), (k, r), (k_dot, r_dot))
    return _log_prob_of_float(k, r, trial), of_trial + of_counts


def _evaluate(k: Array, total_count: Array, trial: Trial) -> Array:
    p, q = trial.probs, failure_prob(trial)
    regular = (k > 0) & (total_count > 0)
    small = (p < _SMALL_PROB) | (q < _SMALL_PROB)
    n, r = jnp.where(regular, k, 1), jnp.where(regular, total_count, 1)
    kernel = log_beta_kernel(n, r, jnp.where(small, 0.5, p), jnp.where(small, 0.5, q))
    powers = n * log_success_prob(trial) + r * log_failure_prob(trial) - lbeta(n, r)
    at_positive = jnp.where(small, powers, kernel) - jnp.log(n)
    at_zero = jnp.where(total_count > 0, total_count * log_failure_prob(trial), 0)
    return jnp.where(regular, at_positive, jnp.where(k == 0, at_zero, -jnp.inf))
