"""Transforms onto increasing vectors."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.constraints import Constraint
from jaxdist.constraints.clipping import clip_to_positive
from jaxdist.constraints.combinators import OrderedWithin
from jaxdist.parameters import Param, param
from jaxdist.special import sigmoid, softplus
from jaxdist.transforms.compose import ComposeTransform
from jaxdist.transforms.transform import Transform


class OrderedTransform(Transform):
    r"""Bijection from real vectors to increasing vectors.

    .. math:: y_1 = x_1, \quad y_i = y_{i - 1} + e^{x_i}

    An entry that would round to the one before is the next float after it.
    """

    domain = constraints.real_vector
    codomain = constraints.ordered
    bijective = True
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return jnp.cumsum(jnp.concatenate([x[..., :1], _finite_exp(x[..., 1:])], -1), -1)

    def _inverse(self, y: Array) -> Array:
        return jnp.concatenate([y[..., :1], jnp.log(clip_to_positive(jnp.diff(y)))], -1)

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(x[..., 1:], -1)


class PositiveOrderedTransform(Transform):
    r"""Bijection from real vectors to increasing vectors of positive numbers.

    .. math:: y_1 = e^{x_1}, \quad y_i = y_{i - 1} + e^{x_i}

    numpyro's exponential of an `OrderedTransform` overflows where an entry of x is above 4.5. All
    entries are positive, finite and different: one that would round to the one before is the next
    float after it.
    """

    domain = constraints.real_vector
    codomain = constraints.positive_ordered_vector
    bijective = True
    _log_det_is_affine = True

    def _forward(self, x: Array) -> Array:
        return jnp.cumsum(_finite_exp(x), -1)

    def _inverse(self, y: Array) -> Array:
        return jnp.log(clip_to_positive(jnp.diff(y, prepend=0)))

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(x, -1)


class OrderedWithinTransform(ComposeTransform):
    """Composition of transforms onto increasing vectors of numbers between two bounds.

    An entry that would round to the one before, or to a bound, is the next float inside.

    Args:
      parts: transforms that lead onto such vectors but for rounding.
      onto: the set of these.
    """

    onto: OrderedWithin

    @property
    def codomain(self) -> Constraint:
        """The set of these vectors."""
        return self.onto


def _finite_exp(x: Array) -> Array:
    """The exponential function, with a slope of 0 where it overflows."""
    limit = jnp.log(jnp.finfo(x.dtype).max).astype(x.dtype)
    return jnp.exp(jnp.where(x > limit, limit, x))


class SimplexToOrderedTransform(Transform):
    r"""Bijection from the simplex of n to n - 1 increasing cut points.

    .. math:: y_i = \mathrm{anchor} + \mathrm{logit}\left(\sum_{j \le i} x_j\right)

    The cut points divide a logistic variable with mean `anchor` into categories with
    probabilities x. A Dirichlet distribution of x is thus a prior for the cut points of ordinal
    regression (Betancourt, 2019, "Ordinal regression"). The log-determinant is that of the first
    n - 1 entries of x.

    Args:
      anchor: mean of the logistic variable, any shape broadcastable with the batch of the values.
    """

    anchor: Param = param(constraints.real, default=0.0)

    domain = constraints.simplex
    codomain = constraints.ordered
    bijective = True
    _value_ndim = 1

    def _forward_shape(self, shape: Shape) -> Shape:
        if shape[-1] < 2:
            raise self._bad_shape(shape, "a vector of at least two")
        return super()._forward_shape((*shape[:-1], shape[-1] - 1))

    def _inverse_shape(self, shape: Shape) -> Shape:
        return super()._forward_shape((*shape[:-1], shape[-1] + 1))

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Log-probabilities of the categories below and above each cut point."""
        log_x, axis = jnp.log(clip_to_positive(x)), x.ndim - 1
        below = lax.cumlogsumexp(log_x, axis=axis)[..., :-1]
        return below, lax.cumlogsumexp(log_x, axis=axis, reverse=True)[..., 1:]

    def _forward(self, x: Array) -> Array:
        below, above = self._log_tails(x)
        return self.anchor[..., None] + below - above

    def _inverse(self, y: Array) -> Array:
        z = y - self.anchor[..., None]
        between = jnp.exp(
            -softplus(-z[..., 1:]) - softplus(z[..., :-1]) + jnp.log(-jnp.expm1(-jnp.diff(z)))
        )
        first, last = sigmoid(z[..., :1]), sigmoid(-z[..., -1:])
        return clip_to_positive(jnp.concatenate([first, between, last], -1))

    def _log_det(self, x: Array, y: Array) -> Array:
        below, above = self._log_tails(x)
        log_det = -jnp.sum(below + above, -1)
        return jnp.broadcast_to(log_det, jnp.broadcast_shapes(log_det.shape, self.batch_shape))
