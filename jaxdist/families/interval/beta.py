"""Beta distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.preimage import FromPreimage
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import (
    beta_entropy,
    beta_log_prob,
    betainc,
    betaincc,
    betaincinv,
    clip_to_open_unit,
    lbeta,
    log_betainc,
    log_betaincc,
    quotient,
    sigmoid,
    softplus,
)
from jaxdist.special.beta import sort_pair


class Beta(FromPreimage, ExponentialFamily):
    r"""Beta distribution on `[0, 1]`.

    .. math:: p(x) = x^{a - 1} (1 - x)^{b - 1} / B(a, b), \quad
              a = \mathrm{concentration1}, \; b = \mathrm{concentration0}

    Draws are never 0 or 1, where the density may be infinite.

    Args:
      concentration1: positive exponent of x, any shape broadcastable with `concentration0`.
      concentration0: positive exponent of 1 - x.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Beta(concentration1=[2.0, 0.5], concentration0=0.5)
      >>> d.mean
      Array([0.8, 0.5], dtype=float32)
      >>> d.log_prob(0.0)
      Array([-inf,  inf], dtype=float32)
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)

    support = constraints.unit_interval

    def _total(self) -> Array:
        return self.concentration1 + self.concentration0

    def _rsample_preimage(self, key: Array, shape: Shape) -> Array:
        """Draw the logit of x."""
        return random.logit_beta(key, self.concentration1, self.concentration0, shape)

    def _image(self, y: Array) -> Array:
        return clip_to_open_unit(sigmoid(y))

    def _log_prob_at_preimage(self, y: Array) -> Array:
        a, b = self.concentration1, self.concentration0
        by_logit = -(a - 1) * softplus(-y) - (b - 1) * softplus(y) - lbeta(a, b)
        # The terms cancel if both concentrations are large; then x is far from the ends.
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

    def _isf(self, q: Array) -> Array:
        return 1 - betaincinv(self.concentration0, self.concentration1, q)

    def _shares(self) -> tuple[Array, Array]:
        return _shares(self.concentration1, self.concentration0)

    def _mean(self) -> Array:
        return self._shares()[0]

    def _mode(self) -> Array:
        return beta_mode(self.concentration1 - 1, self.concentration0 - 1)

    def _variance(self) -> Array:
        share, rest = self._shares()
        return quotient(share * rest, self._total() + 1)

    def _skewness(self) -> Array:
        a, b, total = self.concentration1, self.concentration0, self._total()
        return 2 * (b - a) / (total + 2) * jnp.sqrt((total + 1) / a / b)

    def _kurtosis(self) -> Array:
        a, b, total = self.concentration1, self.concentration0, self._total()
        ratio = (a - b) / a * ((a - b) / b) * ((total + 1) / (total + 2))
        return 6 * (ratio - 1) / (total + 3)

    def _entropy(self) -> Array:
        return beta_entropy(self.concentration1, self.concentration0)

    def _natural_parameters(self) -> tuple[Array, Array]:
        return self.concentration1 - 1, self.concentration0 - 1

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Beta:
        return Beta(*(power + 1 for power in natural_parameters), validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return lbeta(*(power + 1 for power in natural_parameters))


def beta_mode(a: Array, b: Array) -> Array:
    """Mode of x^a (1 - x)^b on the unit interval: 0 or 1 where no exponent is positive."""
    positive_a, positive_b = (jnp.where(v > 0, v, 0) for v in (a, b))
    inside = (a > 0) | (b > 0)
    mode, _ = _shares(jnp.where(inside, positive_a, 1), positive_b)
    return jnp.where(inside, mode, jnp.where(a <= b, 0.0, 1.0))


def _shares(a: Array, b: Array) -> tuple[Array, Array]:
    """Return those of two numbers in their sum, which may overflow."""
    smaller, larger = sort_pair(a, b)
    ratio = quotient(smaller, larger)
    of_larger = 1 / (1 + ratio)
    of_smaller = quotient(ratio, 1 + ratio)
    return jnp.where(a < b, of_smaller, of_larger), jnp.where(a < b, of_larger, of_smaller)
