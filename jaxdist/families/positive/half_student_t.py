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
    Probability,
    beta_cdf,
    betaincinv,
    log_gamma_ratio,
    log_quotient,
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

    @property
    def base_dist(self) -> StudentT:
        """The distribution of X."""
        return StudentT(self.df, jnp.zeros_like(self.df), self.scale, validate_args=False)

    def _cdf(self, x: Array) -> Array:
        r"""Evaluate the beta distribution of :math:`z^2 / (z^2 + \nu)`, which is exact near 0."""
        z, root = quotient(x, self.scale), jnp.sqrt(self.df)
        far = z > root
        low, high = jnp.where(far, root, z), jnp.where(far, z, root)
        square = (low / high) ** 2  # may underflow
        larger, log_larger = 1 / (1 + square), -jnp.log1p(square)
        smaller, log_smaller = square * larger, log_larger + 2 * log_quotient(low, high)
        share, complement = jnp.where(far, larger, smaller), jnp.where(far, smaller, larger)
        log_share = jnp.where(far, log_larger, log_smaller)
        at = Probability(share, complement, log_share, jnp.where(far, log_smaller, log_larger))
        return beta_cdf(jnp.full_like(z, 0.5), jnp.broadcast_to(self.df / 2, z.shape), at)

    def _icdf(self, q: Array) -> Array:
        near = q < 0.5
        half = jnp.full_like(q, 0.5)
        share = betaincinv(half, jnp.broadcast_to(self.df / 2, q.shape), jnp.where(near, q, 0.25))
        of_share = self.scale * jnp.sqrt(self.df * share / (1 - share))
        return jnp.where(near, of_share, self._isf(jnp.where(near, 0.5, 1 - q)))

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
