"""ExponentiallyModifiedGaussian distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.log_tails import both_log_tails
from jaxdist.bases.numerical_quantile import NumericalQuantile
from jaxdist.numerics.quadrature import integrate, negligible_exponent
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI, log_ndtr, mills_ratio, ndtr, ndtri
from jaxdist.special.exponentially_modified_gaussian import emg_scores, log_density_over_rate
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.quotient import log_of_scale

_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(8)
_NARROW = 1.0  # width up to which eight nodes integrate the normal density


class ExponentiallyModifiedGaussian(NumericalQuantile):
    r"""The sum of a normal and an exponential variable (ex-Gaussian).

    .. math:: p(x) = \lambda \exp\left(\tfrac{s^2}{2} - s z\right) \Phi(z - s), \quad
              z = \frac{x - \mathrm{loc}}{\mathrm{scale}}, \; s = \lambda\, \mathrm{scale}, \;
              \lambda = \mathrm{rate}

    the distribution of reaction times, and of peaks in chromatography. The parameters are TFP's;
    SciPy's `exponnorm` has `K = 1 / (rate * scale)`.

    Args:
      loc: mean of the normal variable, any shape broadcastable with the others.
      scale: positive standard deviation of the normal variable.
      rate: positive rate of the exponential variable.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.ExponentiallyModifiedGaussian(0.4, 0.05, 5.0)  # seconds
      >>> print(*(f"{p:.3f}" for p in [*d.survival_function([0.4, 1.0]), d.mean]))
      0.914 0.051 0.600

    References:
      Grushka 1972, "Characterization of exponentially modified Gaussian peaks in chromatography".
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    rate: Param = param(constraints.positive)

    support = constraints.real

    def _rsample(self, key: Array, shape: Shape) -> Array:
        normal_key, exponential_key = jax.random.split(key)
        delay = random.exponential(exponential_key, shape, self.dtype) / self.rate
        return self.loc + self.scale * random.normal(normal_key, shape, self.dtype) + delay

    def _scores(self, x: Array) -> tuple[Array, Array]:
        """Return z and s."""
        return emg_scores(x, self.loc, self.scale, self.rate)

    def _log_prob(self, x: Array) -> Array:
        return log_of_scale(self.rate) + self._log_density_over_rate(x)

    def _log_density_over_rate(self, x: Array) -> Array:
        return log_density_over_rate(x, self.loc, self.scale, self.rate)

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        z, s = self._scores(x)
        upper = _log_sum(log_ndtr(-z), self._log_density_over_rate(x))
        far = z > s / 2
        lower = jnp.where(
            far, _log_lower_right(jnp.where(far, z, s), s), _log_lower_left(z, s, far)
        )
        is_lower = lower < upper
        return both_log_tails(is_lower, jnp.where(is_lower, lower, upper))

    def _bracket(self, below: Array, above: Array) -> tuple[Array, Array, Array]:
        """Between the quantile of the normal variable and a sum of two quantiles."""
        of_normal = jnp.where(below < above, ndtri(below), -ndtri(above))
        low = self.loc + self.scale * of_normal
        high = self.loc - self.scale * ndtri(above / 2) - jnp.log(above / 2) / self.rate
        return low, high, low + (high - low) / 2

    def _mean(self) -> Array:
        return self.loc + 1 / self.rate

    def _stddev(self) -> Array:
        return hypot(self.scale, 1 / self.rate)

    def _share(self) -> Array:
        """Return the standard deviation of the exponential variable over that of the sum."""
        return 1 / hypot(self.scale * self.rate, 1.0)

    def _skewness(self) -> Array:
        return 2 * self._share() ** 3

    def _kurtosis(self) -> Array:
        return 6 * self._share() ** 4


def _log_sum(a: Array, b: Array) -> Array:
    """Return `log(exp(a) + exp(b))`, also where both are -inf, with slopes that are no NaN."""
    vanish = (a == -math.inf) & (b == -math.inf)
    gap = jnp.where(vanish, math.inf, jnp.where(a > b, a - b, b - a))
    return jnp.where(a > b, a, b) + jnp.log1p(jnp.exp(-gap))


def _log_lower_right(z: Array, s: Array) -> Array:
    r"""Evaluate, for z > s / 2, the logarithm of a sum of two positive terms.

    .. math:: P(X \le x) = \int_{z - s}^z \phi(y)\, dy
              + \Phi(z - s) \left(1 - e^{-s (z - s / 2)}\right)
    """
    nodes, weights = ((1 + _NODES) / 2, _WEIGHTS / 2)
    is_narrow = s < _NARROW
    width = jnp.where(is_narrow, s, 0)
    density = sum(
        weight * jnp.exp(-((z - width * node) ** 2) / 2)
        for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True)
    )
    narrow = width * density / math.sqrt(2 * math.pi)
    between = jnp.where(is_narrow, narrow, ndtr(z) - ndtr(z - s))
    return jnp.log(between + ndtr(z - s) * -jnp.expm1(-s * (z - s / 2)))


def _log_lower_left(z: Array, s: Array, beyond: Array) -> Array:
    r"""Evaluate, for z <= s / 2, the logarithm by Mills' ratio m.

    .. math:: \phi(z)\, (m(-z) - m(s - z))
              = \phi(z) \int_0^\infty e^{z t - t^2 / 2} (1 - e^{-s t})\, dt

    Args:
      z: the score.
      s: rate times scale.
      beyond: where it is not needed.
    """
    a, d = jnp.where(beyond, 0, -z), jnp.where(beyond, 1, s)
    is_close = d < 1 + jnp.abs(a)
    near_a, near_d = jnp.where(is_close, a, 1), jnp.where(is_close, d, 1)
    exponent = negligible_exponent(z.dtype)
    root = jnp.sqrt(near_a**2 + 2 * exponent)
    # Both forms of the larger root of t^2 / 2 + a t = exponent, of which one does not cancel.
    reach = jnp.where(near_a > 0, 2 * exponent / (jnp.abs(near_a) + root), root - near_a)
    integral = integrate(lambda t: jnp.exp(-t * (near_a + t / 2)) * -jnp.expm1(-near_d * t), reach)
    far_a, far_d = jnp.where(is_close, 1, a), jnp.where(is_close, 3, d)
    difference = _mills_ratio(far_a) - mills_ratio(jnp.maximum(far_a + far_d, 0))
    ratio = jnp.where(is_close, integral, difference)
    return jnp.log(ratio) - (a * a + LOG_TWO_PI) / 2


def _mills_ratio(x: Array) -> Array:
    """Evaluate Mills' ratio also for negative x."""
    size = jnp.abs(x)
    inverse = jnp.exp(jnp.where(x < 0, size**2 / 2, 0) + LOG_TWO_PI / 2)
    return jnp.where(x < 0, inverse - mills_ratio(size), mills_ratio(size))
