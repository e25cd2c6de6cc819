"""LogitRelaxedBernoulli distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.families.real.logistic import Logistic
from jaxdist.parameters import Param, derived, param
from jaxdist.special import clipped_logit, sigmoid


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
    loc: Param = derived(lambda d: d.logits / d.temperature)
    scale: Param = derived(lambda d: 1 / d.temperature)

    def _standardize(self, x: Array) -> Array:
        """Without dividing by the temperature."""
        return self.temperature * x - self.logits

    def _log_prob(self, x: Array) -> Array:
        return self._standard_log_prob(self._standardize(x)) + jnp.log(self.temperature)
