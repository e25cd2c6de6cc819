r"""Density and tails of the noncentral beta distribution, as Poisson mixtures of beta ones.

.. math:: p(x) = \sum_j \frac{e^{-\mu} \mu^j}{j!}\, p_{a + j, b}(x), \quad
          P(X \le x) = \sum_j \frac{e^{-\mu} \mu^j}{j!}\, I_x(a + j, b), \quad \mu = \lambda / 2

All terms are positive. As functions of j they are log-concave, and at most as wide as a Poisson
distribution: the sums are over the integers where these are few, or else over fewer real j at even
distances, which is as exact.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.numerics.quadrature import weighted_sum
from jaxdist.promotion import custom_jvp
from jaxdist.special.beta_density import split_beta_kernel
from jaxdist.special.beta_tails import Probability, log_beta_cdf
from jaxdist.special.f_density import log_less_linear
from jaxdist.special.gamma import log_gamma_growth
from jaxdist.special.gamma_density import poisson_log_prob, split_poisson
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.polygamma import digamma_difference_remainder
from jaxdist.special.quotient import log1p_quotient, log_quotient, quotient

_SMALLEST = 8.0  # in units of the smallest normal number; below it, the density is a power of x
_NUMBER = 96  # of terms in float32
_MOST = 256  # terms: a weight is at most 1 over it, that sums of large numbers do not overflow
_FARTHEST = 10.0  # standard deviations between the mean of j and the largest term of a common tail


@custom_jvp
def noncentral_beta_log_prob(x: Array, a: Array, b: Array, rate: Array) -> Array:
    """Evaluate the log-density.

    Args:
      x: inside (0, 1), of one shape and dtype with the others.
      a: positive.
      b: positive.
      rate: non-negative mean μ of j.
    """
    exponent, factor = split_noncentral_beta_kernel(_of_probability(x), a, b, rate)
    return exponent + log_quotient(factor, x * (1 - x))


@noncentral_beta_log_prob.defjvp
def _noncentral_beta_log_prob_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (x, a, b, rate), (x_dot, a_dot, b_dot, rate_dot) = primals, tangents
    at = _of_probability(x)
    means = noncentral_beta_means(at, a, b, rate)
    slope_x = 4 * (quotient((means.shape - 1) / 4, x) - quotient((b - 1) / 4, at.y))
    dot = along(slope_x, x_dot) + along(means.slope_a, a_dot)
    dot += along(means.slope_b, b_dot) + along(means.excess, rate_dot)
    return noncentral_beta_log_prob(x, a, b, rate), dot


def _of_probability(x: Array) -> Probability:
    return Probability(x, 1 - x, jnp.log(x), jnp.log1p(-x))


def split_noncentral_beta_kernel(
    at: Probability, a: Array, b: Array, rate: Array
) -> tuple[Array, Array]:
    """Split the logarithm of x (1 - x) times the density at x into e and f of `e + log(f)`.

    It rounds least where f is multiplied by other factors before the logarithm is taken.

    Args:
      at: x and 1 - x, of one shape and dtype with the others.
      a: positive.
      b: positive.
      rate: non-negative mean μ of j.
    """
    rate = _positive(rate)
    terms = _terms(at, a, b, rate)
    total = lax.stop_gradient(jnp.clip(a + b, 1, _SMALLEST))
    least = _SMALLEST * jnp.finfo(rate.dtype).tiny / total
    x, y = (jnp.maximum(v, least) for v in (at.x, at.y))
    below, above = (jnp.minimum(v - jnp.log(least), 0) for v in (at.log_x, at.log_y))
    of_rate, rate_factor = split_poisson(terms.center, rate)
    of_beta, beta_factor = split_beta_kernel(a + terms.center, b, x, y)
    total = terms.sum(lambda j: jnp.exp(terms.log_ratio(j)))
    exponent = of_rate + of_beta + a * below + b * above
    return exponent, rate_factor * beta_factor * total


class Means(NamedTuple):
    r"""Means over j, with the terms of the density as weights, of which slopes are made.

    With :math:`f = \frac{(a + b + j)\, x}{a + j} - 1` and
    :math:`e = \frac{(a + b + j) (1 - x)}{b} - 1`, and r for `digamma_difference_remainder`:

    Attributes:
      shape: of a + j.
      excess: of f, the slope in μ.
      excess_times_j: of f j.
      slope_a: of log(1 + f) + r(a + j, b), the slope in a at a fixed x.
      slope_b: of log(1 + e) + r(b, a + j), the slope in b at a fixed x.
      slope_a_less_linear: of log(1 + f) - f + r(a + j, b).
      slope_b_less_linear: of log(1 + e) - e + r(b, a + j).
    """

    shape: Array
    excess: Array
    excess_times_j: Array
    slope_a: Array
    slope_b: Array
    slope_a_less_linear: Array
    slope_b_less_linear: Array


def noncentral_beta_means(at: Probability, a: Array, b: Array, rate: Array) -> Means:
    """Average over the terms of the density.

    Args:
      at: x and 1 - x, of one shape and dtype with the others.
      a: positive.
      b: positive.
      rate: non-negative mean μ of j.
    """
    terms = _terms(at, a, b, _positive(rate))

    def weighted(j: Array) -> tuple[Array, ...]:
        weight, shape = jnp.exp(terms.log_ratio(j)) / _MOST, a + j
        f, e = at.x * (b / shape) - at.y, at.y * (shape / b) - at.x
        log_f = _log1p(f, at.x * (1 + b / shape), at.log_x + log1p_quotient(b, shape))
        log_e = _log1p(e, at.y * (1 + shape / b), at.log_y + log1p_quotient(shape, b))
        rest_a = digamma_difference_remainder(shape, b)
        rest_b = digamma_difference_remainder(b, shape)
        means = Means(
            shape,
            f,
            finite(f) * j,
            log_f + rest_a,
            log_e + rest_b,
            log_less_linear(f, log_f) + rest_a,
            log_less_linear(e, log_e) + rest_b,
        )
        return weight, *(weight * finite(x) for x in means)

    total, *sums = terms.sum(weighted)
    return Means(*(x / total for x in sums))


def _log1p(v: Array, u: Array, log_u: Array) -> Array:
    """Return log(1 + v), given u = 1 + v and its logarithm, used where u is out of range."""
    near, info = (v > -0.5) & (v < jnp.inf), jnp.finfo(u.dtype)
    is_regular = (u > _SMALLEST * info.tiny) & (u < jnp.inf)
    far = jnp.where(is_regular, jnp.log(jnp.where(is_regular, u, 1)), log_u)
    return jnp.where(near, jnp.log1p(jnp.where(near, v, 0)), far)


class _Terms(NamedTuple):
    """The terms of the density, as functions of j.

    Attributes:
      a: positive.
      total: a + b.
      log_step: the logarithm of the ratio of two terms at the largest one.
      center: the j of the largest one.
      spread: how wide they are in j.
    """

    a: Array
    total: Array
    log_step: Array
    center: Array
    spread: Array

    def log_ratio(self, j: Array) -> Array:
        """Return the logarithm of a term over the largest one."""
        ahead = j - self.center
        of_counts, of_shapes, of_totals = (
            log_gamma_growth(n + self.center, n + j, ahead)
            for n in (jnp.ones_like(j), self.a, self.total)
        )
        return ahead * self.log_step + of_totals - of_shapes - of_counts

    def sum(self, function: Callable[[Array], Any]) -> Any:
        """Sum a function over all j, of which it returns an array or a tuple of them."""
        low, stride, number = _nodes(self.center, self.center, self.spread)
        sums = weighted_sum(
            lambda step: function(low + stride * step),
            np.ones(number),
            np.arange(number),
            dtype=low.dtype,
        )
        return jax.tree.map(lambda x: stride * x, sums)


def _terms(at: Probability, a: Array, b: Array, rate: Array) -> _Terms:
    center, spread = lax.stop_gradient(_largest_term(at, a, b, a, rate))
    total, shape = a + b, a + center
    of_rate, of_total = rate / (center + 1), (total + center) / shape
    step = of_rate * of_total * at.x
    is_regular = (step > 1e-30) & (step < jnp.inf)
    of_logs = jnp.log(of_rate) + log_quotient(total + center, shape) + at.log_x
    log_step = jnp.where(is_regular, jnp.log(jnp.where(is_regular, step, 1)), of_logs)
    return _Terms(a, total, log_step, center, spread)


def noncentral_beta_log_tail(
    at: Probability, a: Array, b: Array, rate: Array
) -> tuple[Array, Array]:
    """Return whether the lower tail is evaluated at x, and the logarithm of the tail.

    Args:
      at: x and 1 - x, of one shape and dtype with the others.
      a: positive.
      b: positive.
      rate: non-negative mean μ of j.
    """
    rate = _positive(rate)
    is_lower = b * at.x < (a + rate) * at.y
    other_end = Probability(at.y, at.x, at.log_y, at.log_x)
    own = jax.tree.map(lambda v, w: jnp.where(is_lower, v, w), at, other_end)
    center, spread = lax.stop_gradient(_largest_term(at, a, b, a + 1, rate))
    reach = _FARTHEST * spread
    other = jnp.clip(lax.stop_gradient(rate), center - reach, center + reach)

    def log_term(j: Array) -> Array:
        shape, rest = jnp.where(is_lower, a + j, b), jnp.where(is_lower, b, a + j)
        return poisson_log_prob(j, rate) + log_beta_cdf(shape, rest, own)

    return is_lower, _log_sum(log_term, center, other, spread)


def _positive(rate: Array) -> Array:
    """Return the rate, or where it is 0 a tiny one, of whose logarithm there are derivatives."""
    return rate + 1e-30


def _largest_term(
    at: Probability, a: Array, b: Array, divisor: Array, rate: Array
) -> tuple[Array, Array]:
    r"""Return the j of the largest term, and its spread in j.

    It solves :math:`(j + 1) (c + j) = \mu x\, (a + b + j)`, for c the `divisor`: the ratio of two
    terms is 1 there.
    """
    scaled = rate * at.x
    linear, constant = divisor + 1 - scaled, rate * (at.x * (a + b)) - divisor
    # The root of the constant, and of the discriminant, of which the squares may overflow.
    is_rising, size = constant > 0, jnp.abs(linear)
    of_product = jnp.sqrt(scaled) * jnp.sqrt(a + b)
    of_constant = jnp.where(constant < jnp.inf, jnp.sqrt(jnp.abs(constant)), of_product)
    difference = jnp.maximum(size - 2 * of_constant, 0)
    of_falling = jnp.sqrt(difference) * jnp.sqrt(size + 2 * of_constant)
    root = jnp.where(is_rising, hypot(size, 2 * of_constant), of_falling)
    least = jnp.finfo(rate.dtype).tiny
    of_positive = of_constant * (of_constant / jnp.maximum(root / 2 + linear / 2, least))
    of_positive = jnp.where(is_rising, of_positive, 0)
    center = jnp.maximum(jnp.where(linear > 0, of_positive, root / 2 - linear / 2), 0)
    n = center + 1
    excess = b - (divisor - a)
    precision = 1 + n / (center + divisor) * (excess / (center + a + b))  # times n
    return center, jnp.sqrt(n / precision)


def _log_sum(
    log_term: Callable[[Array], Array], center: Array, other: Array, spread: Array
) -> Array:
    """Sum terms over all j.

    Args:
      log_term: their logarithms.
      center: the j of a large term.
      other: another one: the largest term is between them.
      spread: how wide the terms are in j, at most.
    """
    low, stride, number = _nodes(center, other, spread)
    largest = lax.stop_gradient(jnp.maximum(log_term(center), log_term(other)))
    total = weighted_sum(
        lambda step: jnp.exp(log_term(low + stride * step) - largest),
        np.ones(number),
        np.arange(number),
        dtype=center.dtype,
    )
    return largest + jnp.log(stride * total)


def _nodes(center: Array, other: Array, spread: Array) -> tuple[Array, Array, int]:
    """Return the least of the nodes j, their distance and their number."""
    is_single = jnp.finfo(center.dtype).eps > 1e-10
    number, deviations, least = (_NUMBER, 6, 12) if is_single else (2 * _NUMBER, 9, 30)
    reach = deviations * spread + least
    low = jnp.maximum(jnp.floor(jnp.minimum(center, other) - reach), 0)
    stride = jnp.maximum((jnp.maximum(center, other) + reach - low) / (number - 1), 1)
    return low, stride, number
