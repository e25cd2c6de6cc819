"""PoissonBinomial distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import LogTails
from jaxdist.bases.trials import (
    failure_prob,
    log_failure_prob,
    log_success_prob,
    logit_of_probs,
    sigmoid_of_logits,
)
from jaxdist.parameters import Param, param
from jaxdist.special import log1mexp

_Scaled = tuple[Array, Array]  # mantissas and exponents
_LOWEST = -(10**8)  # exponent of 0
_REPRESENTED = 60  # exponents up to which a number is computed before its logarithm


class PoissonBinomial(LogTails):
    r"""Poisson-binomial distribution: the number of successes in trials of different probabilities.

    .. math:: X = \sum_{i = 1}^n x_i, \quad x_i \sim \mathrm{Bernoulli}(\mathrm{probs}_i)

    The probabilities of all counts are computed by adding one trial after the other, which takes n
    steps of n operations. All terms are positive, and carry exponents of their own, so that none
    underflows. The name is that of Distributions.jl and of SciPy (`poisson_binom`). Give exactly
    one of `probs` and `logits`.

    Args:
      probs: probabilities of success in [0, 1], shape `(..., n)`.
      logits: log-odds of success, shape `(..., n)`.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.PoissonBinomial([0.1, 0.5, 0.9])
      >>> d.mean, jax.numpy.exp(d.log_prob([0, 1, 2, 3])).round(3)
      (Array(1.5, dtype=float32), Array([0.045, 0.455, 0.455, 0.045], dtype=float32))
    """

    probs: Param = param(
        constraints.independent(constraints.unit_interval, 1),
        default=None,
        otherwise=sigmoid_of_logits,
    )
    logits: Param = param(constraints.real_vector, default=None, otherwise=logit_of_probs)

    has_enumerate_support = True

    @property
    def num_trials(self) -> int:
        """The number of trials, n."""
        return vars(self)["logits" if "logits" in vars(self) else "probs"].shape[-1]

    @property
    def support(self) -> constraints.Constraint:
        """The integers from 0 to the number of trials."""
        return constraints.integer_interval(0, self.num_trials)

    def _sample(self, key: Array, shape: Shape) -> Array:
        u = random.uniform_open(key, (*shape, self.num_trials), self.dtype)
        return jnp.sum(u <= self.probs, -1, dtype=jnp.int32)

    def _trial(self, success: bool) -> tuple[Array, Array]:
        """Return a mantissa and an exponent of the probability of an outcome of each trial."""
        if "probs" in vars(self):
            probs = self.probs if success else failure_prob(self)
            return probs, jnp.zeros(probs.shape, jnp.int32)
        log_prob = log_success_prob(self) if success else log_failure_prob(self)
        exponent = jnp.floor(lax.stop_gradient(log_prob) / math.log(2))
        return jnp.exp(log_prob - exponent * math.log(2)), exponent.astype(jnp.int32)

    def _probabilities(self) -> tuple[Array, Array]:
        """Return mantissas and exponents of the probabilities, both of shape `(*batch, n + 1)`."""
        successes, failures = [_by_trial(*self._trial(success)) for success in (True, False)]
        zero = 0 * jnp.sum(self.probs, -1, keepdims=True)
        none = jnp.arange(self.num_trials + 1) == 0
        start = jnp.where(none, 1 + zero, 0), jnp.where(none, 0, _LOWEST) + zero.astype(jnp.int32)

        def add_trial(state: _Scaled, trial: tuple[_Scaled, _Scaled]) -> tuple[_Scaled, None]:
            (mantissa, exponent), (success, failure) = state, trial
            same = exponent + failure[1]
            one_less = _shift(exponent, _LOWEST) + success[1]
            highest = jnp.maximum(same, one_less)
            total = failure[0] * _scale(mantissa, same - highest)
            total += success[0] * _scale(_shift(mantissa, 0), one_less - highest)
            change = jnp.where(total > 0, jnp.frexp(lax.stop_gradient(total))[1], 0)
            return (_scale(total, -change), jnp.where(total > 0, highest + change, _LOWEST)), None

        return lax.scan(add_trial, start, (successes, failures))[0]

    def _log_total(self, mask: Array) -> Array:
        """Return the log-probability of a set of counts, booleans of shape `(..., n + 1)`."""
        mantissa, exponent = self._probabilities()
        exponent = jnp.where(mask, exponent, _LOWEST)
        highest = jnp.max(exponent, -1, keepdims=True)
        total = jnp.sum(jnp.where(mask, _scale(mantissa, exponent - highest), 0), -1)
        return _log_of_scaled(total, highest[..., 0])

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_of(jnp.arange(self.num_trials + 1) == x[..., None])

    def _log_prob_of(self, mask: Array) -> Array:
        """Return the log-probability of a set of counts: if it is likely, by that of the others."""
        log_p, log_q = self._log_total(mask), self._log_total(~mask)
        is_likely = (log_p > log_q) & (log_q > -math.inf)
        by_others = log1mexp(-jnp.where(is_likely, log_q, -1))
        return jnp.where(is_likely, by_others, jnp.where(log_q > -math.inf, log_p, 0))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        up_to = jnp.arange(self.num_trials + 1) <= x[..., None]
        return self._log_prob_of(up_to), self._log_prob_of(~up_to)

    def _icdf(self, q: Array) -> Array:
        d = lax.stop_gradient(self)
        shape = self.num_trials + 1, *self.batch_shape
        counts = jnp.arange(self.num_trials + 1).reshape(-1, *[1] * len(self.batch_shape))
        cdf = d._cdf(jnp.broadcast_to(counts, shape))
        cdf = cdf.reshape(shape[:1] + (1,) * (q.ndim - len(self.batch_shape)) + shape[1:])
        found = jnp.sum(cdf[:-1] < q, 0, dtype=jnp.int32)
        return jnp.where((q == 1) & (d._variance() > 0), self.num_trials, found)

    def _mean(self) -> Array:
        return jnp.sum(self.probs, -1)

    def _mode(self) -> Array:
        counts = jnp.arange(self.num_trials + 1)
        mantissa, exponent = self._probabilities()
        highest = jnp.max(exponent, -1, keepdims=True)
        return counts[jnp.argmax(_scale(mantissa, exponent - highest), -1)].astype(jnp.int32)

    def _variance(self) -> Array:
        return jnp.sum(self.probs * failure_prob(self), -1)

    def _skewness(self) -> Array:
        p, q = self.probs, failure_prob(self)
        return jnp.sum(p * q * (q - p), -1) / (self._variance() * self._stddev())

    def _kurtosis(self) -> Array:
        squares = self.probs * failure_prob(self)
        return jnp.sum(squares * (1 - 6 * squares), -1) / self._variance() ** 2

    def _enumerate_support(self) -> Array:
        return jnp.arange(self.num_trials + 1)


def _by_trial(mantissa: Array, exponent: Array) -> _Scaled:
    """Put the axis of the trials first, and one of length 1 last."""
    return jnp.moveaxis(mantissa, -1, 0)[..., None], jnp.moveaxis(exponent, -1, 0)[..., None]


def _shift(x: Array, first: int) -> Array:
    """Move entries by one along the last axis."""
    return jnp.concatenate([jnp.full_like(x[..., :1], first), x[..., :-1]], -1)


def _scale(x: Array, exponent: Array) -> Array:
    """Multiply by a power of 2, exactly; by 0 where it underflows."""
    exponent = jnp.maximum(exponent, -126)
    power = lax.stop_gradient(jnp.ldexp(jnp.ones_like(x), exponent))
    return jnp.where(exponent > -126, x * power, 0)


def _log_of_scaled(x: Array, exponent: Array) -> Array:
    """Return the logarithm of x times a power of 2; -inf with gradient 0 where x is 0."""
    positive = x > 0
    x = jnp.where(positive, x, 1)
    near = jnp.abs(exponent) < _REPRESENTED
    log_x = jnp.log(_scale(x, jnp.where(near, exponent, 0)))
    far = jnp.where(near, 0, exponent) * math.log(2)
    return jnp.where(positive, log_x + far, -jnp.inf)
