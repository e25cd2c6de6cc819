"""Transforms of single numbers."""

from __future__ import annotations

import math
from typing import Any, Self

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.constraints import Constraint, into
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import log_expm1
from jaxdist.transforms.transform import Transform
from jaxdist.validation import Shape

_NONZERO = constraints.union((constraints.greater_than(0.0), constraints.less_than(0.0)))


def above_zero(x: Array) -> Array:
    """Let the smallest normal number stand for all smaller ones."""
    return jnp.maximum(x, jnp.finfo(x.dtype).tiny)


def _inside_unit(x: Array) -> Array:
    """Let the numbers next to 0 and 1 stand for them."""
    info = jnp.finfo(x.dtype)
    return jnp.clip(x, info.tiny, 1 - info.epsneg)


class Elementwise(Transform):
    """An increasing transform of single numbers; a subclass writes `_log_slope(x)`, log dy/dx."""

    bijective = True
    _coordinatewise = True

    @property
    def sign(self) -> Any:
        """1: it is increasing."""
        return 1

    def _log_slope(self, x: Array) -> Array:
        raise NotImplementedError

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.broadcast_to(self._log_slope(x), self._forward_shape(x.shape))


class IdentityTransform(Elementwise):
    """y = x."""

    _affine = True
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return x

    def _inverse(self, y: Array) -> Array:
        return y

    def _log_slope(self, x: Array) -> Array:
        return jnp.zeros_like(x)


class AffineTransform(Elementwise):
    r"""y = loc + scale x.

    Args:
      loc: shift, any shape broadcastable with the values.
      scale: slope, not zero.
      event_dim: how many axes, from the right, are one event; the log-determinant sums over them.
    """

    loc: Param = param(constraints.real)
    scale: Param = param(_NONZERO)
    event_dim: int = static(default=0)

    _affine = True
    _log_det_is_affine = True

    @property
    def domain(self) -> Constraint:
        """Real numbers, or arrays of `event_dim` axes."""
        if self.event_dim == 0:
            return constraints.real
        return constraints.independent(constraints.real, self.event_dim)

    @property
    def codomain(self) -> Constraint:
        """As the domain."""
        return self.domain

    @property
    def sign(self) -> Array:
        """The sign of `scale`."""
        return jnp.sign(self.scale)

    def _forward(self, x: Array) -> Array:
        return self.loc + self.scale * x

    def _inverse(self, y: Array) -> Array:
        return (y - self.loc) / self.scale

    def _log_slope(self, x: Array) -> Array:
        return jnp.log(jnp.abs(self.scale))

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(super()._log_det(x, y), tuple(range(-self.event_dim, 0)))


class ExpTransform(Elementwise):
    """y = exp(x)."""

    codomain = constraints.positive
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return above_zero(jnp.exp(x))

    def _inverse(self, y: Array) -> Array:
        return jnp.log(y)

    def _log_slope(self, x: Array) -> Array:
        return x


class SoftplusTransform(Elementwise):
    """y = log(1 + exp(x))."""

    codomain = constraints.positive

    def _forward(self, x: Array) -> Array:
        return above_zero(jax.nn.softplus(x))

    def _inverse(self, y: Array) -> Array:
        return log_expm1(y)

    def _log_slope(self, x: Array) -> Array:
        return -jax.nn.softplus(-x)


class SigmoidTransform(Elementwise):
    """y = 1 / (1 + exp(-x)), off 0 and 1, which the inverse takes for the numbers next to them."""

    codomain = constraints.unit_interval

    def _forward(self, x: Array) -> Array:
        return _inside_unit(jax.nn.sigmoid(x))

    def _inverse(self, y: Array) -> Array:
        inner = _inside_unit(y)
        return jnp.log(inner) - jnp.log1p(-inner)

    def _log_slope(self, x: Array) -> Array:
        return -jax.nn.softplus(x) - jax.nn.softplus(-x)


def log_sech2(x: Array) -> Array:
    """Return `log(1 - tanh(x)**2)`, also where tanh rounds to one."""
    return 2 * (math.log(2) - x - jax.nn.softplus(-2 * x))


class TanhTransform(Elementwise):
    """y = tanh(x), off -1 and 1, which the inverse takes for the numbers next to them.

    It is `ComposeTransform([AffineTransform(0, 2), SigmoidTransform(), AffineTransform(-1, 2)])`
    where these do not lose digits.
    """

    codomain = constraints.interval(-1.0, 1.0)

    def _clip(self, y: Array) -> Array:
        most = 1 - jnp.finfo(y.dtype).epsneg
        return jnp.clip(y, -most, most)

    def _forward(self, x: Array) -> Array:
        return self._clip(jnp.tanh(x))

    def _inverse(self, y: Array) -> Array:
        return jnp.arctanh(self._clip(y))

    def _log_slope(self, x: Array) -> Array:
        return log_sech2(x)


