"""Distributions of counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.constraints.intervals import Interval
from jaxdist.counting import LARGEST, first_count, integer_nodes, stretched_nodes, to_count
from jaxdist.distribution import Distribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.category import Trials, logits_of_probs, probs_of_logits, times_log
from jaxdist.parameters import Param, param
from jaxdist.pytree import is_concrete
from jaxdist.special import (
    betainc,
    betaincc,
    binomial_log_prob,
    gammainc,
    gammaincc,
    lbeta,
    lgamma,
    log1mexp,
    log_betainc,
    log_betaincc,
    log_gammainc,
    log_gammaincc,
    ndtri,
    poisson_log_prob,
)
from jaxdist.special.beta import log_beta_kernel
from jaxdist.validation import Shape

_FAINT = 1e-30  # probabilities below it are taken by their logarithms
_BELL = 30.0  # total count from which a negative binomial is bell-shaped, if it is wide

Tail = Callable[[Array, Array, Array, Array], Array]


class Counts(Distribution):
    """What distributions of one count share: inversion by search, and entropy by summation."""

    support: ClassVar[Any] = constraints.nonnegative_integer

    def _asymmetry(self) -> Array:
        """Third central moment over the variance, for a first guess of quantiles."""
        return jnp.zeros_like(self._mean())

    def _icdf(self, q: Array) -> Array:
        """Search from the Cornish-Fisher approximation; the largest int32 stands for infinity."""
        d = lax.stop_gradient(self)
        z = ndtri(jnp.clip(q, 1e-6, 1 - 1e-6))
        guess = d._mean() + d._stddev() * z + d._asymmetry() * (z * z - 1) / 6
        low, high = (
            to_count(jnp.broadcast_to(jnp.asarray(bound, guess.dtype), q.shape))
            for bound in d.support.bounds
        )
        found = first_count(
            lambda k: d._cdf(k.astype(guess.dtype)) >= q, to_count(guess), low, high
        )
        return jnp.where((q == 1) & (d._variance() > 0), high, found)

    def _nodes(self) -> tuple[Array, Array, Array]:
        """Return nodes, weights and log-probabilities of sums over the support, on a last axis."""
        nodes, weights = self._grid()
        _, upper = self.support.bounds
        inside = nodes <= jnp.expand_dims(jnp.asarray(upper, nodes.dtype), -1)
        nodes = jnp.where(inside, nodes, 0)
        return nodes, jnp.where(inside, weights, 0), self[..., None]._log_prob(nodes)

    def _grid(self, number: int = 128) -> tuple[Array, Array]:
        mean, reach = self._mean(), 12 * self._stddev()
        return integer_nodes(mean - reach, mean + reach, number)

    def _sum_entropy(self) -> Array:
        _, weights, log_p = self._nodes()
        return -jnp.sum(weights * times_log(jnp.exp(log_p), log_p), -1)


class Poisson(Counts, ExponentialFamily):
    r"""The number of events of a process with a given rate.

    .. math:: p(k) = \mathrm{rate}^k e^{-\mathrm{rate}} / k!

    Draws are int32: a rate beyond 2e9 is drawn as 2e9.

    Args:
      rate: non-negative mean, any shape.
    """

    rate: Param = param(constraints.nonnegative)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.poisson(key, self.rate, shape)

    def _log_prob(self, x: Array) -> Array:
        return poisson_log_prob(x, self.rate)

    def _cdf(self, x: Array) -> Array:
        return gammaincc(x + 1, self.rate)

    def _log_cdf(self, x: Array) -> Array:
        return log_gammaincc(x + 1, self.rate)

    def _survival_function(self, x: Array) -> Array:
        return gammainc(x + 1, self.rate)

    def _log_survival_function(self, x: Array) -> Array:
        return log_gammainc(x + 1, self.rate)

    def _mean(self) -> Array:
        return self.rate

    def _mode(self) -> Array:
        return to_count(jnp.floor(self.rate))

    def _variance(self) -> Array:
        return self.rate

    def _asymmetry(self) -> Array:
        return jnp.ones_like(self.rate)

    def _entropy(self) -> Array:
        random = self.rate > 0
        d = self._with(rate=jnp.where(random, self.rate, 1))
        return jnp.where(random, d._sum_entropy(), 0)

    def _natural_parameters(self) -> tuple[Array]:
        return (jnp.log(self.rate),)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return jnp.exp(*natural_parameters)

    def _mean_log_base_measure(self) -> Array:
        counts, weights, log_p = self._nodes()
        return -jnp.sum(weights * jnp.exp(log_p) * lgamma(counts + 1), -1)


class _LeftOpenInterval(Interval):
    """`(lower_bound, upper_bound]`."""

    open_below = True


class Geometric(Trials, Counts):
    r"""The number of failures before the first success, as in torch.

    .. math:: p(k) = (1 - \mathrm{probs})^k \, \mathrm{probs}

    Draws are int32: a larger one becomes 2^31 - 2.

    Args:
      probs: probability of success, in (0, 1], any shape. Or else:
      logits: log-odds of success, any shape.
    """

    probs: Param = param(_LeftOpenInterval(0.0, 1.0), default=None, otherwise=probs_of_logits)
    logits: Param = param(constraints.real, default=None, otherwise=logits_of_probs)

    def _sample(self, key: Array, shape: Shape) -> Array:
        u = random.uniform_open(key, shape, self.dtype)
        return to_count(jnp.floor(jnp.log(u) / self._log_failure()))

    def _log_prob(self, x: Array) -> Array:
        return self._log_failures(x) + self._log_success()

    def _log_failures(self, number: Array) -> Array:
        """Log-probability that the first trials fail: 0 for none of them, even if all succeed."""
        some = number > 0
        return jnp.where(some, jnp.where(some, number, 1) * self._log_failure(), 0)

    def _cdf(self, x: Array) -> Array:
        return -jnp.expm1(self._log_failures(x + 1))

    def _log_cdf(self, x: Array) -> Array:
        return log1mexp(-self._log_failures(x + 1))

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_failures(x + 1))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_failures(x + 1)

    def _mean(self) -> Array:
        return self._failure() / self.probs

    def _mode(self) -> Array:
        return jnp.zeros(self.batch_shape, jnp.int32)

    def _variance(self) -> Array:
        return self._mean() / self.probs

    def _entropy(self) -> Array:
        return self._trial_entropy() / self.probs


class _Repeated(Trials, Counts):
    """What Binomial and NegativeBinomial share: their tails are incomplete beta functions."""

    def _beta(self, x: Array) -> tuple[Array, Array]:
        """Return the a and b with P(X > x) the incomplete beta function of (a, b) at `probs`."""
        raise NotImplementedError

    def _tail(self, x: Array, tail: Tail) -> Array:
        return tail(*self._beta(x), self.probs, self._failure())

    def _cdf(self, x: Array) -> Array:
        return self._tail(x, betaincc)

    def _log_cdf(self, x: Array) -> Array:
        return self._tail(x, log_betaincc)

    def _survival_function(self, x: Array) -> Array:
        return self._tail(x, betainc)

    def _log_survival_function(self, x: Array) -> Array:
        return self._tail(x, log_betainc)

    def _entropy(self) -> Array:
        random = self._variance() > 0
        safe = {"total_count": 1.0, "probs": 0.5, "logits": 0.0}
        leaves = self._stored().items()
        d = self._with(**{name: jnp.where(random, leaf, safe[name]) for name, leaf in leaves})
        return jnp.where(random, d._sum_entropy(), 0)


def common_count(d: Distribution, name: str) -> int:
    """Return a count that is known and the same in the whole batch, or say that it is not."""
    counts = vars(d)[name]
    if is_concrete(counts) and np.unique(counts).size == 1:
        return int(np.ravel(counts)[0])
    raise NotImplementedError(
        f"{type(d).__name__}: the support can be listed only where {name!r} is known outside of "
        f"jax.jit and the same in the whole batch; got {counts}"
    )


class Binomial(_Repeated):
    r"""The number of successes in independent trials.

    .. math:: p(k) = \binom{n}{k} \mathrm{probs}^k (1 - \mathrm{probs})^{n - k}, \quad
              n = \mathrm{total\_count}

    Args:
      total_count: number of trials, any shape broadcastable with the other parameter.
      probs: probability of success, in [0, 1]. Or else:
      logits: log-odds of success.
    """

    total_count: Param = param(constraints.nonnegative_integer, default=1)
    probs: Param = param(constraints.unit_interval, default=None, otherwise=probs_of_logits)
    logits: Param = param(constraints.real, default=None, otherwise=logits_of_probs)

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers up to the number of trials."""
        return constraints.integer_interval(0, self.total_count)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.binomial(key, self.total_count, self.probs, self._failure(), shape)

    def _log_prob(self, x: Array) -> Array:
        return binomial_log_prob(x, self.total_count, **self._given())

    def _beta(self, x: Array) -> tuple[Array, Array]:
        return x + 1, jnp.maximum(self.total_count - x, 1)

    def _mean(self) -> Array:
        return self.total_count * self.probs

    def _mode(self) -> Array:
        most = jnp.floor((self.total_count + 1) * self.probs)
        return to_count(jnp.minimum(most, self.total_count))

    def _variance(self) -> Array:
        return self._mean() * self._failure()

    def _asymmetry(self) -> Array:
        return self._failure() - self.probs

    def _enumerate_support(self) -> Array:
        return jnp.arange(common_count(self, "total_count") + 1)


