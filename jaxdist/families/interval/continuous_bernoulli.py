"""ContinuousBernoulli distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import clipped_logit, log_expm1_ratio, log_sinhc, masked_log, sigmoid
from jaxdist.special.with_slopes import keep_slope


class ContinuousBernoulli(ExponentialFamily):
    r"""Continuous Bernoulli distribution on `[0, 1]`, whose log-density is linear.

    .. math:: \log p(x) = l x - A(l), \quad A(l) = \log \frac{e^l - 1}{l}, \quad
              l = \mathrm{logits} = \log \frac{\mathrm{probs}}{1 - \mathrm{probs}}

    (Loaiza-Ganem and Cunningham, 2019.) Mean and variance are A'(l) and A''(l). Give exactly one
    of `probs` and `logits`.

    Args:
      probs: in [0, 1], any shape; 0 and 1 are replaced by the numbers next to them inside. It is
        not the mean, which is closer to 1/2.
      logits: log-odds of `probs`, and the slope of the log-density.
    """

    probs: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: sigmoid(d.logits)
    )
    logits: Param = param(
        constraints.real, default=None, otherwise=lambda d: clipped_logit(d.probs)
    )

    support = constraints.unit_interval
    has_rsample = True
    _is_smooth_at_ends = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._icdf(random.uniform_open(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        increasing = self.logits > 0
        l = jnp.where(increasing, -self.logits, self.logits)
        return l * jnp.where(increasing, 1 - x, x) - log_expm1_ratio(l)

    def _cdf(self, x: Array) -> Array:
        return _tails(self.logits, x)[0]

    def _log_cdf(self, x: Array) -> Array:
        return _exact_near_0(
            masked_log(x) + _log_cdf_ratio(self.logits, x, 1 - x), self._survival_function(x)
        )

    def _survival_function(self, x: Array) -> Array:
        return _tails(self.logits, x)[1]

    def _log_survival_function(self, x: Array) -> Array:
        return _exact_near_0(jnp.log1p(-x) + _log_cdf_ratio(-self.logits, 1 - x, x), self._cdf(x))

    def _icdf(self, q: Array) -> Array:
        return _quantile(jnp.broadcast_to(self.logits, q.shape), q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return _quantile(jnp.broadcast_to(self.logits, q.shape), 1 - q, q)

    def _mean(self) -> Array:
        return _mean(self.logits)

    def _mode(self) -> Array:
        return jnp.where(self.logits > 0, 1.0, 0.0)

    def _variance(self) -> Array:
        return jax.jvp(_mean, (self.logits,), (jnp.ones_like(self.logits),))[1]

    def _entropy(self) -> Array:
        """Return A(l) - l A'(l), by whichever of A(l), A(l) - l / 2 and A(-l) does not cancel."""
        near = jnp.abs(self.logits) < 4
        t = jnp.where(near, self.logits, 0) / 2
        value, slope = jax.jvp(log_sinhc, (t,), (jnp.ones_like(t),))
        l = -jnp.abs(jnp.where(near, 4, self.logits))  # has the same entropy
        return jnp.where(near, value - t * slope, log_expm1_ratio(l) - l * _mean(l))

    def _natural_parameters(self) -> tuple[Array]:
        return (self.logits,)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> ContinuousBernoulli:
        return ContinuousBernoulli(logits=natural_parameters[0], validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return log_expm1_ratio(*natural_parameters)


def _tails(l: Array, x: Array) -> tuple[Array, Array]:
    """Return F(x) and 1 - F(x), each from the other where that is small: neither exceeds 1."""
    lower = x * jnp.exp(_log_cdf_ratio(l, x, 1 - x))
    upper = (1 - x) * jnp.exp(_log_cdf_ratio(-l, 1 - x, x))
    return jnp.where(upper < 0.5, 1 - upper, lower), jnp.where(lower < 0.5, 1 - lower, upper)


def _exact_near_0(log_prob: Array, complement: Array) -> Array:
    """Return the logarithm of a probability, by the complement where that is small."""
    return jnp.where(complement < 0.5, jnp.log1p(-jnp.minimum(complement, 0.75)), log_prob)


def _quantile(l: Array, q: Array, complement: Array) -> Array:
    """Solve exp(l x) = 1 + q (exp(l) - 1), given `1 - q` without the rounding of q."""
    increase = q * jnp.expm1(jnp.minimum(l, 80))
    small = (jnp.abs(increase) < 0.5) & ((l < 80) | (q == 0))
    scaled = complement * jnp.exp(-jnp.maximum(l, 0)) + q * jnp.exp(jnp.minimum(l, 0))
    large = jnp.maximum(l, 0) + jnp.log(jnp.where(small | (scaled == 0), 1, scaled))
    exponent = jnp.where(small, jnp.log1p(jnp.where(small, increase, 0)), large)
    near = jnp.abs(l) < 1
    ratio = log_expm1_ratio(jnp.where(near, l, 0)) - log_expm1_ratio(jnp.where(near, exponent, 0))
    x = jnp.where(near, q * jnp.exp(ratio), exponent / jnp.where(near, 1, l))
    return keep_slope(jnp.where(complement > 0, jnp.minimum(x, 1), 1), x)


def _mean(l: Array) -> Array:
    """Return A'(l)."""
    return jax.jvp(log_expm1_ratio, (l,), (jnp.ones_like(l),))[1]


def _log_cdf_ratio(l: Array, x: Array, complement: Array) -> Array:
    """Return log(F(x) / x) = A(l x) - A(l).

    Args:
      l: logits.
      x: in [0, 1].
      complement: `1 - x`, without the rounding of x.
    """
    increasing = l > 0
    k = jnp.where(increasing, -l, l)
    shift = jnp.where(increasing, l, 0) * complement  # A(l) = l + A(-l)
    return log_expm1_ratio(k * x) - log_expm1_ratio(k) - shift
