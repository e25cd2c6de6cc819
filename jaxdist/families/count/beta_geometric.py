"""BetaGeometric distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.beta_negative_binomial import (
    beta_negative_binomial_kurtosis,
    beta_negative_binomial_skewness,
)
from jaxdist.bases.counts import entropy_with_power_tail, search_from
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.numerics.integers import to_count
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    digamma_difference,
    lgamma_second_difference,
    log_quotient,
    quotient,
    softplus,
)
from jaxdist.special.polygamma import digamma_contrast
from jaxdist.special.rare_counts import rare_beta_geometric_sf


class BetaGeometric(LogTails):
    r"""Geometric whose probability of success is drawn from Beta(concentration1, concentration0).

    .. math:: p(k) = \frac{B(a + 1, b + k)}{B(a, b)}, \quad P(X > k) = \frac{B(a, b + k + 1)}
              {B(a, b)}, \quad a = \mathrm{concentration1}, \; b = \mathrm{concentration0}

    for the number k = 0, 1, ... of failures before the first success, as in `Geometric`. The
    parameters are those of `BetaBinomial`. The tail is a power: the mean is infinite for a <= 1,
    the variance for a <= 2. Draws are int32: a larger one becomes 2^31 - 2.

    Args:
      concentration1: positive concentration of successes, any shape broadcastable with the other.
      concentration0: positive concentration of failures.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.BetaGeometric(3.0, 2.0)  # the number of cycles to conception (Weinberg, Gladen)
      >>> print(*(f"{v:.3f}" for v in d.log_prob([0, 1, 5])), d.mean)
      -0.511 -1.609 -4.248 1.0
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)

    support = constraints.nonnegative_integer

    def _sample(self, key: Array, shape: Shape) -> Array:
        beta_key, key = jax.random.split(key)
        logits = random.logit_beta(beta_key, self.concentration1, self.concentration0, shape)
        log_failure = -softplus(logits)
        log_u = jnp.log(random.uniform_open(key, shape, self.dtype))
        return to_count(jnp.floor(log_u / log_failure))

    def _concentrations(self) -> tuple[Array, Array]:
        """Return them in a unit in which their sum is finite: counts vanish beside such ones."""
        a, b = self.concentration1, self.concentration0
        unit = jnp.where(a + b < math.inf, 1.0, 4.0).astype(self.dtype)
        return a / unit, b / unit

    def _log_beyond(self, number: Array) -> Array:
        return _log_beyond(number, *self._concentrations())

    def _log_prob(self, x: Array) -> Array:
        return _log_prob(*jnp.broadcast_arrays(x.astype(self.dtype), *self._concentrations()))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        return both_log_tails(jnp.zeros(x.shape, bool), self._log_beyond(x + 1))

    def _rare(self, x: Array) -> tuple[Array, Array]:
        return rare_beta_geometric_sf(x, self.concentration1, self.concentration0)

    def _log_cdf(self, x: Array) -> Array:
        rare, sf = self._rare(x)
        return jnp.where(rare, jnp.log1p(-sf), super()._log_cdf(x))

    def _cdf(self, x: Array) -> Array:
        rare, sf = self._rare(x)
        return jnp.where(rare, 1 - sf, super()._cdf(x))

    def _survival_function(self, x: Array) -> Array:
        rare, sf = self._rare(x)
        return jnp.where(rare, sf, super()._survival_function(x))

    def _icdf(self, q: Array) -> Array:
        r"""Search from :math:`k^{-a} \approx (1 - q) B(a, b) / \Gamma(a)` beyond the mean."""
        a, b = self.concentration1, self.concentration0
        return search_from((a + b) * jnp.expm1(-jnp.log1p(-q) / a), self, q)

    def _mean(self) -> Array:
        a, b = self.concentration1, self.concentration0
        return jnp.where(a > 1, b / jnp.where(a > 1, a - 1, 1), math.inf)

    def _mode(self) -> Array:
        return jnp.zeros(self.batch_shape, jnp.int32)

    def _variance(self) -> Array:
        a, b = self.concentration1, self.concentration0
        is_finite = a > 2
        c = jnp.where(is_finite, a, 3)
        ratio = quotient(b, c - 1)
        variance = ratio * (1 + ratio) * (1 + quotient(2 * jnp.ones_like(c), c - 2))
        return jnp.where(is_finite, variance, math.inf)

    def _skewness(self) -> Array:
        return beta_negative_binomial_skewness(
            self.concentration1, self.concentration0, jnp.ones(()), self._stddev()
        )

    def _kurtosis(self) -> Array:
        return beta_negative_binomial_kurtosis(
            self.concentration1, self.concentration0, jnp.ones(())
        )

    def _entropy(self) -> Array:
        return entropy_with_power_tail(self, self.concentration1)


def _log_beyond(number: Array, a: Array, b: Array) -> Array:
    """Log-probability that so many trials fail."""
    return -lgamma_second_difference(b, a, number)


@custom_jvp
def _log_prob(k: Array, a: Array, b: Array) -> Array:
    r"""Multiply P(X >= k) by :math:`a / (a + b + k)`, the probability of a success then."""
    others = b + k
    likely = a > others
    log_success = jnp.where(
        likely,
        -jnp.log1p(jnp.where(likely, others, 0) / a),
        log_quotient(a, a + jnp.where(likely, 1, others)),
    )
    return _log_beyond(k, a, b) + log_success


@_log_prob.defjvp
def _log_prob_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Array, Array]:
    """Differentiate by differences of the digamma function, of which that of one is a fraction."""
    (k, a, b), (k_dot, a_dot, b_dot) = primals, tangents
    of_a = b / (a + b) * (1 / a) - digamma_difference(a + b + 1, k)
    of_b = digamma_contrast(b, k, a, jnp.ones_like(k))
    of_k = -digamma_difference(b + k, a + 1)
    return _log_prob(k, a, b), of_a * a_dot + of_b * b_dot + of_k * k_dot
