"""LogSimplexTransform: base of bijections to the simplex, by logarithms of probabilities."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.constraints.clipping import clip_to_positive
from jaxdist.pytree import must_define
from jaxdist.transforms.transform import Transform


class LogSimplexTransform(Transform):
    r"""A bijection from n real numbers to the simplex of n + 1.

    The log-determinant, that of the first n entries of y, is :math:`\sum_{i=1}^{n + 1} \log y_i`.
    A subclass has the logarithm of y in `_log_value`, and its inverse in `_inverse_of_log`.
    """

    domain = constraints.real_vector
    codomain = constraints.simplex
    bijective = True

    def _log_value(self, x: Array) -> Array:
        raise must_define(self, "_log_value")

    def _inverse_of_log(self, log_y: Array) -> Array:
        raise must_define(self, "_inverse_of_log")

    def _forward_shape(self, shape: Shape) -> Shape:
        return (*shape[:-1], shape[-1] + 1)

    def _inverse_shape(self, shape: Shape) -> Shape:
        if shape[-1] < 1:
            raise self._bad_shape(shape, "a vector that is not empty")
        return (*shape[:-1], shape[-1] - 1)

    def _forward(self, x: Array) -> Array:
        return clip_to_positive(jnp.exp(self._log_value(x)))

    def _inverse(self, y: Array) -> Array:
        return self._inverse_of_log(jnp.log(clip_to_positive(y)))

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.sum(self._log_value(x), -1)

    def _forward_and_log_det(self, x: Array) -> tuple[Array, Array]:
        log_y = self._log_value(x)
        return clip_to_positive(jnp.exp(log_y)), jnp.sum(log_y, -1)

    def _inverse_and_log_det(self, y: Array) -> tuple[Array, Array]:
        log_y = jnp.log(clip_to_positive(y))
        return self._inverse_of_log(log_y), -jnp.sum(log_y, -1)
