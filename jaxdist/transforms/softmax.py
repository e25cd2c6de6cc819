"""SoftmaxTransform: real vectors normalized to probabilities."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.special import masked_log
from jaxdist.transforms.log_simplex import LogSimplexTransform
from jaxdist.transforms.transform import Transform


class SoftmaxTransform(Transform):
    """y = exp(x) / sum(exp(x)) along the last axis; `inv` returns x = log(y)."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _forward(self, x: Array) -> Array:
        return jax.nn.softmax(x)

    def _inverse(self, y: Array) -> Array:
        return masked_log(y)


class SoftmaxCenteredTransform(LogSimplexTransform):
    r"""Softmax of n real numbers and 0, a bijection to the simplex of n + 1.

    .. math:: y_i = \frac{e^{x_i}}{1 + \sum_j e^{x_j}}, \quad x_i = \log (y_i / y_{n + 1})

    The log-ratios of compositional data. The log-determinant, that of the first n entries of y, is
    :math:`\sum_{i=1}^{n + 1} \log y_i`. The name is TFP's.

    Example:
      >>> import jaxdist as jd
      >>> jd.SoftmaxCenteredTransform()([0.0, 0.0, 0.0]).round(4).tolist()
      [0.25, 0.25, 0.25, 0.25]
    """

    def _log_value(self, x: Array) -> Array:
        return jax.nn.log_softmax(jnp.concatenate([x, jnp.zeros((*x.shape[:-1], 1), x.dtype)], -1))

    def _inverse_of_log(self, log_y: Array) -> Array:
        return log_y[..., :-1] - log_y[..., -1:]
