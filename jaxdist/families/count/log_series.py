"""LogSeries distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import search_from
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.bases.trials import (
    failure_prob,
    log_failure_prob,
    log_success_prob,
    logit_of_probs,
    sigmoid_of_logits,
    stored_parameter,
)
from jaxdist.numerics.integers import to_count
from jaxdist.numerics.quadrature import gauss_legendre_average, integrate, negligible_exponent
from jaxdist.numerics.summation import tail_nodes
from jaxdist.parameters import Param, param
from jaxdist.special import digamma_difference, expm1mx, log1mexp, log1pmx
from jaxdist.special.polygamma import digamma_minus_log
from jaxdist.special.tails import exp_times
from jaxdist.special.with_slopes import with_slopes

_HEAVY = 0.85  # below it, the integrand of the upper tail is steep at 0
_LARGEST = 60.0  # hazard whose exponential is finite
_UNDERFLOWING = 1e-30  # probability of which multiples and slopes may underflow
_TINY = 1e-17  # below it, only the first term of a power series matters


class LogSeries(LogTails):
    r"""Logarithmic distribution: the terms of the series of -log(1 - probs).

    .. math:: p(k) = \frac{\mathrm{probs}^k}{-k \log(1 - \mathrm{probs})}, \quad k = 1, 2, \dots

    Fisher's distribution of the number of individuals of a species. SciPy's is `logser`, whose `p`
    is `probs`. Draws are int32: a larger one becomes 2^31 - 2. Give exactly one of `probs` and
    `logits`.

    Args:
      probs: ratio of the powers, in [0, 1), any shape; at 0 all values are 1.
      logits: log-odds of `probs`, any shape.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.LogSeries(0.5)
      >>> print(*(f"{v:.3f}" for v in d.log_prob([1, 2, 3])))
      -0.327 -1.713 -2.812
    """

    probs: Param = param(
        constraints.half_open_interval(0.0, 1.0), default=None, otherwise=sigmoid_of_logits
    )
    logits: Param = param(constraints.real, default=None, otherwise=logit_of_probs)

    support = constraints.positive_integer

    def _hazard(self) -> Array:
        """Return -log(1 - p), the sum of p^k / k."""
        return -log_failure_prob(self)

    def _excess_ratio(self) -> Array:
        """Return the sum of p^k / k without its first term, over this term: -log(1 - p) / p - 1."""
        tiny, near = self.probs < _TINY, self.probs < 0.5
        p = jnp.where(tiny | ~near, 0.25, self.probs)
        of_larger = jnp.where(near, 0.5, self.probs)
        ratio = jnp.where(near, -log1pmx(-p) / p, self._hazard() / of_larger - 1)
        return jnp.where(tiny, self.probs / 2, ratio)

    def _log_first(self) -> Array:
        """Return minus the logarithm of P(X = 1), with a slope in which little cancels."""
        (name, given), p, q = *stored_parameter(self).items(), self.probs, failure_prob(self)
        ratio, tiny = self._excess_ratio(), p < _TINY
        relative = jnp.where(tiny, 0.5, ratio / jnp.where(tiny, 1, p))
        slope = (1 - q * relative) / (1 + ratio)
        slope = slope / q if name == "probs" else p * slope
        return with_slopes(jnp.log1p(lax.stop_gradient(ratio)), (slope,), (given,))

    def _sample(self, key: Array, shape: Shape) -> Array:
        """Draw geometric counts of random ratios, as Kemp's algorithm LK (1981)."""
        u, v = (random.uniform_open(k, shape, self.dtype) for k in jax.random.split(key))
        return to_count(1 + jnp.floor(jnp.log(v) / log1mexp(u * self._hazard())))

    def _log_prob(self, x: Array) -> Array:
        r"""Evaluate, with the derivative in the logits in one term, where that is regular.

        .. math:: (1 - p) \left(k - 1 - \frac{e^h - 1 - h}{h}\right), \quad h = -\log(1 - p)
        """
        log_prob = _power(x - 1, log_success_prob(self)) - jnp.log(x) - self._log_first()
        (name, given), p, h = *stored_parameter(self).items(), self.probs, self._hazard()
        regular = (p > _TINY) & (h < _LARGEST)
        p, h = jnp.where(regular, p, 0.5), jnp.where(regular, h, math.log(2))
        slope = x - 1 - expm1mx(h) / h
        slope = slope / p if name == "probs" else slope * failure_prob(self)
        given = jnp.broadcast_to(given, log_prob.shape)
        exact = with_slopes(lax.stop_gradient(log_prob), (slope,), (given,))
        return jnp.where(regular, exact, log_prob)

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        r"""Integrate the tails, with h = -log(1 - p).

        .. math:: h P(X \le k) = H_k - \int_0^{1 - p} \frac{1 - (1 - t)^k}{t} dt, \quad
                  h P(X > k) = \frac{p^{k + 1}}{k + 1} \int_0^\infty
                  \frac{e^{-u}\, du}{1 - p e^{-u / (k + 1)}}

        of which the first, with the harmonic number H_k, is used where (1 - p) (k + 1) is small
        and p > 1/2.
        """
        p, q, k = (jnp.broadcast_to(v, x.shape) for v in (self.probs, failure_prob(self), x))
        heavy = (q * (k + 1) < _HEAVY) & (q < 0.5)
        m, r = jnp.where(heavy, k, 1), jnp.where(heavy, q, 0.25)
        tiny = m * r < _TINY
        t = jnp.where(tiny, 0.25, r)
        of_share = lambda share: -jnp.expm1(m * jnp.log1p(-t * share)) / share
        average = gauss_legendre_average(of_share, jnp.ones_like(t), 16)
        correction = jnp.where(tiny, m * r, average)
        lower = digamma_difference(jnp.ones_like(m), m) - correction
        upper = correction - self._log_product(m, r) - digamma_minus_log(m)
        upper -= 1 / m + np.euler_gamma
        smaller = jnp.log(jnp.minimum(lower, upper)) - jnp.log(jnp.where(heavy, self._hazard(), 1))
        of_heavy = both_log_tails(lower < upper, smaller)
        n, r, s = k + 1, jnp.where(heavy, 0.5, q), jnp.where(heavy, 0.5, p)
        cutoff = jnp.full_like(n, negligible_exponent(n.dtype))
        ratio = integrate(lambda u: jnp.exp(-u) / (r - s * jnp.expm1(-u / n)), cutoff) / n
        ratio = ratio * jnp.exp(-self._log_first())  # of the tail and p^k
        log_upper = _power(k, log_success_prob(self)) + jnp.log(ratio)
        # 1 - p may be less than the rounding of p; a power of 0 has a slope, its logarithm none.
        rare = s < 0.5
        log_p = jnp.where(rare, -1, log_success_prob(self))
        power = jnp.where(rare, jnp.where(rare, s, 0) ** k, jnp.exp(k * log_p))
        of_light = jnp.log1p(-jnp.minimum(power * ratio, 0.75)), log_upper
        first, second = (jnp.where(heavy, *pair) for pair in zip(of_heavy, of_light, strict=True))
        return first, second

    def _log_product(self, m: Array, q: Array) -> Array:
        """Return log(m q), where q is 1 - p, also if that underflows."""
        tiny = q < _UNDERFLOWING
        log_q = jnp.where(tiny, log_failure_prob(self), 0)
        return jnp.log(m * jnp.where(tiny, 1, q)) + log_q

    def _icdf(self, q: Array) -> Array:
        """Search from the quantile of an exponential tail."""
        return search_from(1 + jnp.log1p(-q) / log_success_prob(self), self, q)

    def _mean(self) -> Array:
        return jnp.exp(-self._log_first()) / failure_prob(self)

    def _mode(self) -> Array:
        return jnp.ones(self.batch_shape, jnp.int32)

    def _variance(self) -> Array:
        r"""The formula of the mean times :math:`(h - p) / ((1 - p) h)`."""
        return self._mean() * (self._mean() * self._excess_ratio())

    def _skewness(self) -> Array:
        return self._standardized_cumulants()[0]

    def _kurtosis(self) -> Array:
        return self._standardized_cumulants()[1]

    def _standardized_cumulants(self) -> tuple[Array, Array]:
        """Sum the central moments over factorial moments."""
        p, q = self.probs, failure_prob(self)
        f1 = self._mean()
        f2, f3, f4 = f1 * p / q, 2 * f1 * (p / q) ** 2, 6 * f1 * (p / q) ** 3
        m2, m3, m4 = f2 + f1, f3 + 3 * f2 + f1, f4 + 6 * f3 + 7 * f2 + f1
        variance = self._variance()
        third = m3 - 3 * f1 * m2 + 2 * f1**3
        fourth = m4 - 4 * f1 * m3 + 6 * f1**2 * m2 - 3 * f1**4
        return third / (variance * jnp.sqrt(variance)), fourth / variance**2 - 3

    def _entropy(self) -> Array:
        r"""Add the entropy of a geometric count and :math:`E \log k`, which is summed."""
        k, weights = tail_nodes(jnp.full(self.batch_shape, 2, self.dtype))
        terms = weights * jnp.exp(self[..., None]._log_prob(k)) * jnp.log(k)
        surprise = _power(self._mean_excess(), log_success_prob(self))
        regular = self._log_first() - surprise + jnp.sum(terms, -1)
        # Of a tiny p only P(X = 2), which is p / 2 and may underflow, but not times its logarithm.
        tiny = (self.probs < _TINY) & (log_success_prob(self) > -math.inf)
        log_second = jnp.where(tiny, log_success_prob(self), -1) - math.log(2)
        underflows = self.probs < 4 * jnp.finfo(self.dtype).tiny
        of_second = (self.probs / 2) * (1 - log_second)
        of_second = jnp.where(underflows, exp_times(log_second, 1 - log_second), of_second)
        return jnp.where(tiny, of_second, regular)

    def _mean_excess(self) -> Array:
        """Return the mean less 1, for a small p without cancellation."""
        ratio = self._excess_ratio()
        small = (self._hazard() - ratio) / ((1 + ratio) * failure_prob(self))
        return jnp.where(self.probs < 0.5, small, self._mean() - 1)


def _power(number: Array, log_base: Array) -> Array:
    """Logarithm of a power, 0 for the exponent 0 whatever the base is."""
    some = number > 0
    return jnp.where(some, jnp.where(some, number, 1) * log_base, 0)
