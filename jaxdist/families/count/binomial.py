"""Binomial distribution."""

from __future__ import annotations

import functools

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import (
    RAREST,
    common_count,
    entropy_by_summation,
    entropy_of_count,
    entropy_tangent,
    exact_at_zero,
    icdf_by_search,
    summation_nodes,
)
from jaxdist.bases.trials import (
    failure_prob,
    log_failure_prob,
    log_success_prob,
    logit_of_probs,
    sigmoid_of_logits,
    stored_parameter,
    times_failure_prob,
    times_success_prob,
    trial_probability,
)
from jaxdist.distribution import Distribution
from jaxdist.numerics.integers import to_count
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    Probability,
    beta_cdf,
    beta_sf,
    binomial_log_prob,
    expm1,
    lgamma,
    log1mexp,
    log1pmx,
    log_beta_cdf,
    log_beta_sf,
    log_gamma_ratio,
)
from jaxdist.special.rare_counts import rare_binomial_sf


class Binomial(Distribution):
    r"""Binomial distribution: the number of successes in independent trials.

    .. math:: p(k) = \binom{n}{k} \mathrm{probs}^k (1 - \mathrm{probs})^{n - k}, \quad
              n = \mathrm{total\_count}

    Give exactly one of `probs` and `logits`.

    Args:
      total_count: number of trials, any shape broadcastable with the other parameter.
      probs: probability of success, in [0, 1].
      logits: log-odds of success.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Binomial(total_count=10, probs=0.5)
      >>> d.mean, d.icdf(0.9)
      (Array(5., dtype=float32), Array(7, dtype=int32))
    """

    total_count: Param = param(constraints.nonnegative_integer, default=1)
    probs: Param = param(constraints.unit_interval, default=None, otherwise=sigmoid_of_logits)
    logits: Param = param(constraints.real, default=None, otherwise=logit_of_probs)

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers from 0 to the number of trials."""
        return constraints.integer_interval(0, self.total_count)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.binomial(key, self.total_count, self.probs, failure_prob(self), shape)

    def _log_prob(self, x: Array) -> Array:
        return binomial_log_prob(x, self.total_count, **stored_parameter(self))

    def _beta_arguments(self, x: Array) -> tuple[Array, Array, Probability]:
        """Return the arguments of which the incomplete beta function is P(X > x)."""
        return x + 1, jnp.maximum(self.total_count - x, 1), trial_probability(self)

    def _log_none(self) -> Array:
        """Logarithm of P(X = 0)."""
        return self.total_count * log_failure_prob(self)

    def _cdf(self, x: Array) -> Array:
        cdf = exact_at_zero(x, self._log_none(), jnp.exp, beta_sf(*self._beta_arguments(x)))
        rare, sf = rare_binomial_sf(x, self.total_count, self.probs)
        return jnp.where(rare, 1 - sf, cdf)

    def _log_cdf(self, x: Array) -> Array:
        log_cdf = exact_at_zero(
            x, self._log_none(), lambda log_p: log_p, log_beta_sf(*self._beta_arguments(x))
        )
        rare, sf = rare_binomial_sf(x, self.total_count, self.probs)
        return jnp.where(rare, jnp.log1p(-sf), log_cdf)

    def _survival_function(self, x: Array) -> Array:
        sf = exact_at_zero(
            x,
            self._log_none(),
            lambda log_p: -expm1(log_p),
            beta_cdf(*self._beta_arguments(x)),
            RAREST,
        )
        rare, small_sf = rare_binomial_sf(x, self.total_count, self.probs)
        return jnp.where(rare, small_sf, sf)

    def _log_survival_function(self, x: Array) -> Array:
        return exact_at_zero(
            x,
            self._log_none(),
            lambda log_p: log1mexp(-log_p),
            log_beta_cdf(*self._beta_arguments(x)),
            RAREST,
        )

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q, asymmetry=failure_prob(self) - self.probs)

    def _mean(self) -> Array:
        return times_success_prob(self.total_count, self)

    def _mode(self) -> Array:
        mode = jnp.floor((self.total_count + 1) * self.probs)
        return to_count(jnp.minimum(mode, self.total_count))

    def _variance(self) -> Array:
        return times_failure_prob(self._mean(), self)

    def _skewness(self) -> Array:
        return (failure_prob(self) - self.probs) / self._stddev()

    def _kurtosis(self) -> Array:
        return 1 / self._variance() - 6 / self.total_count

    def _entropy(self) -> Array:
        log_variance = lambda d: jnp.log(d._variance())
        regular = {"total_count": 1.0, "probs": 0.5, "logits": 0.0}
        return entropy_of_count(self, _entropy, log_variance, **regular)

    def _summed_entropy(self) -> Array:
        """Where an outcome is rare, by E log k!, because log p is rounded there."""
        d, rare = self._of_rare_outcome()
        n, mean = d.total_count, d._mean()
        is_tiny = d.probs < jnp.finfo(self.dtype).eps / 8  # so that log(1 - p) is -p
        of_failures = jnp.where(is_tiny, -mean, n * failure_prob(d) * log_failure_prob(d))
        logs = mean * (jnp.log(n) + log_success_prob(d)) + of_failures
        k, weights, log_p = summation_nodes(d)
        n = n[..., None]
        log_falling = log_gamma_ratio(n - k + 1, k) + k * jnp.log((n - k + 1) / n)
        rest = jnp.sum(weights * jnp.exp(log_p) * (lgamma(k + 1) - log_falling), -1)
        summed = entropy_by_summation(self, total_count=1.0, probs=0.5, logits=0.0)
        return jnp.where(rare, rest - logs, summed)

    def _of_rare_outcome(self) -> tuple[Binomial, Array]:
        """Count the less likely outcome, and return whether fewer than one is expected."""
        if "logits" in vars(self):
            d = self._with(logits=-jnp.abs(self.logits))
        else:
            d = self._with(probs=jnp.minimum(self.probs, 1 - self.probs))
        rare = (d._mean() > 0) & (d._mean() < 1)
        regular = {"total_count": 1.0, "probs": 0.5, "logits": 0.0}
        masked = {k: jnp.where(rare, v, regular[k]) for k, v in d._stored().items()}
        return d._with(**masked), rare

    def _enumerate_support(self) -> Array:
        return jnp.arange(common_count(self, "total_count") + 1)


@custom_jvp
def _entropy(d: Binomial) -> Array:
    return d._summed_entropy()


@functools.partial(_entropy.defjvp, symbolic_zeros=True)
def _entropy_jvp(primals: tuple[Binomial], tangents: tuple[Binomial]) -> tuple[Array, Array]:
    (d,), (d_dot,) = primals, tangents
    return _entropy(d), entropy_tangent(d, d_dot, Binomial._summed_entropy, _entropy_slope)


def _entropy_slope(d: Binomial) -> Array:
    r"""Differentiate the entropy in `probs`, or in `logits`, without large terms that cancel.

    .. math:: \frac{dH}{dp} = n\, E \log \frac{(X + 1)\, q}{(n - X)\, p}, \quad
              X \sim \mathrm{Binomial}(n - 1, p)

    The linear terms of the logarithms are added up in closed form, unless an outcome is rare.
    """
    n = d.total_count
    k, weights, log_p = summation_nodes(d._with(total_count=n - 1))
    successes, failures = times_success_prob(n, d), times_failure_prob(n, d)
    is_rare = jnp.minimum(successes, failures) < 1
    mean, rest = (jnp.where(is_rare, 1, v)[..., None] for v in (successes, failures))
    remainders = log1pmx((k + 1 - mean) / mean) - log1pmx((mean - k) / rest)
    logs = jnp.log((k + 1) / (n[..., None] - k)) - d.logits[..., None]
    terms = jnp.where(is_rare[..., None], logs, remainders)
    linear = jnp.where(
        is_rare, 0, (failure_prob(d) - d.probs) / (mean * rest / n[..., None])[..., 0]
    )
    p_of_k = weights * jnp.exp(log_p)
    slope = jnp.sum(p_of_k * terms, -1) / jnp.sum(p_of_k, -1) + linear
    return slope * (d._variance() if "logits" in vars(d) else n)