class PowerTransform(Elementwise):
    """y = x ** exponent, for positive x.

    Args:
      exponent: any number but zero.
    """

    exponent: Param = param(_NONZERO)

    domain = constraints.positive
    codomain = constraints.positive

    @property
    def sign(self) -> Array:
        """The sign of the exponent."""
        return jnp.sign(self.exponent)

    def _forward(self, x: Array) -> Array:
        return above_zero(x**self.exponent)

    def _inverse(self, y: Array) -> Array:
        return above_zero(y ** (1 / self.exponent))

    def _log_slope(self, x: Array) -> Array:
        return jnp.log(jnp.abs(self.exponent)) + (self.exponent - 1) * jnp.log(x)


class AbsTransform(Transform):
    """y = |x|; of the two x for a y, the inverse returns the positive one."""

    codomain = constraints.nonnegative
    _coordinatewise = True

    def _forward(self, x: Array) -> Array:
        return jnp.abs(x)

    def _inverse(self, y: Array) -> Array:
        return y


class CumulativeDistributionTransform(Elementwise):
    """y = F(x), where F is the cumulative distribution function of a univariate distribution.

    Args:
      distribution: has `cdf`, `icdf` and `log_prob`; its batch broadcasts with the values.
    """

    distribution: Any

    codomain = constraints.unit_interval

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the distribution is of single numbers."""
        if getattr(self.distribution, "event_shape", None) != ():
            raise TypeError(
                "CumulativeDistributionTransform: distribution must be of single numbers; got "
                f"{self.distribution!r}"
            )

    @property
    def domain(self) -> Constraint:
        """The support of the distribution."""
        return self.distribution.support

    @property
    def batch_shape(self) -> Shape:
        """The batch shape of the distribution."""
        return self.distribution.batch_shape

    def _map_batch(self, function: Any) -> Self:
        return self._with(distribution=self.distribution._map_batch(function))

    def _evaluate(self, method: str, value: Array) -> Array:
        shape = self._forward_shape(value.shape)
        batch_shape = shape[len(shape) - len(self.batch_shape) :]
        d = self.distribution.expand(batch_shape)
        return getattr(d, method)(jnp.broadcast_to(value, shape))

    def _forward(self, x: Array) -> Array:
        return self._evaluate("cdf", x)

    def _inverse(self, y: Array) -> Array:
        return self._evaluate("icdf", y)

    def _log_slope(self, x: Array) -> Array:
        return self._evaluate("log_prob", x)


class GreaterThanTransform(Elementwise):
    """y = lower_bound + exp(x), above the bound however small the exponential.

    Args:
      lower_bound: any shape broadcastable with the values.
    """

    lower_bound: Param = param(constraints.real)

    _log_det_is_affine = True

    @property
    def codomain(self) -> Constraint:
        """The numbers above the bound."""
        return constraints.greater_than(self.lower_bound)

    def _forward(self, x: Array) -> Array:
        return into(self.codomain, self.lower_bound + jnp.exp(x))

    def _inverse(self, y: Array) -> Array:
        return jnp.log(y - self.lower_bound)

    def _log_slope(self, x: Array) -> Array:
        return x


class LessThanTransform(Elementwise):
    """y = upper_bound - exp(x), below the bound however small the exponential; decreasing.

    Args:
      upper_bound: any shape broadcastable with the values.
    """

    upper_bound: Param = param(constraints.real)

    _log_det_is_affine = True

    @property
    def codomain(self) -> Constraint:
        """The numbers below the bound."""
        return constraints.less_than(self.upper_bound)

    @property
    def sign(self) -> Any:
        """-1: it is decreasing."""
        return -1

    def _forward(self, x: Array) -> Array:
        return into(self.codomain, self.upper_bound - jnp.exp(x))

    def _inverse(self, y: Array) -> Array:
        return jnp.log(self.upper_bound - y)

    def _log_slope(self, x: Array) -> Array:
        return x


class IntervalTransform(Elementwise):
    """y = lower_bound + (upper_bound - lower_bound) / (1 + exp(-x)).

    Args:
      lower_bound: any shape broadcastable with the values.
      upper_bound: above `lower_bound`.
    """

    lower_bound: Param = param(constraints.real)
    upper_bound: Param = param(lambda t: constraints.greater_than(t.lower_bound))

    @property
    def codomain(self) -> Constraint:
        """The closed interval."""
        return constraints.interval(self.lower_bound, self.upper_bound)

    def _width(self) -> Array:
        return self.upper_bound - self.lower_bound

    def _forward(self, x: Array) -> Array:
        shares = jax.nn.sigmoid(x), jax.nn.sigmoid(-x)
        inner = jnp.where(
            x < 0,
            self.lower_bound + self._width() * shares[0],
            self.upper_bound - self._width() * shares[1],
        )
        return self._inside(inner)

    def _inside(self, y: Array) -> Array:
        """Move values on a bound to the number next to it inside."""
        above = into(constraints.greater_than(self.lower_bound), y)
        return into(constraints.less_than(self.upper_bound), above)

    def _inverse(self, y: Array) -> Array:
        inner = self._inside(y)
        return jnp.log(inner - self.lower_bound) - jnp.log(self.upper_bound - inner)

    def _log_slope(self, x: Array) -> Array:
        return jnp.log(self._width()) - jax.nn.softplus(x) - jax.nn.softplus(-x)
