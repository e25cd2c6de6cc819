"""Beta distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.bases.preimage import FromPreimage, open_unit
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import (
    beta_entropy,
    beta_log_prob,
    betainc,
    betaincc,
    betaincinv,
    lbeta,
    log_betainc,
    log_betaincc,
)
from jaxdist.validation import Shape


class Beta(FromPreimage, ExponentialFamily):
    r"""Beta distribution on `[0, 1]`.

    .. math:: p(x) = x^{a - 1} (1 - x)^{b - 1} / B(a, b), \quad
              a = \mathrm{concentration1}, \; b = \mathrm{concentration0}

    Draws never reach 0 or 1, where the density may be infinite.

    Args:
      concentration1: positive exponent of x, any shape broadcastable with `concentration0`.
      concentration0: positive exponent of 1 - x.
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)

    support = constraints.unit_interval

    def _total(self) -> Array:
        return self.concentration1 + self.concentration0

    def _preimage(self, key: Array, shape: Shape) -> Array:
        """Draw the logit of x."""
        return random.logit_beta(key, self.concentration1, self.concentration0, shape)

    def _image(self, y: Array) -> Array:
        return open_unit(jax.nn.sigmoid(y))

    def _log_prob_at(self, y: Array) -> Array:
        a, b = self.concentration1, self.concentration0
        by_logit = -(a - 1) * jax.nn.softplus(-y) - (b - 1) * jax.nn.softplus(y) - lbeta(a, b)
        # Of two large concentrations the terms cancel; then x is far from the ends.
        return jnp.where(jnp.minimum(a, b) < 10, by_logit, self._log_prob(self._image(y)))

    def _log_prob(self, x: Array) -> Array:
        return beta_log_prob(self.concentration1, self.concentration0, x)

    def _cdf(self, x: Array) -> Array:
        return betainc(self.concentration1, self.concentration0, x)

    def _log_cdf(self, x: Array) -> Array:
        return log_betainc(self.concentration1, self.concentration0, x)

    def _survival_function(self, x: Array) -> Array:
        return betaincc(self.concentration1, self.concentration0, x)

    def _log_survival_function(self, x: Array) -> Array:
        return log_betaincc(self.concentration1, self.concentration0, x)

    def _icdf(self, q: Array) -> Array:
        return betaincinv(self.concentration1, self.concentration0, q)

    def _mean(self) -> Array:
        return self.concentration1 / self._total()

    def _mode(self) -> Array:
        return beta_mode(self.concentration1 - 1, self.concentration0 - 1)

    def _variance(self) -> Array:
        return self._mean() * (self.concentration0 / self._total()) / (self._total() + 1)

    def _entropy(self) -> Array:
        return beta_entropy(self.concentration1, self.concentration0)

    def _natural_parameters(self) -> tuple[Array, Array]:
        return self.concentration1 - 1, self.concentration0 - 1

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return lbeta(*(power + 1 for power in natural_parameters))


def beta_mode(left: Array, right: Array) -> Array:
    """Mode of x^left (1 - x)^right: an end of the unit interval where an exponent is negative."""
    left_slope, right_slope = jnp.maximum(left, 0), jnp.maximum(right, 0)
    total = left_slope + right_slope
    inside = total > 0
    ends = jnp.where(left <= right, 0.0, 1.0)
    return jnp.where(inside, left_slope / jnp.where(inside, total, 1), ends)
