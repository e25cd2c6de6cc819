"""HalfStudentT distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.half import Half
from jaxdist.families.real.student_t import StudentT
from jaxdist.parameters import Param, param
from jaxdist.special import (
    half_student_t_cdf,
    half_student_t_icdf,
    log_distance,
    log_gamma_ratio,
    quotient,
)


class HalfStudentT(Half):
    r"""Half-Student-t distribution, of the absolute value of X for a Student's t X with median 0.

    .. math:: p(x) = \frac{2\, \Gamma((\nu + 1) / 2)}
              {\Gamma(\nu / 2) \sqrt{\pi \nu}\, \mathrm{scale}}
              \left(1 + \frac{z^2}{\nu}\right)^{-(\nu + 1) / 2}, \quad
              z = x / \mathrm{scale} \ge 0, \quad \nu = \mathrm{df}

    A prior of standard deviations. The mean is infinite for ν <= 1, the variance for ν <= 2. The
    name and the parameters are those of TFP, without its location.

    Args:
      df: positive degrees of freedom ν, any shape broadcastable with `scale`.
      scale: positive scale.
    """

    df: Param = param(constraints.positive)
    scale: Param = param(constraints.positive, default=1.0)

    _is_smooth_at_ends = True

    @property
    def base_dist(self) -> StudentT:
        """The distribution of X."""
        return StudentT(self.df, jnp.zeros_like(self.df), self.scale, validate_args=False)

    def _cdf(self, x: Array) -> Array:
        log_t = log_distance(x, jnp.zeros_like(self.scale), self.scale)
        return half_student_t_cdf(self.df, quotient(x, self.scale), log_t)

    def _icdf(self, q: Array) -> Array:
        near = q < 0.5
        of_center = self.scale * half_student_t_icdf(self.df, jnp.where(near, q, 0.25))
        return jnp.where(near, of_center, self._isf(jnp.where(near, 0.5, 1 - q)))

    def _mean(self) -> Array:
        finite = self.df > 1
        df = jnp.where(finite, self.df, 2)
        return jnp.where(finite, self.scale * _standard_mean(df), math.inf)

    def _stddev(self) -> Array:
        finite = self.df > 2
        df = jnp.where(finite, self.df, 3)
        stddev = self.scale * jnp.sqrt(df / (df - 2) - _standard_mean(df) ** 2)
        return jnp.where(finite, stddev, math.inf)


def _standard_mean(df: Array) -> Array:
    r"""Evaluate :math:`\sqrt{\nu / \pi}\, \Gamma((\nu - 1) / 2) / \Gamma(\nu / 2)`, for ν > 1."""
    ratio = jnp.sqrt(2 / (df - 1)) * jnp.exp(-log_gamma_ratio((df - 1) / 2, 0.5))
    return jnp.sqrt(df / math.pi) * ratio