class DiscreteUniform(Distribution):
    r"""An integer of an interval, each with the same probability.

    .. math:: p(k) = 1 / (\mathrm{high} - \mathrm{low} + 1)

    Args:
      low: smallest value, an integer below 2^31 in size, any shape broadcastable with `high`.
      high: largest value, at least `low`.
    """

    low: Param = param(constraints.integer_interval(-LARGEST, LARGEST))
    high: Param = param(lambda d: constraints.integer_greater_than(d.low))

    has_enumerate_support = True

    @property
    def support(self) -> constraints.Constraint:
        """The integers of the closed interval."""
        return constraints.integer_interval(self.low, self.high)

    def _number(self) -> Array:
        return self.high - self.low + 1

    def _sample(self, key: Array, shape: Shape) -> Array:
        low, high = (bound.astype(jnp.int32) for bound in (self.low, self.high))
        return random.integers(key, low, high, shape)

    def _log_prob(self, x: Array) -> Array:
        return jnp.broadcast_to(-jnp.log(self._number()), x.shape)

    def _cdf(self, x: Array) -> Array:
        return (x - self.low + 1) / self._number()

    def _survival_function(self, x: Array) -> Array:
        return (self.high - x) / self._number()

    def _icdf(self, q: Array) -> Array:
        steps = jnp.ceil(q * self._number()) - 1
        return to_count(self.low + jnp.clip(steps, 0, self._number() - 1))

    def _mean(self) -> Array:
        return self.low / 2 + self.high / 2

    def _mode(self) -> Array:
        return to_count(self.low)

    def _variance(self) -> Array:
        return (self._number() - 1) * (self._number() + 1) / 12

    def _entropy(self) -> Array:
        return jnp.log(self._number())

    def _enumerate_support(self) -> Array:
        return jnp.arange(common_count(self, "low"), common_count(self, "high") + 1)


