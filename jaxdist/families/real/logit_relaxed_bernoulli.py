"""LogitRelaxedBernoulli distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.families.real.logistic import Logistic
from jaxdist.parameters import Param, derived, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    clip_to_open_unit,
    clipped_logit,
    odds_to_probs,
    quotient,
    sigmoid,
)

_FAR = 80.0  # the exponential is finite


class LogitRelaxedBernoulli(Logistic):
    r"""Logit of a `RelaxedBernoulli`: a logistic distribution on the real line.

    .. math:: y = (\mathrm{logits} + L) / \mathrm{temperature}, \quad
              L \sim \mathrm{Logistic}(0, 1)

    Give exactly one of `probs` and `logits`.

    Args:
      temperature: positive, any shape broadcastable with `probs` or `logits`.
      probs: probability in [0, 1] that y is positive.
      logits: log-odds of `probs`.
    """

    temperature: Param = param(constraints.positive)
    probs: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: sigmoid(d.logits)
    )
    logits: Param = param(
        constraints.real, default=None, otherwise=lambda d: clipped_logit(d.probs)
    )
    loc: Param = derived(lambda d: quotient(d.logits, d.temperature))
    scale: Param = derived(lambda d: 1 / d.temperature)

    def _standardize(self, x: Array) -> Array:
        """Without dividing by the temperature."""
        return self.temperature * x - self.logits

    def _log_prob(self, x: Array) -> Array:
        return self._standard_log_prob(self._standardize(x)) + jnp.log(self.temperature)

    def _cdf(self, x: Array) -> Array:
        near, odds = self._odds(x)
        return jnp.where(near, _sigmoid_at(self._standardize(x), 1 / odds), super()._cdf(x))

    def _survival_function(self, x: Array) -> Array:
        near, odds = self._odds(x)
        tail = _sigmoid_at(-self._standardize(x), odds)
        return jnp.where(near, tail, super()._survival_function(x))

    def _log_cdf(self, x: Array) -> Array:
        near, odds = self._odds(x)
        exact = near & (odds < 1)
        return jnp.where(exact, -jnp.log1p(jnp.where(exact, odds, 0)), super()._log_cdf(x))

    def _log_survival_function(self, x: Array) -> Array:
        near, odds = self._odds(x)
        exact = near & (odds > 1)
        inverse = jnp.where(exact, 1 / jnp.where(exact, odds, 1), 0)
        return jnp.where(exact, -jnp.log1p(inverse), super()._log_survival_function(x))

    def _at(self, noise: Array) -> Array:
        """Divide by the temperature once: `loc` and `scale` may overflow."""
        return quotient(self.logits + noise, self.temperature)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._at(self._standard_rsample(key, shape))

    def _icdf(self, q: Array) -> Array:
        """The log-odds of q and of `probs` may cancel: their sum is that of a ratio near 1."""
        by_logits = self._at(-self._standard_isf(q))
        if "logits" in vars(self):
            return by_logits
        p = clip_to_open_unit(self.probs)
        excess = jnp.where(p > 0.5, q - (1 - p), p - (1 - q))  # of which one is not rounded
        near = jnp.abs(excess) < jnp.minimum(p, 1 - p) / 2
        inner = jnp.where(near, excess, 0)
        shift = jnp.log1p(inner / (1 - p)) - jnp.log1p(-inner / p)
        return jnp.where(near, quotient(shift, self.temperature), by_logits)

    def _isf(self, q: Array) -> Array:
        return self._at(self._standard_isf(q))

    def _stddev(self) -> Array:
        return quotient(jnp.full_like(self.temperature, math.pi / math.sqrt(3)), self.temperature)

    def _entropy(self) -> Array:
        return 2 - jnp.log(self.temperature)

    def _odds(self, x: Array) -> tuple[Array, Array]:
        """Return P(Y > x) / P(Y <= x) of `probs`, of which `logits` are rounded; and where it is.

        Elsewhere it would be far from one.
        """
        if "logits" in vars(self):
            return jnp.zeros_like(x, bool), jnp.ones_like(x)
        shift, p = self.temperature * x, clip_to_open_unit(self.probs)
        near = (jnp.abs(shift) < _FAR) & (jnp.abs(shift - self.logits) < _FAR)
        return near, p / (1 - p) * jnp.exp(-jnp.where(near, shift, 0))


@custom_jvp
def _sigmoid_at(z: Array, odds: Array) -> Array:
    """Return sigmoid(z), given the odds of which z is the rounded logarithm."""
    return odds_to_probs(odds)[0]


@_sigmoid_at.defjvp
def _sigmoid_at_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Differentiate in z: the square of large odds overflows."""
    (z, odds), (z_dot, _) = primals, tangents
    p, q = odds_to_probs(odds)
    return _sigmoid_at(z, odds), p * q * z_dot
