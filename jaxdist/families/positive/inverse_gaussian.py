"""InverseGaussian distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import tail_prob
from jaxdist.bases.numerical_quantile import NumericalQuantile
from jaxdist.numerics.quadrature import integrate, negligible_exponent
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    LOG_TWO_PI,
    log_quotient,
    log_with_complement,
    mills_ratio,
    quotient,
    standardize,
)
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.products import half_square

_FARTHEST = 80.0  # |log(x / loc)| of a quantile
_LOWER = -0.5  # score up to which the lower tail is evaluated; it is at most 0.62 there
_LARGEST_SCORE = 1e19  # beyond it, logarithms of tails may overflow
_LARGEST = 1e30  # error of a quantile
_RARE = 1e-36  # of a quotient, of which less may underflow


class InverseGaussian(NumericalQuantile):
    r"""Inverse Gaussian (Wald) distribution: when a drifting Brownian motion reaches a level.

    .. math:: p(x) = \sqrt{\frac{\lambda}{2 \pi x^3}}
              \exp\left(-\frac{\lambda (x - \mu)^2}{2 \mu^2 x}\right), \quad
              (\mu, \lambda) = (\mathrm{loc}, \mathrm{concentration}), \quad x > 0

    The parameters are TFP's; SciPy's `invgauss` has loc / concentration, and the scale
    `concentration`.

    Args:
      loc: positive mean μ, any shape broadcastable with `concentration`.
      concentration: positive λ, in the units of `loc`; the variance is μ^3 / λ.

    References:
      Michael, Schucany and Haas 1976, "Generating random variates using transformations with
      multiple roots".
    """

    loc: Param = param(constraints.positive)
    concentration: Param = param(constraints.positive)

    support = constraints.positive

    def _sample(self, key: Array, shape: Shape) -> Array:
        """Draw one of the two x with one value of the exponent, which is chi-squared."""
        normal_key, choice_key = jax.random.split(key)
        w = random.normal(normal_key, shape, self.dtype) ** 2 / (2 * self.concentration / self.loc)
        ratio = 1 + w + jnp.sqrt(w) * jnp.sqrt(w + 2)  # of the larger one to the mean
        is_smaller = random.uniform(choice_key, shape, self.dtype) * (1 + 1 / ratio) < 1
        return self.loc * jnp.where(is_smaller, 1 / ratio, ratio)

    def _scores(self, x: Array) -> tuple[Array, Array]:
        r"""Return :math:`\sqrt{\lambda / x}` times x / μ - 1, and times 2."""
        root_of_x, root_of_c = jnp.sqrt(x), jnp.sqrt(self.concentration)
        share, ratio = quotient(self.concentration, x), quotient(x, self.loc)
        in_range, overflows = (share > _RARE) & (share < math.inf), ratio == math.inf
        root = jnp.sqrt(jnp.where(in_range, share, 1))
        root = jnp.where(in_range, root, quotient(root_of_c, root_of_x))
        is_near = jnp.abs(ratio - 1) < 0.5  # elsewhere the slope in loc of this form cancels
        near = standardize(jnp.where(is_near, x, self.loc), self.loc, self.loc)
        excess = jnp.where(is_near, near, jnp.where(overflows, 0, ratio) - 1)
        far = quotient(root_of_c, self.loc) * root_of_x
        return jnp.where(overflows, far, root * excess), 2 * root

    def _log_prob(self, x: Array) -> Array:
        return _log_density(self, x)

    def _log_tail(self, x: Array) -> tuple[Array, Array]:
        """Return whether the lower tail is evaluated at x, and the logarithm of the tail."""
        score, _ = self._scores(x)
        return score < _LOWER, _log_tail(self, x)

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        is_lower, log_tail = self._log_tail(x)
        other = _log_complement(log_tail)
        return jnp.where(is_lower, log_tail, other), jnp.where(is_lower, other, log_tail)

    def _tail_ratio(self, x: Array) -> tuple[Array, Array, Array]:
        r"""Return whether a tail is the lower one, it over φ(a), and its slope in log x over it.

        With a, b = a + d the scores and m Mills' ratio, the tails are

        .. math:: \phi(a) (m(-a) + m(b)), \quad
                  \phi(a) (m(a) - m(b)) = \phi(a) \int_0^\infty e^{-a s - s^2 / 2} (1 - e^{-d s}) ds

        The integral is used where the difference would cancel.
        """
        a, d = (jnp.clip(v, -_LARGEST_SCORE, _LARGEST_SCORE) for v in self._scores(x))
        is_lower = a < _LOWER
        size = jnp.where(is_lower, -a, 1)
        of_lower = mills_ratio(size) + mills_ratio(jnp.where(is_lower, d - size, 0))
        is_close = ~is_lower & (d < 1 + jnp.abs(a))
        near_a, near_d = jnp.where(is_close, a, 1), jnp.where(is_close, d, 1)
        exponent = negligible_exponent(x.dtype)
        reach = 2 * exponent / (near_a + jnp.sqrt(near_a**2 + 2 * exponent))
        integral = integrate(
            lambda s: jnp.exp(-s * (near_a + s / 2)) * -jnp.expm1(-near_d * s), reach
        )
        is_far = ~is_lower & ~is_close
        far_a, far_d = jnp.where(is_far, a, 1), jnp.where(is_far, d, 3)
        difference = _mills_ratio(far_a) - mills_ratio(far_a + far_d)
        of_upper = jnp.where(is_close, integral, difference)
        ratio = jnp.maximum(jnp.where(is_lower, of_lower, of_upper), jnp.finfo(x.dtype).tiny)
        return is_lower, ratio, d / (2 * ratio)

    def _cdf(self, x: Array) -> Array:
        is_lower, log_tail = self._log_tail(x)
        return tail_prob(is_lower, log_tail)

    def _survival_function(self, x: Array) -> Array:
        is_lower, log_tail = self._log_tail(x)
        return tail_prob(~is_lower, log_tail)

    def _solve(self, below: Array, above: Array) -> Array:
        """Find log(x / loc), in which log(-log p) of the tail p on its side is almost linear."""
        is_lower, log_tail = self._log_tail(jnp.broadcast_to(self.loc, below.shape))
        mean_cdf = tail_prob(is_lower, log_tail)
        in_lower = below < mean_cdf
        target = log_with_complement(
            jnp.where(in_lower, below, above), jnp.where(in_lower, above, below)
        )
        log_target = jnp.log(-target)

        def error(t: Array) -> tuple[Array, Array]:
            x = self.loc * jnp.exp(t)
            is_lower, log_tail = self._log_tail(x)
            log_p = jnp.where(is_lower == in_lower, log_tail, _log_complement(log_tail))
            _, _, slope = self._tail_ratio(x)
            slope = jnp.where(is_lower == in_lower, slope, slope * jnp.exp(log_tail - log_p))
            slope /= -log_p
            excess = jnp.where(in_lower, 1, -1) * (log_target - jnp.log(-log_p))
            is_usable = jnp.isfinite(excess) & jnp.isfinite(slope) & (slope > 0)
            return jnp.clip(excess, -_LARGEST, _LARGEST), jnp.where(is_usable, slope, 1e-9)

        bound = jnp.full_like(target, _FARTHEST)
        steps = bisection_steps(target.dtype)
        start = jnp.where(in_lower, -0.1, 0.1)
        t = find_root(error, -bound, bound, steps=steps, start=jnp.broadcast_to(start, bound.shape))
        return self.loc * jnp.exp(t)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        ratio = 1.5 * self.loc / self.concentration
        return self.loc / (ratio + hypot(1.0, ratio))

    def _stddev(self) -> Array:
        return self.loc * jnp.sqrt(self.loc / self.concentration)

    def _skewness(self) -> Array:
        return 3 * jnp.sqrt(self.loc / self.concentration)

    def _kurtosis(self) -> Array:
        return 15 * self.loc / self.concentration


@custom_jvp
def _log_density(d: InverseGaussian, x: Array) -> Array:
    """Take one logarithm: those of `concentration` and of x may be large and cancel."""
    score, _ = d._scores(x)
    root = quotient(jnp.sqrt(d.concentration), jnp.sqrt(x))
    return log_quotient(root, x) - (LOG_TWO_PI + score**2) / 2


@_log_density.defjvp
def _log_density_jvp(
    primals: tuple[InverseGaussian, Array], tangents: tuple[InverseGaussian, Array]
) -> tuple[Array, Array]:
    """Differentiate by products of scores, which do not overflow before the slopes do."""
    (d, x), (d_dot, x_dot) = primals, tangents
    (score, excess), c = d._scores(x), d.concentration
    of_x = -quotient(score / 2, x) * (score + excess) - quotient(jnp.full_like(x, 1.5), x)
    of_loc = quotient(score, d.loc) * finite(quotient(jnp.sqrt(c) * jnp.sqrt(x), d.loc))
    of_concentration = quotient((1 - score) / 2, c) * (1 + score)
    dot = along(of_x, x_dot) + along(of_loc, d_dot.loc)
    return _log_density(d, x), dot + along(of_concentration, d_dot.concentration)


@custom_jvp
def _log_tail(d: InverseGaussian, x: Array) -> Array:
    """Return the logarithm of the tail that is evaluated at x."""
    _, ratio, _ = d._tail_ratio(x)
    score, _ = d._scores(x)
    return jnp.log(ratio) - (half_square(score) + LOG_TWO_PI / 2)


@_log_tail.defjvp
def _log_tail_jvp(
    primals: tuple[InverseGaussian, Array], tangents: tuple[InverseGaussian, Array]
) -> tuple[Array, Array]:
    r"""Differentiate in the logarithms of x and μ; that in λ follows, as the tail has no unit.

    With b and d as in `_tail_ratio`, the slope of the lower tail in log x is
    :math:`\frac{d}{2} \phi(a)`, and that in log μ is :math:`-\frac{2 \lambda}{\mu} \phi(a) m(b)`.
    Where the tail underflows, slopes may be infinite.
    """
    (d, x), (d_dot, x_dot) = primals, tangents
    is_lower, _, of_log_x = d._tail_ratio(x)
    score, difference = d._scores(x)
    b = jnp.minimum(score + difference, _LARGEST_SCORE)
    of_loc = 2 * b * mills_ratio(b) / (1 + quotient(d.loc, x))  # its slope over that of x
    dot = along(quotient(of_log_x, x), x_dot)
    dot -= along(quotient(along(of_log_x, of_loc), d.loc), d_dot.loc)
    of_concentration = quotient(along(of_log_x, 1 - of_loc), d.concentration)
    dot -= along(of_concentration, d_dot.concentration)
    return _log_tail(d, x), jnp.where(is_lower, dot, -dot)


def _log_complement(log_p: Array) -> Array:
    return jnp.log1p(-jnp.exp(jnp.minimum(log_p, -1e-6)))


def _mills_ratio(x: Array) -> Array:
    """Evaluate Mills' ratio also for a small negative x."""
    size = jnp.abs(x)
    inverse = jnp.exp(size**2 / 2 + LOG_TWO_PI / 2)
    return jnp.where(x < 0, jnp.where(x < 0, inverse, 0) - mills_ratio(size), mills_ratio(size))
