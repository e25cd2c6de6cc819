"""Gompertz distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import expm1, log_quotient, quotient
from jaxdist.special.infinite_slopes import along

_LARGE_GROWTH = 40.0  # exponent from which the hazard is an exponential
_HUGE = 1e30  # exponent that is negligible beside the hazard


class Gompertz(CumulativeHazardDistribution):
    r"""Gompertz distribution, of lifetimes whose hazard grows exponentially.

    .. math:: P(X > x) = \exp(-c\, (e^{r x} - 1)), \quad
              (c, r) = (\mathrm{concentration}, \mathrm{rate}), \quad x \ge 0

    The parameters are those of numpyro. Mean, variance and entropy have no elementary form, and
    are averages over the quantiles.

    Args:
      concentration: positive ratio c of the hazard at 0 to `rate`, any shape broadcastable with
        `rate`.
      rate: positive growth rate r of the hazard.
    """

    concentration: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.nonnegative
    _is_smooth_at_ends = True

    def _typical(self, x: Array) -> Array:
        """Where the growth of the hazard is e: at 1 it may overflow."""
        info = jnp.finfo(x.dtype)
        inverse = jnp.clip(1 / self.rate, float(info.tiny), float(info.max))
        return jnp.broadcast_to(inverse, x.shape)

    def _cumulative_hazard(self, x: Array) -> Array:
        return _cumulative_hazard(self.concentration, self.rate, x)

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        ratio = quotient(h, self.concentration)
        overflows = ratio == math.inf
        far = log_quotient(jnp.where(overflows, h, 1), self.concentration)
        growth = jnp.where(overflows, far, jnp.log1p(jnp.where(overflows, 0, ratio)))
        return quotient(growth, self.rate)

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        return jnp.log(self.rate) + jnp.log(self.concentration + h) - h

    def _log_prob(self, x: Array) -> Array:
        growth = jnp.minimum(self.rate * x, _HUGE)
        log_hazard = jnp.log(self.rate) + jnp.log(self.concentration) + growth
        return log_hazard - self._cumulative_hazard(x)

    def _mode(self) -> Array:
        """0 where the density decreases."""
        rises = self.concentration < 1
        growth = jnp.where(rises, -jnp.log(jnp.where(rises, self.concentration, 1)), 0)
        return quotient(growth, self.rate)


def _split_growth(concentration: Array, rate: Array, x: Array) -> tuple[Array, Array, Array]:
    """Return where the growth is large, there the root of c e^(r x), and elsewhere the growth."""
    growth = rate * x
    large = growth > _LARGE_GROWTH
    root = jnp.exp(jnp.where(large, growth + jnp.log(concentration), 0) / 2)
    return large, root, jnp.where(large, 0, growth)


@custom_jvp
def _cumulative_hazard(concentration: Array, rate: Array, x: Array) -> Array:
    """By a square where the growth is large, which overflows before the hazard does."""
    large, root, growth = _split_growth(concentration, rate, x)
    return jnp.where(large, root * root - concentration, concentration * expm1(growth))


@_cumulative_hazard.defjvp
def _cumulative_hazard_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """The factors of a slope are multiplied in an order in which none overflows before it does."""
    (concentration, rate, x), (concentration_dot, rate_dot, x_dot) = primals, tangents
    large, root, growth = _split_growth(concentration, rate, x)
    of_concentration = jnp.where(large, root / concentration * root, expm1(growth))
    less, more = jnp.minimum(concentration, 1) * jnp.exp(growth), jnp.maximum(concentration, 1)
    of_rate, of_x = (jnp.where(large, root * v * root, less * v * more) for v in (x, rate))
    dot = along(of_concentration, concentration_dot) + along(of_rate, rate_dot)
    return _cumulative_hazard(concentration, rate, x), dot + along(of_x, x_dot)
