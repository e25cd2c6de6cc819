"""SoftmaxTransform: real vectors normalized to probabilities."""

from __future__ import annotations

import jax
from jax import Array

from jaxdist import constraints
from jaxdist.special import masked_log
from jaxdist.transforms.transform import Transform


class SoftmaxTransform(Transform):
    """y = exp(x) / sum(exp(x)) along the last axis; `inv` returns x = log(y)."""

    domain = constraints.real_vector
    codomain = constraints.simplex

    def _forward(self, x: Array) -> Array:
        return jax.nn.softmax(x)

    def _inverse(self, y: Array) -> Array:
        return masked_log(y)
