"""DiscreteCosineTransform: an orthogonal map of vectors to frequencies."""

from __future__ import annotations

import jax.numpy as jnp
import jax.scipy.fft
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import as_integer
from jaxdist.pytree import static
from jaxdist.transforms.transform import Transform


class DiscreteCosineTransform(Transform):
    r"""Orthonormal discrete cosine transform along the last axis.

    .. math:: y_k = c_k \sum_{j=0}^{n-1} x_j \cos\frac{\pi k (2 j + 1)}{2 n}, \quad
              c_0 = \sqrt{1 / n}, \; c_k = \sqrt{2 / n}, \quad \log |\det dy / dx| = 0

    That is type 2; type 3 is its inverse. TFP's bijector of this name.

    Args:
      dct_type: 2 or 3.

    Raises:
      ValueError: if the type is another.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> t = jd.DiscreteCosineTransform()
      >>> y = t(jnp.ones(4))
      >>> print(jnp.abs(y).round(3), t.inv(y).round(3))
      [2. 0. 0. 0.] [1. 1. 1. 1.]
    """

    dct_type: int = static(default=2)

    domain = constraints.real_vector
    codomain = constraints.real_vector
    bijective = True
    _affine = True
    _log_det_is_affine = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the type."""
        dct_type = as_integer("DiscreteCosineTransform", "dct_type", self.dct_type)
        if dct_type not in (2, 3):
            raise ValueError(f"DiscreteCosineTransform: dct_type must be 2 or 3; got {dct_type}")
        vars(self)["dct_type"] = dct_type

    def _apply(self, x: Array, dct_type: int) -> Array:
        function = jax.scipy.fft.dct if dct_type == 2 else jax.scipy.fft.idct
        return function(x, norm="ortho") if x.shape[-1] else x

    def _forward(self, x: Array) -> Array:
        return self._apply(x, self.dct_type)

    def _inverse(self, y: Array) -> Array:
        return self._apply(y, 5 - self.dct_type)

    def _log_det(self, x: Array, y: Array) -> Array:
        return jnp.zeros(x.shape[:-1], x.dtype)
