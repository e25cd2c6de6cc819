"""Distributions on the real line."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import log_ndtr, ndtr, ndtri
from jaxdist.special.entropy import student_entropy
from jaxdist.special.powers import expexp, expm1exp, log1mexpexp, log1p_square
from jaxdist.special.student import (
    log_cauchy_sf,
    log_student_sf,
    student_isf,
    student_log_prob,
    student_sf,
)
from jaxdist.validation import Shape

_HALF_LOG_TWO_PI = 0.5 * math.log(2 * math.pi)


class Normal(ExponentialFamily):
    r"""Normal (Gaussian) distribution.

    .. math:: p(x) = \exp(-z^2 / 2) / (\mathrm{scale} \sqrt{2 \pi}), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    Give `scale`, or `log_scale` where an optimiser or a network should be free of its sign.

    Args:
      loc: mean, any shape broadcastable with the scale.
      scale: positive standard deviation, in the units of `loc`.
      log_scale: logarithm of the standard deviation, by keyword.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(
        constraints.positive, default=None, otherwise=lambda d: jnp.exp(d.log_scale)
    )
    log_scale: Param = param(
        constraints.real, default=None, otherwise=lambda d: jnp.log(d.scale), kw_only=True
    )

    support = constraints.real
    has_rsample = True

    def _standardize(self, x: Array) -> Array:
        if "scale" in vars(self):
            return (x - self.loc) / self.scale
        # In two steps, because exp(-log_scale) overflows before the quotient does.
        half = jnp.exp(-self.log_scale / 2)
        return (x - self.loc) * half * half

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale * random.normal(key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        z = self._standardize(x)
        return -jnp.square(z) / 2 - self.log_scale - _HALF_LOG_TWO_PI

    def _cdf(self, x: Array) -> Array:
        return ndtr(self._standardize(x))

    def _log_cdf(self, x: Array) -> Array:
        return log_ndtr(self._standardize(x))

    def _survival_function(self, x: Array) -> Array:
        return ndtr(-self._standardize(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log_ndtr(-self._standardize(x))

    def _icdf(self, q: Array) -> Array:
        return self.loc + self.scale * ndtri(q)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return self.scale**2

    def _stddev(self) -> Array:
        return self.scale

    def _entropy(self) -> Array:
        return 0.5 + _HALF_LOG_TWO_PI + self.log_scale

    def _natural_parameters(self) -> tuple[Array, Array]:
        precision = self.scale**-2
        return self.loc * precision, -precision / 2

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        linear, quadratic = natural_parameters
        return -(linear**2) / (4 * quadratic) + jnp.log(-math.pi / quadratic) / 2


class Delta(Distribution):
    r"""All mass at one point, with respect to the counting measure: log p(loc) = 0.

    Args:
      loc: the point, any shape.
    """

    loc: Param = param(constraints.real)

    has_rsample = True

    @property
    def support(self) -> constraints.Constraint:
        """The point alone."""
        return constraints.interval(self.loc, self.loc)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return jnp.broadcast_to(self.loc, shape)

    def _log_prob(self, x: Array) -> Array:
        return jnp.zeros_like(x)

    def _cdf(self, x: Array) -> Array:
        return jnp.ones_like(x)

    def _icdf(self, q: Array) -> Array:
        return jnp.broadcast_to(self.loc, q.shape)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return jnp.zeros_like(self.loc)

    def _entropy(self) -> Array:
        return jnp.zeros_like(self.loc)


class _Symmetric(Distribution):
    """`loc + scale * Z` for a Z that is distributed as -Z.

    A subclass describes Z by its log-density and its upper tail P(Z > t), at t >= 0.
    """

    if TYPE_CHECKING:

        @property
        def loc(self) -> Array: ...
        @property
        def scale(self) -> Array: ...

    support = constraints.real
    has_rsample = True

    def _draw(self, key: Array, shape: Shape) -> Array:
        raise NotImplementedError

    def _log_density(self, z: Array) -> Array:
        raise NotImplementedError

    def _tail(self, t: Array) -> Array:
        raise NotImplementedError

    def _log_tail(self, t: Array) -> Array:
        raise NotImplementedError

    def _tail_inverse(self, p: Array) -> Array:
        """Invert `_tail`, for p <= 1/2."""
        raise NotImplementedError

    def _below(self, z: Array) -> Array:
        tail = self._tail(jnp.where(z < 0, -z, z))
        return jnp.where(z < 0, tail, 1 - tail)

    def _log_below(self, z: Array) -> Array:
        left = self._log_tail(jnp.where(z < 0, -z, 0))
        right = jnp.log1p(-self._tail(jnp.where(z < 0, 0, z)))
        return jnp.where(z < 0, left, right)

    def _standardize(self, x: Array) -> Array:
        return (x - self.loc) / self.scale

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale * self._draw(key, shape)

    def _log_prob(self, x: Array) -> Array:
        return self._log_density(self._standardize(x)) - jnp.log(self.scale)

    def _cdf(self, x: Array) -> Array:
        return self._below(self._standardize(x))

    def _log_cdf(self, x: Array) -> Array:
        return self._log_below(self._standardize(x))

    def _survival_function(self, x: Array) -> Array:
        return self._below(-self._standardize(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self._log_below(-self._standardize(x))

    def _icdf(self, q: Array) -> Array:
        t = self._tail_inverse(jnp.minimum(q, 1 - q))
        return self.loc + self.scale * jnp.where(q < 0.5, -t, t)

    def _mean(self) -> Array:
        return self.loc

    def _mode(self) -> Array:
        return self.loc


class Laplace(_Symmetric):
    r"""Laplace (double exponential) distribution.

    .. math:: p(x) = \exp(-|x - \mathrm{loc}| / \mathrm{scale}) / (2\,\mathrm{scale})

    Args:
      loc: mean and median, any shape broadcastable with `scale`.
      scale: positive mean distance from `loc`, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _draw(self, key: Array, shape: Shape) -> Array:
        return random.laplace(key, shape, self.dtype)

    def _log_density(self, z: Array) -> Array:
        return -z * jnp.sign(z) - math.log(2)  # of slope 0 at 0, where JAX gives |z| a slope of 1

    def _tail(self, t: Array) -> Array:
        return jnp.exp(-t) / 2

    def _log_tail(self, t: Array) -> Array:
        return -t - math.log(2)

    def _tail_inverse(self, p: Array) -> Array:
        return -jnp.log(2 * p)

    def _variance(self) -> Array:
        return 2 * self.scale**2

    def _stddev(self) -> Array:
        return math.sqrt(2) * self.scale

    def _entropy(self) -> Array:
        return 1 + math.log(2) + jnp.log(self.scale)


class Logistic(_Symmetric):
    r"""Logistic distribution, whose cumulative distribution function is the sigmoid.

    .. math:: p(x) = \sigma(z)\,\sigma(-z) / \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    Args:
      loc: mean and median, any shape broadcastable with `scale`.
      scale: positive scale, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _draw(self, key: Array, shape: Shape) -> Array:
        return random.logistic(key, shape, self.dtype)

    def _log_density(self, z: Array) -> Array:
        return jax.nn.log_sigmoid(z) + jax.nn.log_sigmoid(-z)

    def _tail(self, t: Array) -> Array:
        return jax.nn.sigmoid(-t)

    def _log_tail(self, t: Array) -> Array:
        return jax.nn.log_sigmoid(-t)

    def _tail_inverse(self, p: Array) -> Array:
        return jnp.log1p(-p) - jnp.log(p)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return math.pi / math.sqrt(3) * self.scale

    def _entropy(self) -> Array:
        return 2 + jnp.log(self.scale)


class Cauchy(_Symmetric):
    r"""Cauchy (Lorentz) distribution: Student's t with one degree of freedom.

    .. math:: p(x) = 1 / (\pi\,\mathrm{scale}\,(1 + z^2)), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    It has no mean (NaN), and its variance is infinite.

    Args:
      loc: median, any shape broadcastable with `scale`.
      scale: positive half-width at half the maximum, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    def _draw(self, key: Array, shape: Shape) -> Array:
        return random.cauchy(key, shape, self.dtype)

    def _log_density(self, z: Array) -> Array:
        return -math.log(math.pi) - log1p_square(z)

    def _tail(self, t: Array) -> Array:
        return jnp.arctan2(1, t) / math.pi

    def _log_tail(self, t: Array) -> Array:
        return log_cauchy_sf(t)

    def _tail_inverse(self, p: Array) -> Array:
        far = p < 0.25
        t = jnp.tan(math.pi * jnp.where(far, p, 0.5 - p))
        return jnp.where(far, 1 / jnp.where(far, t, 1), t)

    def _mean(self) -> Array:
        return jnp.full_like(self.loc, math.nan)

    def _variance(self) -> Array:
        return jnp.full_like(self.scale, math.inf)

    def _entropy(self) -> Array:
        return math.log(4 * math.pi) + jnp.log(self.scale)


class StudentT(_Symmetric):
    r"""Student's t distribution: normal noise over an estimate of its scale.

    .. math:: p(x) = \frac{\Gamma((\nu + 1) / 2)}{\Gamma(\nu / 2) \sqrt{\pi \nu}\, \mathrm{scale}}
              \left(1 + \frac{z^2}{\nu}\right)^{-(\nu + 1) / 2}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}, \quad \nu = \mathrm{df}

    As in torch the mean is NaN for ν <= 1; the variance is infinite for ν <= 2, NaN for ν <= 1.

    Args:
      df: positive degrees of freedom ν, any shape broadcastable with the others.
      loc: median, and the mean where it exists.
      scale: positive scale, in the units of `loc`.
    """

    df: Param = param(constraints.positive)
    loc: Param = param(constraints.real, default=0.0)
    scale: Param = param(constraints.positive, default=1.0)

    def _draw(self, key: Array, shape: Shape) -> Array:
        largest = float(jnp.finfo(self.dtype).max) / 16
        return jnp.clip(random.student_t(key, self.df, shape), -largest, largest)

    def _log_density(self, z: Array) -> Array:
        return student_log_prob(self.df, z)

    def _tail(self, t: Array) -> Array:
        return student_sf(self.df, t)

    def _log_tail(self, t: Array) -> Array:
        return log_student_sf(self.df, t)

    def _tail_inverse(self, p: Array) -> Array:
        return student_isf(self.df, p)

    def _mean(self) -> Array:
        return jnp.where(self.df > 1, self.loc, math.nan)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        finite = self.df > 2
        df = jnp.where(finite, self.df, 3)
        stddev = jnp.where(finite, self.scale * jnp.sqrt(df / (df - 2)), math.inf)
        return jnp.where(self.df > 1, stddev, math.nan)

    def _entropy(self) -> Array:
        return student_entropy(self.df) + jnp.log(self.scale)


class Gumbel(Distribution):
    r"""Gumbel distribution: the largest of many draws of light-tailed noise.

    .. math:: p(x) = \exp(-z - e^{-z}) / \mathrm{scale}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}

    Args:
      loc: mode, any shape broadcastable with `scale`.
      scale: positive scale, in the units of `loc`.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    support = constraints.real
    has_rsample = True

    def _standardize(self, x: Array) -> Array:
        return (x - self.loc) / self.scale

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale * random.gumbel(key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        z = self._standardize(x)
        return -z - jnp.exp(-z) - jnp.log(self.scale)

    def _cdf(self, x: Array) -> Array:
        return expexp(-self._standardize(x))

    def _log_cdf(self, x: Array) -> Array:
        return -jnp.exp(-self._standardize(x))

    def _survival_function(self, x: Array) -> Array:
        return expm1exp(-self._standardize(x))

    def _log_survival_function(self, x: Array) -> Array:
        return log1mexpexp(-self._standardize(x))

    def _icdf(self, q: Array) -> Array:
        return self.loc - self.scale * jnp.log(-jnp.log(q))

    def _mean(self) -> Array:
        return self.loc + np.euler_gamma * self.scale

    def _mode(self) -> Array:
        return self.loc

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return math.pi / math.sqrt(6) * self.scale

    def _entropy(self) -> Array:
        return 1 + np.euler_gamma + jnp.log(self.scale)
