"""CirculantNormal distribution."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.elliptical import Elliptical
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.linalg import circulant
from jaxdist.parameters import Param, param
from jaxdist.special import LOG_TWO_PI


def _row_of(d: CirculantNormal) -> Array:
    return circulant.row_of_spectrum(d.covariance_rfft, d._size)


def _spectrum_of(d: CirculantNormal) -> Array:
    return circulant.spectrum(d.covariance_row)


class CirculantNormal(NormalEntries, Elliptical):
    r"""Normal vectors on a ring, whose covariances depend on the distance along it alone.

    .. math:: x \sim \mathrm{MultivariateNormal}(\mathrm{loc}, C), \quad
              C_{ij} = \mathrm{row}_{(i - j) \bmod n}

    Values of a stationary periodic process at n evenly spaced points. The Fourier transform
    diagonalizes C, so that draws and densities take n log n operations. Give exactly one of
    `covariance_row` and `covariance_rfft`. A smooth process has eigenvalues so small that a row in
    float32 does not hold them: give `covariance_rfft`, or add to `covariance_row[0]` the variance
    of independent noise.

    Args:
      loc: mean, shape `(..., n)`.
      covariance_row: first row of C, shape `(..., n)`: even, `row[k] = row[n - k]`, with positive
        eigenvalues.
      covariance_rfft: eigenvalues of C, positive, shape `(..., n // 2 + 1)`: the real Fourier
        transform of the row.

    Raises:
      ValueError: if the sizes do not agree.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.CirculantNormal(jnp.zeros(4), covariance_row=[2.0, 0.5, 0.0, 0.5])
      >>> d.covariance_rfft
      Array([3., 2., 1.], dtype=float32)
      >>> print(f"{d.log_prob(jnp.ones(4)):.4f}")
      -5.5849

    References:
      `CirculantNormal` of numpyro. Dietrich and Newsam 1997, "Fast and exact simulation of
      stationary Gaussian processes through circulant embedding of the covariance matrix".
    """

    loc: Param = param(constraints.real_vector)
    covariance_row: Param = param(
        constraints.positive_definite_circulant_vector, default=None, otherwise=_row_of
    )
    covariance_rfft: Param = param(
        constraints.independent(constraints.positive, 1), default=None, otherwise=_spectrum_of
    )

    def _event_sizes(self) -> dict[str, Shape]:
        sizes = super()._event_sizes()
        half = sizes.pop("covariance_rfft", None)
        expected = (self._size // 2 + 1,)
        if half not in (None, expected):
            raise ValueError(
                f"CirculantNormal: covariance_rfft must have n // 2 + 1 = {expected[0]} entries "
                f"for loc with n = {self._size}; got {half[0]}"
            )
        return sizes

    @property
    def _multiplicities(self) -> np.ndarray:
        return circulant.multiplicities(self._size)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        noise = random.normal(key, shape, self.dtype)
        return self.loc + circulant.multiply(jnp.sqrt(self.covariance_rfft), noise)

    def _log_prob(self, x: Array) -> Array:
        eigenvalues = self.covariance_rfft
        squares = circulant.energies(x - self.loc) / eigenvalues
        terms = squares + self._multiplicities * jnp.log(eigenvalues)
        return -(jnp.sum(terms, -1) + self._size * LOG_TWO_PI) / 2

    def _variance(self) -> Array:
        if "covariance_row" in vars(self):
            return jnp.broadcast_to(self.covariance_row[..., :1], self.loc.shape)
        total = jnp.sum(self._multiplicities * self.covariance_rfft, -1, keepdims=True)
        return jnp.broadcast_to(total / self._size, self.loc.shape)

    def _covariance(self) -> Array:
        index = np.arange(self._size)
        row = circulant.symmetric_part(self.covariance_row)
        return row[..., (index[:, None] - index) % self._size]

    def _entropy(self) -> Array:
        log_det = jnp.sum(self._multiplicities * jnp.log(self.covariance_rfft), -1)
        return (log_det + self._size * (1 + LOG_TWO_PI)) / 2

    @property
    def covariance_matrix(self) -> Array:
        """The covariance matrix C, shape `(*batch_shape, n, n)`."""
        return self.covariance()
