"""Kumaraswamy distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.preimage import FromPreimage
from jaxdist.families.interval.beta import beta_mode
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    clip_to_open_unit,
    digamma_difference,
    exp_neg_exp,
    expm1,
    expm1mx,
    lgamma_second_difference,
    log1mexp,
    log1mexpexp,
    log_expm1,
    xlogy,
)
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.polygamma import digamma_minus_log
from jaxdist.special.quotient import log_of_scale, quotient

_SMALL_STEP = 0.5
_TINY = 1e-30  # whose exponential is 1
_VANISHING = 1000.0  # of which exp(-x) is 0
_NODES, _WEIGHTS = (v.tolist() for v in np.polynomial.legendre.leggauss(6))
_NODES, _WEIGHTS = [(1 + x) / 2 for x in _NODES], [w / 2 for w in _WEIGHTS]  # on [0, 1]


class Kumaraswamy(FromPreimage):
    r"""Kumaraswamy distribution on `[0, 1]`: similar to a Beta, with cdf and icdf in closed form.

    .. math:: p(x) = a b x^{a - 1} (1 - x^a)^{b - 1}, \quad F(x) = 1 - (1 - x^a)^b, \quad
              a = \mathrm{concentration1}, \; b = \mathrm{concentration0}

    (Kumaraswamy, 1980; Jones, 2009.)

    Args:
      concentration1: positive, any shape broadcastable with `concentration0`.
      concentration0: positive.
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)

    support = constraints.unit_interval

    def _log_neg_log_icdf(self, q: Array) -> Array:
        """Return log(-log(x)) for the x with F(x) = q."""
        log_1mxa = finite(quotient(jnp.log1p(-clip_to_open_unit(q)), self.concentration0))
        return log_neg_log1mexp(-log_1mxa) - jnp.log(self.concentration1)

    def _rsample_preimage(self, key: Array, shape: Shape) -> Array:
        """Draw log(-log(x))."""
        return self._log_neg_log_icdf(random.uniform_open(key, shape, self.dtype))

    def _image(self, y: Array) -> Array:
        return clip_to_open_unit(exp_neg_exp(y))

    def _log_density(self, neg_log_x: Array, log_1mxa: Array) -> Array:
        """Evaluate the log-density, given -log(x) and log(1 - x^a)."""
        a, b = self.concentration1, self.concentration0
        return jnp.log(a) + jnp.log(b) - (a - 1) * neg_log_x + (b - 1) * log_1mxa

    def _log_prob_at_preimage(self, y: Array) -> Array:
        return self._log_density(jnp.exp(y), log1mexpexp(jnp.log(self.concentration1) + y))

    def _log_prob(self, x: Array) -> Array:
        at_0 = xlogy(self.concentration1 - 1, jnp.where(x > 0, 1.0, 0.0))
        at_1 = xlogy(self.concentration0 - 1, jnp.where(x < 1, 1.0, 0.0))
        neg_log_x = -jnp.log(clip_to_open_unit(x))
        a, b = self.concentration1, self.concentration0
        inside = jnp.log(b) - (a - 1) * neg_log_x + _log_slope_and_power(a, b, neg_log_x)
        at_end = at_0 + at_1
        return jnp.where(jnp.isinf(at_end), at_end, inside + at_end)

    def _cdf(self, x: Array) -> Array:
        return -expm1(self._log_survival_function(x))

    def _log_cdf(self, x: Array) -> Array:
        log_neg_log_1mxa = log_neg_log1mexp(-self.concentration1 * jnp.log(clip_to_open_unit(x)))
        log_cdf = log1mexpexp(jnp.log(self.concentration0) + log_neg_log_1mxa)
        return jnp.where(x > 0, log_cdf, -math.inf)

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_survival_function(x))

    def _log_survival_function(self, x: Array) -> Array:
        log_1mxa = _log1mexp_product(self.concentration1, -jnp.log(clip_to_open_unit(x)))
        return self.concentration0 * jnp.where(x > 0, log_1mxa, 0)

    def _icdf(self, q: Array) -> Array:
        x = exp_neg_exp(self._log_neg_log_icdf(q))
        return jnp.where(q > 0, jnp.where(q < 1, x, 1), 0)

    def _isf(self, q: Array) -> Array:
        log_1mxa = finite(quotient(jnp.log(clip_to_open_unit(q)), self.concentration0))
        x = exp_neg_exp(log_neg_log1mexp(-log_1mxa) - jnp.log(self.concentration1))
        return jnp.where(q > 0, jnp.where(q < 1, x, 0), 1)

    def _log_mean(self) -> Array:
        r"""Evaluate :math:`\log(b B(1 + 1/a, b))`, where B is the beta function."""
        return -lgamma_second_difference(1, self.concentration0, 1 / self.concentration1)

    def _mean(self) -> Array:
        return jnp.exp(self._log_mean())

    def _mode(self) -> Array:
        a, b = self.concentration1, self.concentration0
        return beta_mode(a - 1, a * (b - 1)) ** (1 / a)

    def _variance(self) -> Array:
        r"""Evaluate :math:`(E x)^2 (E x^2 / (E x)^2 - 1)`, the factor without cancellation."""
        spread = _log_spread(self.concentration0, 1 / self.concentration1)
        log_mean = self._log_mean()
        narrow = spread < 1
        of_narrow = jnp.exp(2 * log_mean) * expm1(jnp.where(narrow, spread, 0))
        of_wide = jnp.exp(2 * log_mean + log_expm1(jnp.where(narrow, 1, spread)))
        return jnp.where(narrow, of_narrow, of_wide)

    def _entropy(self) -> Array:
        r"""By the harmonic number of b, which for many is nearly log b: their difference."""
        a, b = self.concentration1, self.concentration0
        harmonic = digamma_difference(jnp.ones_like(b), b)
        many = b > 1
        c = jnp.where(many, b, 1)
        of_many = np.euler_gamma + digamma_minus_log(c + 1) + jnp.log1p(1 / c)
        excess = jnp.where(many, of_many, harmonic - jnp.log(b))
        return (1 - 1 / b) + excess - harmonic / a - jnp.log(a)


