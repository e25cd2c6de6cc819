"""StudentT distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.location_scale import HeavyTails
from jaxdist.parameters import Param, param
from jaxdist.special import (
    log_student_t_sf,
    student_t_entropy,
    student_t_isf,
    student_t_log_density,
    student_t_log_prob,
    student_t_sf,
)


class StudentT(HeavyTails):
    r"""Student's t distribution, of Z / sqrt(V / df) for a normal Z and a chi-squared V.

    .. math:: p(x) = \frac{\Gamma((\nu + 1) / 2)}{\Gamma(\nu / 2) \sqrt{\pi \nu}\, \mathrm{scale}}
              \left(1 + \frac{z^2}{\nu}\right)^{-(\nu + 1) / 2}, \quad
              z = (x - \mathrm{loc}) / \mathrm{scale}, \quad \nu = \mathrm{df}

    As in torch, the mean is NaN for ν <= 1; the variance is infinite for 1 < ν <= 2 and NaN for
    ν <= 1.

    Args:
      df: positive degrees of freedom ν, any shape broadcastable with the others.
      loc: median, and the mean where it exists.
      scale: positive scale, in the units of `loc`.
    """

    df: Param = param(constraints.positive)
    loc: Param = param(constraints.real, default=0.0)
    scale: Param = param(constraints.positive, default=1.0)

    def _standard_rsample(self, key: Array, shape: Shape) -> Array:
        largest = float(jnp.finfo(self.dtype).max) / 16
        return jnp.clip(random.student_t(key, self.df, shape), -largest, largest)

    def _standard_log_prob(self, z: Array) -> Array:
        return student_t_log_prob(self.df, z)

    def _log_prob(self, x: Array) -> Array:
        return student_t_log_density(self.df, x, self.loc, self.scale)

    def _sf_of_size(self, t: Array, log_t: Array) -> Array:
        return student_t_sf(self.df, t, log_t)

    def _log_sf_of_size(self, t: Array, log_t: Array) -> Array:
        return log_student_t_sf(self.df, t, log_t)

    def _standard_isf(self, p: Array) -> Array:
        return student_t_isf(self.df, p)

    def _mean(self) -> Array:
        return jnp.where(self.df > 1, self.loc, math.nan)

    def _stddev(self) -> Array:
        finite = self.df > 2
        df = jnp.where(finite, self.df, 3)
        stddev = jnp.where(finite, self.scale * jnp.sqrt(df / (df - 2)), math.inf)
        return jnp.where(self.df > 1, stddev, math.nan)

    def _skewness(self) -> Array:
        return jnp.where(self.df > 3, 0, math.nan)

    def _kurtosis(self) -> Array:
        exists = self.df > 4
        kurtosis = jnp.where(exists, 6 / jnp.where(exists, self.df - 4, 1), math.inf)
        return jnp.where(self.df > 2, kurtosis, math.nan)

    def _entropy(self) -> Array:
        return student_t_entropy(self.df) + jnp.log(self.scale)
