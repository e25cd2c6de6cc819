"""RadialTransform: vectors move away from a point or towards it."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.parameters import Param, param
from jaxdist.special import softplus
from jaxdist.transforms.vector import VectorTransform


class RadialTransform(VectorTransform):
    r"""Radial flow: vectors move away from a point or towards it.

    .. math:: y = x + \frac{\beta}{\alpha + r} (x - \mathrm{loc}), \quad r = |x - \mathrm{loc}|,
              \quad \alpha = \log(1 + e^a), \quad \beta = \log(1 + e^b) - \alpha

    so that :math:`\beta > -\alpha` and the map is a bijection, whatever the parameters are. The
    distance of y from the point is :math:`r (1 + \beta / (\alpha + r))`, a quadratic equation in r,
    so that the inverse has a closed form; the log-determinant is

    .. math:: (n - 1) \log\Big(1 + \frac{\beta}{\alpha + r}\Big) +
              \log\Big(1 + \frac{\alpha \beta}{(\alpha + r)^2}\Big)

    Rezende and Mohamed (2015), "Variational inference with normalizing flows", section 4 and
    appendix A.

    Args:
      loc: the point, shape `(..., n)`.
      alpha: a, the width of the region that moves before a softplus, shape `(...)`.
      beta: b, the strength before a softplus, shape `(...)`; the identity for b = a.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.RadialTransform([0.0, 1.0], 0.0, 2.0)
      >>> t.inv(t([0.5, 1.5])).round(4).tolist()
      [0.5, 1.5]
    """

    loc: Param = param(constraints.real_vector)
    alpha: Param = param(constraints.real, default=0.0)
    beta: Param = param(constraints.real, default=0.0)

    @property
    def _size(self) -> int:
        return self.loc.shape[-1]

    def _from_loc(self, x: Array) -> tuple[Array, Array]:
        """Return the vector from the point, and its length, with derivative 0 at the point."""
        difference = x - self.loc
        square = jnp.sum(difference**2, -1)
        is_zero = square == 0
        return difference, jnp.where(is_zero, 0, jnp.sqrt(jnp.where(is_zero, 1, square)))

    def _stretch(self, r: Array) -> Array:
        """Return 1 + beta / (alpha + r), as a ratio of positive numbers."""
        alpha, end = softplus(self.alpha), softplus(self.beta)
        return (end + r) / (alpha + r)

    def _forward(self, x: Array) -> Array:
        difference, r = self._from_loc(x)
        return self.loc + self._stretch(r)[..., None] * difference

    def _inverse(self, y: Array) -> Array:
        """Solve r^2 + (alpha + beta - s) r - alpha s = 0, where s is the distance of y."""
        difference, s = self._from_loc(y)
        alpha, end = softplus(self.alpha), softplus(self.beta)
        half = (s - end) / 2
        root = jnp.sqrt(half**2 + alpha * s)
        is_far = half > 0
        below = alpha * s / jnp.where(is_far, 1, root - half)
        r = jnp.where(is_far, half + root, below)
        return self.loc + difference / self._stretch(r)[..., None]

    def _log_det(self, x: Array, y: Array) -> Array:
        """Both logarithms are of ratios of positive numbers."""
        _, r = self._from_loc(x)
        alpha, end = softplus(self.alpha), softplus(self.beta)
        # The slope of the distance is (alpha end + 2 alpha r + r^2) / (alpha + r)^2.
        slope = (alpha * end + (2 * alpha + r) * r) / (alpha + r) ** 2
        return (self._size - 1) * jnp.log(self._stretch(r)) + jnp.log(slope)
