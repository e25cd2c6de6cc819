"""Elementary functions of single numbers: exp, softplus, sigmoid, tanh, power, abs ..."""

from __future__ import annotations

import math
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
    log1p_square,
    log_expm1,
    log_sech2,
    log_sigmoid_slope,
    sigmoid,
    softplus,
    tanh,
)
from jaxdist.special.lambert_w import lambert_w_image, lambert_w_preimage
from jaxdist.transforms.transform import Transform

_ARCSINH_2 = math.asinh(2.0)
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


class LeakyTanhTransform(ElementwiseTransform):
    r"""The hyperbolic tangent near 0, and its tangents outside: a bijection of the real numbers.

    .. math:: y = \tanh x \ (|x| \le b), \quad
              y = \mathrm{sign}(x) \left(\tanh b + (|x| - b)\, \mathrm{sech}^2 b\right) \ (|x| > b)

    with b = max_val. An activation of networks that must be invertible; flowjax's `LeakyTanh`.

    Args:
      max_val: positive b, any shape broadcastable with the values.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.LeakyTanhTransform(1.0)
      >>> [f"{y:.4f}" for y in (t(0.5), t(3.0), t.inv(t(3.0)))]
      ['0.4621', '1.6015', '3.0000']
    """

    max_val: Param = param(constraints.positive, default=3.0)

    def _forward(self, x: Array) -> Array:
        is_inner = jnp.abs(x) <= self.max_val
        slope = jnp.exp(log_sech2(self.max_val))
        outer = tanh(self.max_val) + (jnp.abs(x) - self.max_val) * slope
        return jnp.where(is_inner, tanh(jnp.where(is_inner, x, 0)), jnp.sign(x) * outer)

    def _inverse(self, y: Array) -> Array:
        end = tanh(self.max_val)
        is_inner = jnp.abs(y) < end
        inner = jnp.arctanh(jnp.where(is_inner, y, 0))
        beyond = (jnp.abs(y) - end) * jnp.exp(-log_sech2(self.max_val))
        return jnp.where(is_inner, inner, jnp.sign(y) * (self.max_val + beyond))

    def _log_slope(self, x: Array) -> Array:
        return log_sech2(jnp.minimum(jnp.abs(x), self.max_val))


class SinhArcsinhTransform(ElementwiseTransform):
    r"""Change of the skew and of the weight of the tails.

    .. math:: y = c \sinh((\operatorname{arcsinh} x + a)\, b), \quad
              c = \frac{2}{\sinh(b \operatorname{arcsinh} 2)}

    with (a, b) = (skew, tailweight); c keeps y = 2 at x = 2 for a = 0. TFP's `SinhArcsinh`, which
    calls `skew` skewness (Jones and Pewsey, 2009, "Sinh-arcsinh distributions").

    Args:
      skew: a, any shape broadcastable with the values; positive for a heavy right tail.
      tailweight: positive b; tails become heavier for b > 1.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.SinhArcsinhTransform(0.0, 2.0)
      >>> [f"{y:.4f}" for y in (t(2.0), t(4.0), t.inv(t(4.0)))]
      ['2.0000', '7.3756', '4.0000']
    """

    skew: Param = param(constraints.real, default=0.0)
    tailweight: Param = param(constraints.positive, default=1.0)

    def _factor(self) -> Array:
        return 2 / jnp.sinh(_ARCSINH_2 * self.tailweight)

    def _forward(self, x: Array) -> Array:
        return self._factor() * jnp.sinh((jnp.arcsinh(x) + self.skew) * self.tailweight)

    def _inverse(self, y: Array) -> Array:
        return jnp.sinh(jnp.arcsinh(y / self._factor()) / self.tailweight - self.skew)

    def _log_slope(self, x: Array) -> Array:
        angle = jnp.abs((jnp.arcsinh(x) + self.skew) * self.tailweight)
        log_cosh = angle + jnp.log1p(jnp.exp(-2 * angle)) - math.log(2)
        return jnp.log(self._factor() * self.tailweight) + log_cosh - log1p_square(x) / 2


class LambertWTransform(ElementwiseTransform):
    r"""Heavier tails: of a normal variable it makes Tukey's h distribution.

    .. math:: y = x\, e^{\delta x^2 / 2}, \quad x = y\, e^{-W(\delta y^2) / 2}

    with :math:`\delta` = tailweight and the Lambert W function. Its inverse makes heavy-tailed data
    normal. It is TFP's `LambertWTail` without `shift` and `scale`, which `AffineTransform` has
    (Goerg, 2015, "The Lambert way to Gaussianize heavy-tailed data").

    Args:
      tailweight: at least 0, any shape broadcastable with the values.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.LambertWTransform(0.5)
      >>> [f"{y:.4f}" for y in (t(1.0), t(4.0), t.inv(t(4.0)))]
      ['1.2840', '218.3926', '4.0000']
    """

    tailweight: Param = param(constraints.nonnegative)

    def _forward(self, x: Array) -> Array:
        return lambert_w_image(x, jnp.ones_like(x), self.tailweight)

    def _inverse(self, y: Array) -> Array:
        return lambert_w_preimage(y, jnp.ones_like(y), self.tailweight)[0]

    def _log_slope(self, x: Array) -> Array:
        v = self.tailweight * x**2
        return v / 2 + jnp.log1p(v)


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