@custom_jvp
def _log_slope_and_power(a: Array, b: Array, neg_log_x: Array) -> Array:
    r"""Evaluate :math:`\log a + (b - 1) \log(1 - x^a)`."""
    return jnp.log(a) + (b - 1) * _log1mexp_product(a, neg_log_x)


@_log_slope_and_power.defjvp
def _log_slope_and_power_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Near x = 1 the slope in a is b / a, of which two terms cancel to the rest."""
    (a, b, l), (a_dot, b_dot, l_dot) = primals, tangents
    y = jnp.clip(a * l, jnp.finfo(a.dtype).tiny, _VANISHING)
    share = y / jnp.expm1(y)
    close = jnp.where(y < 1, y, 1)
    of_near = (b - (b - 1) * (expm1mx(close) / jnp.expm1(close))) / a
    of_a = jnp.where(y < 1, of_near, (1 + (b - 1) * share) / a)
    dot = along(of_a, a_dot) + _log1mexp_product(a, l) * b_dot
    return _log_slope_and_power(a, b, l), dot + along((b - 1) * (share / l), l_dot)


def _log1mexp_product(a: Array, l: Array) -> Array:
    r"""Evaluate :math:`\log(1 - e^{-a l})`, also where the product underflows."""
    product = a * l
    tiny = product < _TINY
    return jnp.where(tiny, log_of_scale(a) + jnp.log(l), log1mexp(jnp.where(tiny, 1, product)))


def _log_spread(b: Array, t: Array) -> Array:
    r"""Evaluate :math:`\log E x^2 - 2 \log E x`, for t = 1/a.

    It is the difference of :math:`\Delta(y)`, the second difference of the log-gamma function with
    steps b and t, between y = 1 and y = 1 + t; for a small t, minus the integral of its slope.
    """
    small = t < _SMALL_STEP
    step = jnp.where(small, t, 0)

    def slope(node: Array) -> Array:
        y = 1 + step * node
        delta = lambda y: lgamma_second_difference(y, b, t)
        return -step * jax.jvp(delta, (y,), (jnp.ones_like(y),))[1]

    at_nodes = [w * slope(jnp.asarray(x, t.dtype)) for x, w in zip(_NODES, _WEIGHTS, strict=True)]
    steps = lgamma_second_difference(jnp.stack([jnp.ones_like(t), 1 + t]), b, t)
    return jnp.where(small, sum(at_nodes), steps[0] - steps[1])


def log_neg_log1mexp(x: Array) -> Array:
    """Return log(-log(1 - exp(-x))), which is about -x where exp(-x) underflows."""
    far = x > 20
    return jnp.where(far, jnp.exp(-x) / 2 - x, jnp.log(-log1mexp(jnp.where(far, 1, x))))