class NegativeBinomial(_Repeated):
    r"""The number of successes before a given number of failures, as in torch.

    .. math:: p(k) = \frac{\Gamma(k + r)}{\Gamma(r) \, k!} \mathrm{probs}^k (1 - \mathrm{probs})^r,
              \quad r = \mathrm{total\_count}

    A Poisson distribution whose rate is drawn from Gamma(r, (1 - probs) / probs). Draws are int32:
    a rate beyond 2e9 counts as 2e9.

    Args:
      total_count: number of failures, non-negative, not only whole numbers; any shape broadcastable
        with the other parameter.
      probs: probability of success, in [0, 1). Or else:
      logits: log-odds of success.
    """

    total_count: Param = param(constraints.nonnegative)
    probs: Param = param(
        constraints.half_open_interval(0.0, 1.0), default=None, otherwise=probs_of_logits
    )
    logits: Param = param(constraints.real, default=None, otherwise=logits_of_probs)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.negative_binomial(key, self.total_count, self._odds(), shape)

    def _log_prob(self, x: Array) -> Array:
        return negative_binomial_log_prob(x, self.total_count, self)

    def _beta(self, x: Array) -> tuple[Array, Array]:
        return x + 1, self.total_count

    def _mean(self) -> Array:
        return self.total_count * self._odds()

    def _mode(self) -> Array:
        return to_count(jnp.floor(jnp.maximum((self.total_count - 1) * self._odds(), 0)))

    def _variance(self) -> Array:
        return self._mean() / self._failure()

    def _asymmetry(self) -> Array:
        return (1 + self.probs) / self._failure()

    def _grid(self, number: int = 256) -> tuple[Array, Array]:
        """Even steps where the distribution is bell-shaped; else steps that grow with distance."""
        bell = self.total_count[..., None] > _BELL
        reach = 12 * self._stddev() + 45 / self._failure()
        even, growing = super()._grid(number), stretched_nodes(self._mean() + reach)
        nodes, weights = (jnp.where(bell, a, b) for a, b in zip(even, growing, strict=True))
        return nodes, weights


def negative_binomial_log_prob(k: Array, total_count: Array, trial: Trials) -> Array:
    r"""Log-probability of k successes before r failures, in the beta function's saddle-point form.

    .. math:: p(k) = p^k q^r / (k B(k, r)) \quad (k > 0)

    Args:
      k: non-negative, any shape broadcastable with the others; need not be an integer.
      total_count: r, non-negative; need not be an integer.
      trial: the probabilities p of success and q of failure.
    """
    p, q = trial.probs, trial._failure()
    k = k.astype(jnp.result_type(k, total_count))
    regular = (k > 0) & (total_count > 0)
    faint = (p < _FAINT) | (q < _FAINT)
    n, r = jnp.where(regular, k, 1), jnp.where(regular, total_count, 1)
    kernel = log_beta_kernel(n, r, jnp.where(faint, 0.5, p), jnp.where(faint, 0.5, q))
    powers = n * trial._log_success() + r * trial._log_failure() - lbeta(n, r)
    some = jnp.where(faint, powers, kernel) - jnp.log(n)
    none = jnp.where(total_count > 0, total_count * trial._log_failure(), 0)
    return jnp.where(regular, some, jnp.where(k == 0, none, -jnp.inf))
