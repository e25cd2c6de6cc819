"""CirculantTransform: real vectors to first rows of circulant covariance matrices."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints
from jaxdist.linalg import circulant
from jaxdist.special import log_expm1, softplus
from jaxdist.transforms.transform import Transform


class CirculantTransform(Transform):
    r"""Real vectors to the first rows of positive definite circulant matrices.

    .. math:: y = \mathrm{irfft}(\lambda), \quad
              \lambda_k = \log(1 + e^{z_k}), \quad z_k = (x_k + x_{n - k}) / 2

    with :math:`x_n = x_0`. A row has only n // 2 + 1 free numbers, so this is no bijection: the
    odd part of x is lost, and `inv` returns an even x. Eigenvalues λ that the rounding of a row
    would lose are raised to its size, about :math:`8 \sqrt n` times the resolution of the dtype
    times the largest eigenvalue.

    Example:
      >>> import jaxdist as jd
      >>> t = jd.CirculantTransform()
      >>> row = t([3.0, 1.0, -2.0, 0.0, 1.0])
      >>> bool(jd.constraints.positive_definite_circulant_vector.check(row))
      True
    """

    domain = constraints.real_vector
    codomain = constraints.positive_definite_circulant_vector

    def _forward(self, x: Array) -> Array:
        n = x.shape[-1]
        eigenvalues = softplus(circulant.symmetric_part(x)[..., : n // 2 + 1])
        resolution = 8 * math.sqrt(n) * float(jnp.finfo(x.dtype).eps)
        floor = resolution * jnp.max(eigenvalues, -1, keepdims=True)
        row = circulant.row_of_spectrum(jnp.maximum(eigenvalues, floor), n)
        return circulant.symmetric_part(row)

    def _inverse(self, y: Array) -> Array:
        n = y.shape[-1]
        half = log_expm1(circulant.spectrum(y))
        return half[..., np.minimum(np.arange(n), n - np.arange(n))]
