"""TanhNormal distribution."""

from __future__ import annotations

import math
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.bases.squashed import Squashed
from jaxdist.distribution import Distribution
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import log_sech2, tanh

_NEWTON_STEPS = 12  # for the mode; they converge quadratically, and at worst halve the error
_WIDE = 1e9  # scale from which the mode is an end


def _kolmogorov(dtype: np.dtype) -> list[tuple[float, float]]:
    r"""Return pairs of weight and node k, for averages over Kolmogorov's distribution.

    .. math:: p(k) = 8 k \sum_{n \ge 1} (-1)^{n - 1} n^2 e^{-2 n^2 k^2}

    The density of log k decreases doubly exponentially on both sides, so that the trapezoidal rule
    needs few nodes: these average :math:`\mathrm{erf}(y / \sqrt{2} k)` to 2e-9, or to 3e-16 in
    float64.
    """
    points, low, high = (12, -1.25, 1.05) if jnp.finfo(dtype).eps > 1e-10 else (28, -1.75, 1.45)
    k = np.exp(np.linspace(low, high, points))
    n = np.arange(1, 40)[:, np.newaxis]
    weights = k**2 * np.sum((-1.0) ** (n - 1) * n**2 * np.exp(-2 * (n * k) ** 2), 0)
    return list(zip((weights / np.sum(weights)).tolist(), k.tolist(), strict=True))


class _HyperbolicMeans(NamedTuple):
    """Means over a normal distribution of y."""

    log_two_cosh: Array
    """Mean of log(2 cosh(y))."""
    tanh: Array
    """Mean of tanh(y): the derivative of `log_two_cosh` in the location of y."""
    slope: Array
    """Mean of 1 / cosh(y)^2, times the scale: the derivative of `log_two_cosh` in the scale."""


def _hyperbolic_means(loc: Array, scale: Array) -> _HyperbolicMeans:
    r"""Average over y, where :math:`y \sim \mathcal{N}(\mathrm{loc}, \mathrm{scale}^2)`.

    A logistic variable is a normal one whose deviation is twice Kolmogorov's variable k (Andrews
    and Mallows, 1974, "Scale mixtures of normal distributions"). Hence

    .. math:: \tanh y = \mathrm{E}_k\, \mathrm{erf}(y / \sqrt{2} k), \quad
              \log (2 \cosh y) = \mathrm{E}_k \mathrm{E} |y + k \epsilon|, \quad
              \epsilon \sim \mathcal{N}(0, 1)

    and the average over y replaces :math:`k^2` by :math:`\mathrm{scale}^2 + k^2`. It also averages
    the errors of the average over k, which are largest at a scale of 0.
    """
    # In units of max(scale, 1), so that squares do not overflow.
    unit, inner = jnp.maximum(scale, 1), jnp.minimum(scale, 1)
    size = tanh = slope = jnp.zeros_like(loc)
    # One by one: XLA sums products along an axis wrongly for some shapes (jaxlib 0.10).
    for weight, k in _kolmogorov(loc.dtype):
        variance = inner**2 + (k / unit) ** 2
        inverse = lax.rsqrt(variance)
        z = loc / unit * inverse
        density = weight * math.sqrt(2 / math.pi) * jnp.exp(-z * z / 2)
        tanh += weight * lax.erf(math.sqrt(0.5) * z)
        size += variance * inverse * density
        slope += inverse * density
    return _HyperbolicMeans(loc * tanh + unit * size, tanh, inner * slope)


@custom_jvp
def _mean_log_two_cosh(loc: Array, scale: Array) -> Array:
    return _hyperbolic_means(loc, scale).log_two_cosh


@_mean_log_two_cosh.defjvp
def _mean_log_two_cosh_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    means = _hyperbolic_means(*primals)
    loc_dot, scale_dot = tangents
    return means.log_two_cosh, means.tanh * loc_dot + means.slope * scale_dot


class TanhNormal(Squashed):
    r"""Normal distribution squashed into (-1, 1): x = tanh(y), the policy of soft actor-critic.

    .. math:: \log p(x) = \log \mathcal{N}(y; \mathrm{loc}, \mathrm{scale})
              - 2 (\log 2 - y - \mathrm{softplus}(-2 y))

    (Haarnoja et al., 2018, appendix C.) In float32, x = tanh(y) rounds to 1 for y > 9, and y cannot
    be recovered from x: use `rsample_and_log_prob` or `sample_and_log_prob`, which evaluate the
    density at y. `log_prob` replaces -1 and 1 by the numbers next to them inside. Mean, variance,
    entropy and mode are computed numerically. Give exactly one of `scale` and `log_scale`.

    Args:
      loc: mean of y, any shape broadcastable with the scale.
      scale: positive standard deviation of y.
      log_scale: logarithm of the standard deviation of y, keyword only.

    Example:
      >>> import jax, jaxdist as jd
      >>> policy = jd.TanhNormal(loc=[0.0, 0.5], scale=0.5)
      >>> action, log_prob = policy.rsample_and_log_prob(jax.random.key(0))
      >>> action.shape, log_prob.shape
      ((2,), (2,))
      >>> policy.mode.round(3)
      Array([0.   , 0.688], dtype=float32)
    """

    loc: Param = param(constraints.real)
    scale: Param = param(
        constraints.positive, default=None, otherwise=lambda d: jnp.exp(d.log_scale)
    )
    log_scale: Param = param(
        constraints.real, default=None, otherwise=lambda d: jnp.log(d.scale), kw_only=True
    )

    support = constraints.interval(-1.0, 1.0)
    _cutoff = 9.0

    @property
    def base_dist(self) -> Normal:
        """The normal distribution of y."""
        return Normal(**self._stored(), validate_args=False)

    def _base_loc_scale(self) -> tuple[Array, Array]:
        return self.loc, self.scale

    def _mean(self) -> Array:
        return jnp.clip(_hyperbolic_means(self.loc, self.scale).tanh, *self.support.bounds)

    def _entropy(self) -> Array:
        size = _mean_log_two_cosh(self.loc, self.scale)
        return self.base_dist._entropy() + 2 * (math.log(2) - size)

    def _logit_form(self) -> tuple[Array, Distribution]:
        zero = jnp.zeros_like(self.loc)
        return 2 * self.loc, Normal(zero, 2 * self.scale, validate_args=False)

    def _squash(self, y: Array) -> Array:
        return tanh(y)

    def _unsquash(self, x: Array) -> Array:
        return jnp.arctanh(x)

    def _log_slope(self, y: Array) -> Array:
        return log_sech2(y)

    def _mode(self) -> Array:
        r"""Solve :math:`y = \mathrm{loc} + 2 \mathrm{scale}^2 \tanh(y)` by Newton's method.

        The largest solution, for loc >= 0, is the mode; to its right the equation is convex.
        """
        is_wide = self.scale > _WIDE
        loc, twice_variance = jnp.abs(self.loc), 2 * jnp.where(is_wide, _WIDE, self.scale) ** 2

        def newton(y: Array) -> Array:
            slope = 1 - twice_variance * jnp.exp(self._log_slope(y))
            step = (y - loc - twice_variance * tanh(y)) / jnp.where(slope > 0, slope, 1)
            return y - jnp.where(slope > 0, step, 0)

        start = lax.stop_gradient(loc + twice_variance)
        solution = lax.fori_loop(0, _NEWTON_STEPS, lambda _, y: lax.stop_gradient(newton(y)), start)
        return jnp.where(self.loc < 0, -1, 1) * tanh(newton(lax.stop_gradient(solution)))
