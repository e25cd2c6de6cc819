"""RationalQuadraticSpline: the elementwise transform of neural spline flows."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.parameters import Param, param
from jaxdist.special import log_expm1, softplus
from jaxdist.transforms.elementwise import ElementwiseTransform

# As in the code of Durkan et al. (2019): the smallest bin relative to the interval, and the
# smallest slope at a knot.
_MIN_BIN_SIZE = 1e-3
_MIN_SLOPE = 1e-3


class RationalQuadraticSpline(ElementwiseTransform):
    r"""Monotone rational-quadratic spline on `[-bound, bound]`; the identity outside.

    .. math:: y = y_k + h_k \frac{s_k \xi^2 + d_k \xi (1 - \xi)}
              {s_k + (d_{k + 1} + d_k - 2 s_k) \xi (1 - \xi)}, \quad
              \xi = (x - x_k) / w_k, \quad s_k = h_k / w_k

    in the k-th of K bins of width w and height h, with slopes d at the knots and 1 at the ends
    (Durkan et al., 2019, "Neural spline flows"). The parameters are unconstrained; if all are 0,
    the spline is the identity.

    Args:
      widths: logits of the bins' widths, relative to the interval, shape `(..., K)`.
      heights: logits of the bins' heights, relative to the interval, shape `(..., K)`.
      slopes: slopes at the inner knots before a shifted softplus, shape `(..., K - 1)`.
      bound: positive half-width of the interval, shape `(...)`.
    """

    widths: Param = param(constraints.real_vector)
    heights: Param = param(constraints.real_vector)
    slopes: Param = param(constraints.real_vector)
    bound: Param = param(constraints.positive, default=3.0)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that all parameters have the same number of bins."""
        super().__post_init__(validate_args)
        bins = self.widths.shape[-1]
        if self.heights.shape[-1] != bins or self.slopes.shape[-1] != bins - 1:
            raise ValueError(
                "RationalQuadraticSpline: for K widths there must be K heights and K - 1 slopes; "
                f"got {bins}, {self.heights.shape[-1]} and {self.slopes.shape[-1]}"
            )

    def _knots(self, logits: Array) -> Array:
        """Positions of the ends of the bins, shape `(..., K + 1)`."""
        bins = logits.shape[-1]
        sizes = _MIN_BIN_SIZE + (1 - _MIN_BIN_SIZE * bins) * jax.nn.softmax(logits)
        inner = jnp.cumsum(sizes, -1)[..., :-1]
        zero = jnp.zeros_like(sizes[..., :1])
        positions = jnp.concatenate([zero, inner, zero + 1], -1)
        return self.bound[..., None] * (2 * positions - 1)

    def _bins(self) -> Array:
        """Left end, width, bottom, height, left and right slope of the bins, `(..., K, 6)`."""
        x, y = self._knots(self.widths), self._knots(self.heights)
        inner = _MIN_SLOPE + softplus(self.slopes + log_expm1(1 - _MIN_SLOPE))
        end = jnp.ones_like(self.bound)[..., None]
        slopes = jnp.concatenate([end, inner, end], -1)
        columns = [x[..., :-1], jnp.diff(x), y[..., :-1], jnp.diff(y), slopes[..., :-1]]
        return jnp.stack([*columns, slopes[..., 1:]], -1)

    def _find_bins(self, value: Array, column: int) -> tuple[Array, list[Array]]:
        """Find the bin of each value.

        Args:
          value: shape `(...)`.
          column: 0 to search the left ends, 2 to search the bottoms.

        Returns:
          Whether the value is inside the interval, and the value (0 if it is outside) with the six
          columns of its bin.
        """
        bins = self._bins()
        inside = jnp.abs(value) < self.bound
        inner = jnp.where(inside, value, 0)
        index = jnp.sum(inner[..., None] >= bins[..., 1:, column], -1)
        selected = jax.nn.one_hot(index, bins.shape[-2], dtype=bool)[..., None]
        columns = jnp.sum(jnp.where(selected, bins, 0), -2)
        return inside, [inner, *jnp.moveaxis(columns, -1, 0)]

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        inside, (inner, x0, width, y0, height, left, right) = self._find_bins(x, 0)
        t = (inner - x0) / width
        slope, product = height / width, t * (1 - t)
        denominator = slope + (left + right - 2 * slope) * product
        y = y0 + height * (slope * t * t + left * product) / denominator
        numerator = right * t * t + 2 * slope * product + left * (1 - t) ** 2
        log_slope = 2 * jnp.log(slope / denominator) + jnp.log(numerator)
        return jnp.where(inside, y, x), jnp.where(inside, log_slope, 0)

    def _forward(self, x: Array) -> Array:
        return self._forward_and_log_det(x)[0]

    def _log_slope(self, x: Array) -> Array:
        return self._forward_and_log_det(x)[1]

    def _inverse(self, y: Array) -> Array:
        """Solve a quadratic equation for the position in the bin, by the stable formula."""
        inside, (inner, x0, width, y0, height, left, right) = self._find_bins(y, 2)
        slope, rise = height / width, inner - y0
        curvature = rise * (left + right - 2 * slope)
        a = height * (slope - left) + curvature
        b = height * left - curvature
        c = -slope * rise
        t = 2 * c / (-b - jnp.sqrt(jnp.maximum(b * b - 4 * a * c, 0)))
        return jnp.where(inside, x0 + width * t, y)
