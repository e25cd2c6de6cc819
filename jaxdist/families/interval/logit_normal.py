"""LogitNormal distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.squashed import Squashed
from jaxdist.distribution import Distribution
from jaxdist.families.real.normal import Normal
from jaxdist.parameters import Param, param
from jaxdist.special import clipped_logit, log_sigmoid_slope, sigmoid


class LogitNormal(Squashed):
    r"""Logit-normal distribution: the logistic function of a normal draw, in the unit interval.

    .. math:: p(x) = \frac{e^{-z^2 / 2}}{x (1 - x)\, \mathrm{scale} \sqrt{2 \pi}}, \quad
              z = \left(\log \frac{x}{1 - x} - \mathrm{loc}\right) / \mathrm{scale}

    Mean, variance and entropy are computed by quadrature. The parameters are TFP's.

    Args:
      loc: mean of the logit, any shape broadcastable with `scale`.
      scale: positive standard deviation of the logit.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)

    support = constraints.unit_interval
    _cutoff = 9.0

    @property
    def base_dist(self) -> Normal:
        """The normal distribution of the logit."""
        return Normal(self.loc, self.scale, validate_args=False)

    def _base_loc_scale(self) -> tuple[Array, Array]:
        return self.loc, self.scale

    def _logit_form(self) -> tuple[Array, Distribution]:
        return self.loc, Normal(jnp.zeros_like(self.loc), self.scale, validate_args=False)

    def _squash(self, y: Array) -> Array:
        return sigmoid(y)

    def _unsquash(self, x: Array) -> Array:
        return clipped_logit(x)

    def _log_slope(self, y: Array) -> Array:
        return log_sigmoid_slope(y)
