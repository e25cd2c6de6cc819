"""ContinuousBernoulli distribution."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.bases.preimage import open_logit
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.numerics.polynomials import horner
from jaxdist.parameters import Param, param
from jaxdist.special import log1mexp, masked_log
from jaxdist.validation import Shape

_SINHC = [1 / math.factorial(2 * k + 3) for k in range(13)]


def log_expm1_ratio(l: Array) -> Array:
    """Return log((exp(l) - 1) / l), which is 0 at 0: by the series of sinh(l / 2) for |l| < 4."""
    near = jnp.abs(l) < 4
    t = jnp.where(near, l, 0) / 2
    series = t + jnp.log1p(t * t * horner(_SINHC, t * t))
    size = jnp.abs(jnp.where(near, 4, l))
    return jnp.where(near, series, jnp.maximum(l, 0) + log1mexp(size) - jnp.log(size))


def _log_slope(l: Array, x: Array, rest: Array) -> Array:
    """Return log(F(x) / x) = A(l x) - A(l), with rest = 1 - x and A(l) = l + A(-l)."""
    rising = l > 0
    falling = jnp.where(rising, -l, l)
    shift = jnp.where(rising, l, 0) * rest
    return log_expm1_ratio(falling * x) - log_expm1_ratio(falling) - shift


def _derivative(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),))[1]


class ContinuousBernoulli(ExponentialFamily):
    r"""Continuous Bernoulli distribution on `[0, 1]`: an exponential law cut off at 1.

    .. math:: \log p(x) = l x - A(l), \quad A(l) = \log \frac{e^l - 1}{l}, \quad
              l = \mathrm{logits} = \log \frac{\mathrm{probs}}{1 - \mathrm{probs}}

    (Loaiza-Ganem and Cunningham, 2019.) Mean and variance are A'(l) and A''(l).

    Args:
      probs: in [0, 1], any shape; 0 and 1 stand for the numbers next to them inside. It is not
        the mean, which is closer to 1/2. Or else:
      logits: log-odds of `probs`: the slope of the log-density.
    """

    probs: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: jax.nn.sigmoid(d.logits)
    )
    logits: Param = param(constraints.real, default=None, otherwise=lambda d: open_logit(d.probs))

    support = constraints.unit_interval
    has_rsample = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._icdf(random.uniform_open(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        rising = self.logits > 0
        falling_logits = jnp.where(rising, -self.logits, self.logits)
        return falling_logits * jnp.where(rising, 1 - x, x) - log_expm1_ratio(falling_logits)

    def _cdf(self, x: Array) -> Array:
        return x * jnp.exp(_log_slope(self.logits, x, 1 - x))

    def _log_cdf(self, x: Array) -> Array:
        return masked_log(x) + _log_slope(self.logits, x, 1 - x)

    def _survival_function(self, x: Array) -> Array:
        return (1 - x) * jnp.exp(_log_slope(-self.logits, 1 - x, x))

    def _log_survival_function(self, x: Array) -> Array:
        return jnp.log1p(-x) + _log_slope(-self.logits, 1 - x, x)

    def _icdf(self, q: Array) -> Array:
        """Solve exp(l x) = 1 + q (exp(l) - 1)."""
        l = jnp.broadcast_to(self.logits, q.shape)
        increase = q * jnp.expm1(jnp.minimum(l, 80))
        small = (jnp.abs(increase) < 0.5) & ((l < 80) | (q == 0))
        scaled = (1 - q) * jnp.exp(-jnp.maximum(l, 0)) + q * jnp.exp(jnp.minimum(l, 0))
        large = jnp.maximum(l, 0) + jnp.log(jnp.where(small | (scaled == 0), 1, scaled))
        exponent = jnp.where(small, jnp.log1p(jnp.where(small, increase, 0)), large)
        near = jnp.abs(l) < 1
        ratio = log_expm1_ratio(jnp.where(near, l, 0)) - log_expm1_ratio(
            jnp.where(near, exponent, 0)
        )
        x = jnp.where(near, q * jnp.exp(ratio), exponent / jnp.where(near, 1, l))
        return jnp.where(q < 1, jnp.minimum(x, 1), 1)

    def _mean(self) -> Array:
        return _derivative(log_expm1_ratio)(self.logits)

    def _mode(self) -> Array:
        return jnp.where(self.logits > 0, 1.0, 0.0)

    def _variance(self) -> Array:
        return _derivative(_derivative(log_expm1_ratio))(self.logits)

    def _entropy(self) -> Array:
        l = -jnp.abs(self.logits)  # the same by symmetry, and A(l) - l A'(l) does not cancel
        return log_expm1_ratio(l) - l * _derivative(log_expm1_ratio)(l)

    def _natural_parameters(self) -> tuple[Array]:
        return (self.logits,)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return log_expm1_ratio(*natural_parameters)
