"""Distributions on an interval whose draws are squashed draws from the real line."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.families.interval import FromPreimage, open_logit
from jaxdist.families.real import Logistic, Normal
from jaxdist.parameters import Param, param
from jaxdist.validation import Shape

_POINTS = 128  # of the quadrature: enough for float64
_NEWTON_STEPS = 12  # of the mode: quadratic convergence from the right, halving in the worst case


class _Squashed(FromPreimage):
    r"""What x = g(y) with y from `base_dist` and a sigmoidal g has whatever they are.

    .. math:: \log p(x) = \log p_y(g^{-1}(x)) - \log g'(g^{-1}(x))

    Joint calls evaluate this at y itself. Given x alone, the ends of the interval stand for the
    number next to them inside, so that `log_prob` and its gradient are finite there too. Mean,
    variance and entropy have no closed form; they are integrals, to machine precision.

    A subclass writes `base_dist`, `_squash` (g), `_unsquash` (its inverse), `_log_slope` (log g')
    and `_reach`: how many scales of y from its location its density is negligible.
    """

    _reach: ClassVar[float]

    @property
    def base_dist(self) -> Normal | Logistic:
        """The distribution of y."""
        raise NotImplementedError

    def _squash(self, y: Array) -> Array:
        raise NotImplementedError

    def _unsquash(self, x: Array) -> Array:
        raise NotImplementedError

    def _log_slope(self, y: Array) -> Array:
        raise NotImplementedError

    def _inner(self, x: Array) -> Array:
        """Move the ends of the interval inside by as little as can be."""
        info = jnp.finfo(x.dtype)
        lower, upper = self.support.bounds
        return jnp.clip(x, lower + (info.tiny if lower == 0 else info.epsneg), upper - info.epsneg)

    def _preimage(self, key: Array, shape: Shape) -> Array:
        return self.base_dist._rsample(key, shape)

    def _image(self, y: Array) -> Array:
        return self._inner(self._squash(y))

    def _log_prob_at(self, y: Array) -> Array:
        return self.base_dist._log_prob(y) - self._log_slope(y)

    def _log_prob(self, x: Array) -> Array:
        return self._log_prob_at(self._unsquash(self._inner(x)))

    def _of_base(self, function: Callable[[Array], Array], x: Array, at_lower: float) -> Array:
        above = x > self.support.bounds[0]
        return jnp.where(above, function(self._unsquash(self._inner(x))), at_lower)

    def _cdf(self, x: Array) -> Array:
        return self._of_base(self.base_dist._cdf, x, 0.0)

    def _log_cdf(self, x: Array) -> Array:
        return self._of_base(self.base_dist._log_cdf, x, -math.inf)

    def _survival_function(self, x: Array) -> Array:
        return self._of_base(self.base_dist._survival_function, x, 1.0)

    def _log_survival_function(self, x: Array) -> Array:
        return self._of_base(self.base_dist._log_survival_function, x, 0.0)

    def _icdf(self, q: Array) -> Array:
        return self._squash(self.base_dist._icdf(q))

    def _expect(self, function: Callable[[Array], Array]) -> Array:
        """Integrate a function of y against the density of y."""
        base = self.base_dist
        nodes = lax.stop_gradient(_nodes(base.loc, base.scale, self._reach))
        y = base.loc + base.scale * nodes
        log_spacing = jnp.log(jnp.hypot(1.0, y))  # of arcsinh
        weights = jax.nn.softmax(base._log_prob(y) + log_spacing, 0)
        return jnp.sum(lax.stop_gradient(weights) * function(y), 0)

    def _mean(self) -> Array:
        return jnp.clip(self._expect(self._squash), *self.support.bounds)

    def _variance(self) -> Array:
        mean = self._expect(self._squash)
        return self._expect(lambda y: (self._squash(y) - mean) ** 2)

    def _entropy(self) -> Array:
        return self.base_dist._entropy() + self._expect(self._log_slope)


def _nodes(loc: Array, scale: Array, reach: float) -> Array:
    r"""Spread nodes t over `[-reach, reach]` evenly in the coordinate asinh(loc + scale t).

    The trapezoidal rule in that coordinate converges exponentially for a smooth density of t of
    any scale times a function of y = loc + scale t that is smooth on the scale of one near y = 0
    and almost linear far from it.

    Returns:
      Shape `(_POINTS,) + loc.shape`.
    """
    half_width = reach * scale
    slope = jnp.sqrt(1 + loc * loc)
    middle = jnp.arcsinh(loc)
    narrow = half_width < 0.01 * slope  # where the differences of arcsinh would cancel
    lower = jnp.where(narrow, -half_width / slope, jnp.arcsinh(loc - half_width) - middle)
    upper = jnp.where(narrow, half_width / slope, jnp.arcsinh(loc + half_width) - middle)
    fractions = np.linspace(0, 1, _POINTS).reshape(-1, *[1] * loc.ndim)
    steps = lower + (upper - lower) * jnp.asarray(fractions, loc.dtype)
    return 2 * jnp.cosh(middle + steps / 2) * jnp.sinh(steps / 2) / scale


def _kolmogorov(dtype: np.dtype) -> list[tuple[float, float]]:
    r"""Weights and nodes k of averages over Kolmogorov's distribution, in pairs.

    .. math:: p(k) = 8 k \sum_{n \ge 1} (-1)^{n - 1} n^2 e^{-2 n^2 k^2}

    It falls doubly exponentially on both sides of log k, where the trapezoidal rule needs few
    nodes: these average :math:`\mathrm{erf}(y / \sqrt{2} k)` to 2e-9, or to 3e-16 in float64.
    """
    points, low, high = (12, -1.25, 1.05) if jnp.finfo(dtype).eps > 1e-10 else (28, -1.75, 1.45)
    k = np.exp(np.linspace(low, high, points))
    n = np.arange(1, 40)[:, np.newaxis]
    weights = k**2 * np.sum((-1.0) ** (n - 1) * n**2 * np.exp(-2 * (n * k) ** 2), 0)
    return list(zip((weights / np.sum(weights)).tolist(), k.tolist(), strict=True))


class _HyperbolicMeans(NamedTuple):
    """Means over a normal distribution of y."""

    log_two_cosh: Array
    """Of log(2 cosh(y))."""
    tanh: Array
    """Of tanh(y), the derivative of the first in the mean of y."""
    slope: Array
    """Of 1 / cosh(y)^2 times the deviation of y: the derivative of the first in this."""


def _hyperbolic_means(loc: Array, scale: Array) -> _HyperbolicMeans:
    r"""Average over y, where :math:`y \sim \mathcal{N}(\mathrm{loc}, \mathrm{scale}^2)`.

    A logistic variable is a normal one whose deviation is twice Kolmogorov's variable k (Andrews
    and Mallows, 1974, "Scale mixtures of normal distributions"). Hence

    .. math:: \tanh y = \mathrm{E}_k\, \mathrm{erf}(y / \sqrt{2} k), \quad
              \log (2 \cosh y) = \mathrm{E}_k \mathrm{E} |y + k \epsilon|, \quad
              \epsilon \sim \mathcal{N}(0, 1)

    and an average over y puts :math:`\mathrm{scale}^2 + k^2` in the place of :math:`k^2`. Errors of
    the average over k are averaged, too: they are largest at a scale of 0.
    """
    # Deviations are measured in a unit, so that their squares do not overflow.
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


@jax.custom_jvp
def _mean_log_two_cosh(loc: Array, scale: Array) -> Array:
    return _hyperbolic_means(loc, scale).log_two_cosh


@_mean_log_two_cosh.defjvp
def _mean_log_two_cosh_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    means = _hyperbolic_means(*primals)
    loc_dot, scale_dot = tangents
    return means.log_two_cosh, means.tanh * loc_dot + means.slope * scale_dot


class TanhNormal(_Squashed):
    r"""Normal distribution squashed into (-1, 1): x = tanh(y), the policy of soft actor-critic.

    .. math:: \log p(x) = \log \mathcal{N}(y; \mathrm{loc}, \mathrm{scale})
              - 2 (\log 2 - y - \mathrm{softplus}(-2 y))

    (Haarnoja et al., 2018, appendix C.) In float32 a y beyond 9 squashes to an x next to 1, from
    which y cannot be recovered: `rsample_and_log_prob` does not try to. `log_prob` takes -1 and 1
    for the numbers next to them inside. Mean, variance, entropy and mode are found numerically.

    Args:
      loc: mean of y, any shape broadcastable with the scale.
      scale: positive standard deviation of y.
      log_scale: logarithm of the standard deviation of y, by keyword.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(
        constraints.positive, default=None, otherwise=lambda d: jnp.exp(d.log_scale)
    )
    log_scale: Param = param(
        constraints.real, default=None, otherwise=lambda d: jnp.log(d.scale), kw_only=True
    )

    support = constraints.interval(-1.0, 1.0)
    _reach = 9.0

    @property
    def base_dist(self) -> Normal:
        """The normal distribution of y."""
        return Normal(**self._stored(), validate_args=False)

    def _mean(self) -> Array:
        return jnp.clip(_hyperbolic_means(self.loc, self.scale).tanh, *self.support.bounds)

    def _entropy(self) -> Array:
        size = _mean_log_two_cosh(self.loc, self.scale)
        return self.base_dist._entropy() + 2 * (math.log(2) - size)

    def _squash(self, y: Array) -> Array:
        return jnp.tanh(y)

    def _unsquash(self, x: Array) -> Array:
        return jnp.arctanh(x)

    def _log_slope(self, y: Array) -> Array:
        return 2 * (math.log(2) - y - jax.nn.softplus(-2 * y))

    def _mode(self) -> Array:
        r"""Solve :math:`y = \mathrm{loc} + 2 \mathrm{scale}^2 \tanh(y)` by Newton's method.

        The largest solution, for loc >= 0, is the mode; to its right the equation is convex.
        """
        loc, twice_variance = jnp.abs(self.loc), 2 * self.scale**2

        def newton(y: Array) -> Array:
            slope = 1 - twice_variance * jnp.exp(self._log_slope(y))
            step = (y - loc - twice_variance * jnp.tanh(y)) / jnp.where(slope > 0, slope, 1)
            return y - jnp.where(slope > 0, step, 0)

        start = lax.stop_gradient(loc + twice_variance)
        solution = lax.fori_loop(0, _NEWTON_STEPS, lambda _, y: lax.stop_gradient(newton(y)), start)
        return jnp.where(self.loc < 0, -1, 1) * jnp.tanh(newton(lax.stop_gradient(solution)))


