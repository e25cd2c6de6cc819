"""RelaxedBernoulli distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.bases.squashed import Squashed
from jaxdist.distribution import Distribution
from jaxdist.families.real.logistic import Logistic
from jaxdist.families.real.logit_relaxed_bernoulli import LogitRelaxedBernoulli
from jaxdist.parameters import Param, param
from jaxdist.special import clip_to_open_unit, clipped_logit, log_sigmoid_slope, sigmoid
from jaxdist.special.products import sum_of_logs
from jaxdist.special.quotient import quotient


class RelaxedBernoulli(Squashed):
    r"""Bernoulli distribution relaxed to draws in (0, 1): x = sigmoid(y).

    .. math:: y \sim \mathrm{LogitRelaxedBernoulli}(\mathrm{temperature}, \mathrm{logits}), \quad
              \log p(x) = \log p_y(y) - \log x - \log (1 - x)

    (Maddison et al., 2017; Jang et al., 2017.) The lower the temperature, the closer draws come to
    0 and 1; `log_prob` replaces these by the numbers next to them inside. Mean, variance and
    entropy are computed by quadrature. Give exactly one of `probs` and `logits`.

    Args:
      temperature: positive, any shape broadcastable with `probs` or `logits`.
      probs: probability in [0, 1] that x is above 1/2.
      logits: log-odds of `probs`.
    """

    temperature: Param = param(constraints.positive)
    probs: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: sigmoid(d.logits)
    )
    logits: Param = param(
        constraints.real, default=None, otherwise=lambda d: clipped_logit(d.probs)
    )

    support = constraints.unit_interval
    _cutoff = 37.0

    @property
    def base_dist(self) -> LogitRelaxedBernoulli:
        """The logistic distribution of y."""
        return LogitRelaxedBernoulli(**self._stored(), validate_args=False)

    def _base_loc_scale(self) -> tuple[Array, Array]:
        return self.base_dist.loc, self.base_dist.scale

    def _in_units(self) -> tuple[Array, Array, Array]:
        """Divide the logits by the temperature last, as their quotient may overflow."""
        logits, temperature = jnp.broadcast_arrays(self.logits, self.temperature)
        least = lax.stop_gradient(jnp.maximum(jnp.abs(logits), 1) / self._far)
        divisor = jnp.where(temperature < least, least, temperature)
        unit = jnp.where(temperature < least, quotient(divisor, temperature), 1)
        return quotient(logits, divisor), quotient(jnp.ones_like(divisor), divisor), unit

    def _log_weight(self, z: Array) -> Array:
        return log_sigmoid_slope(z)

    def _logit_form(self) -> tuple[Array, Distribution]:
        base = self.base_dist
        return base.loc, Logistic(jnp.zeros_like(base.loc), base.scale, validate_args=False)

    def _squash(self, y: Array) -> Array:
        return sigmoid(y)

    def _unsquash(self, x: Array) -> Array:
        return clipped_logit(x)

    def _log_slope(self, y: Array) -> Array:
        return log_sigmoid_slope(y)

    def _log_prob(self, x: Array) -> Array:
        log_prob = super()._log_prob(x)
        if "logits" in vars(self):
            return log_prob
        at = lax.stop_gradient((self.temperature, self.probs, self._clip_inside(x)))
        rounding = jnp.where(log_prob > -math.inf, _log_prob_of_probs(*at) - log_prob, 0)
        return log_prob + lax.stop_gradient(rounding)

    def _mode(self) -> Array:
        raise self._missing("mode", "compare `log_prob` on a grid")


def _log_prob_of_probs(temperature: Array, probs: Array, x: Array) -> Array:
    """Evaluate with one logarithm of a product: those of tiny odds and of a tiny x may cancel."""
    p, y = clip_to_open_unit(probs), clipped_logit(x)
    shift = temperature * y
    z = shift - clipped_logit(p)
    is_upper = z > 0
    odds = jnp.where(is_upper, p / (1 - p), (1 - p) / p)
    factors = jnp.broadcast_arrays(temperature, odds, 1 / x, 1 / (1 - x))
    power = jnp.where(is_upper, -shift, shift)
    return sum_of_logs(jnp.stack(factors, -1)) + power - 2 * jnp.log1p(jnp.exp(-jnp.abs(z)))
