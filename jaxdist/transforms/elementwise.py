"""Elementary functions of single numbers: exp, softplus, sigmoid, tanh, power, abs."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.constraints.clipping import clip_to_positive
from jaxdist.parameters import Param, param
from jaxdist.pytree import must_define
from jaxdist.special import (
    clip,
    clip_to_open_unit,
    clipped_logit,
    log_expm1,
    log_sech2,
    log_sigmoid_slope,
    sigmoid,
    softplus,
    tanh,
)
from jaxdist.transforms.transform import Transform

NONZERO = constraints.union((constraints.greater_than(0.0), constraints.less_than(0.0)))


class ElementwiseTransform(Transform):
    """Base of increasing transforms of single numbers.

    A subclass writes `_forward(x)`, `_inverse(y)` and `_log_slope(x)`, which is log |dy/dx|.
    """

    bijective = True
    _coordinatewise = True

    @property
    def sign(self) -> Any:
        """1: the transform is increasing."""
        return 1

    def _log_slope(self, x: Array) -> Array:
        raise must_define(self, "_log_slope")

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.broadcast_to(self._log_slope(x), self._forward_shape(x.shape))


class ExpTransform(ElementwiseTransform):
    """The exponential function, y = exp(x)."""

    codomain = constraints.positive
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return clip_to_positive(jnp.exp(x))

    def _inverse(self, y: Array) -> Array:
        return jnp.log(y)

    def _log_slope(self, x: Array) -> Array:
        return x


class SoftplusTransform(ElementwiseTransform):
    """The softplus function, y = log(1 + exp(x))."""

    codomain = constraints.positive

    def _forward(self, x: Array) -> Array:
        return clip_to_positive(softplus(x))

    def _inverse(self, y: Array) -> Array:
        return log_expm1(y)

    def _log_slope(self, x: Array) -> Array:
        return -softplus(-x)


class SigmoidTransform(ElementwiseTransform):
    """The logistic function, y = 1 / (1 + exp(-x)).

    y is never 0 or 1; the inverse replaces 0 and 1 by the next floats inside the interval.
    """

    codomain = constraints.unit_interval

    def _forward(self, x: Array) -> Array:
        return clip_to_open_unit(sigmoid(x))

    def _inverse(self, y: Array) -> Array:
        return clipped_logit(y)

    def _log_slope(self, x: Array) -> Array:
        return log_sigmoid_slope(x)


class TanhTransform(ElementwiseTransform):
    """The hyperbolic tangent, y = tanh(x), with an accurate log-determinant for large x.

    y is never -1 or 1; the inverse replaces these by the next floats inside the interval.
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _clip(self, y: Array) -> Array:
        largest = 1 - jnp.finfo(y.dtype).epsneg
        return clip(y, -largest, largest)

    def _forward(self, x: Array) -> Array:
        return self._clip(tanh(x))

    def _inverse(self, y: Array) -> Array:
        return jnp.arctanh(self._clip(y))

    def _log_slope(self, x: Array) -> Array:
        return log_sech2(x)


class PowerTransform(ElementwiseTransform):
    """The power function, y = x ** exponent, of positive x.

    Args:
      exponent: any number except zero, any shape broadcastable with the values.
    """

    exponent: Param = param(NONZERO)

    domain = constraints.positive
    codomain = constraints.positive

    @property
    def sign(self) -> Array:
        """The sign of the exponent."""
        return jnp.sign(self.exponent)

    def _forward(self, x: Array) -> Array:
        return clip_to_positive(x**self.exponent)

    def _inverse(self, y: Array) -> Array:
        return clip_to_positive(y ** (1 / self.exponent))

    def _log_slope(self, x: Array) -> Array:
        return jnp.log(jnp.abs(self.exponent)) + (self.exponent - 1) * jnp.log(x)


class AbsTransform(Transform):
    """The absolute value of x; `inv` returns the non-negative x."""

    codomain = constraints.nonnegative
    _coordinatewise = True

    def _forward(self, x: Array) -> Array:
        return jnp.abs(x)

    def _inverse(self, y: Array) -> Array:
        return y