class LogitRelaxedBernoulli(Logistic):
    r"""Logit of a `RelaxedBernoulli`: a logistic distribution on the real line.

    .. math:: y = (\mathrm{logits} + L) / \mathrm{temperature}, \quad
              L \sim \mathrm{Logistic}(0, 1)

    Args:
      temperature: positive, any shape broadcastable with the next.
      probs: probability in [0, 1] that y is positive. Or else:
      logits: log-odds of the same.
    """

    temperature: Param = param(constraints.positive)
    probs: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: jax.nn.sigmoid(d.logits)
    )
    logits: Param = param(constraints.real, default=None, otherwise=lambda d: open_logit(d.probs))

    @property  # type: ignore[misc]
    def loc(self) -> Array:  # type: ignore[override]
        """Mean and median of y."""
        return self.logits / self.temperature

    @property  # type: ignore[misc]
    def scale(self) -> Array:  # type: ignore[override]
        """Scale of y."""
        return 1 / self.temperature


class RelaxedBernoulli(_Squashed):
    r"""Bernoulli distribution relaxed to draws in (0, 1): x = sigmoid(y).

    .. math:: y \sim \mathrm{LogitRelaxedBernoulli}(\mathrm{temperature}, \mathrm{logits}), \quad
              \log p(x) = \log p_y(y) - \log x - \log (1 - x)

    (Maddison et al., 2017; Jang et al., 2017.) The lower the temperature, the closer draws come to
    0 and 1; `log_prob` takes these for the numbers next to them inside. Mean, variance and entropy
    are found numerically.

    Args:
      temperature: positive, any shape broadcastable with the next.
      probs: probability in [0, 1] that x is above 1/2. Or else:
      logits: log-odds of the same.
    """

    temperature: Param = param(constraints.positive)
    probs: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: jax.nn.sigmoid(d.logits)
    )
    logits: Param = param(constraints.real, default=None, otherwise=lambda d: open_logit(d.probs))

    support = constraints.unit_interval
    _reach = 37.0

    @property
    def base_dist(self) -> LogitRelaxedBernoulli:
        """The logistic distribution of y."""
        return LogitRelaxedBernoulli(**self._stored(), validate_args=False)

    def _squash(self, y: Array) -> Array:
        return jax.nn.sigmoid(y)

    def _unsquash(self, x: Array) -> Array:
        return open_logit(x)

    def _log_slope(self, y: Array) -> Array:
        return -jax.nn.softplus(y) - jax.nn.softplus(-y)

    def _mode(self) -> Array:
        raise self._missing("mode", "compare `log_prob` on a grid")
