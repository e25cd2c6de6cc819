"""LKJ distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.matrix.lkj_cholesky import LKJCholesky, squared_diagonal
from jaxdist.linalg.triangular import cholesky, diagonal
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import digamma_difference
from jaxdist.transforms.cholesky import correlation_of


class LKJ(Distribution):
    r"""LKJ distribution of a random correlation matrix.

    .. math:: p(X) = \frac{|X|^{\eta - 1}}{\prod_{i=1}^{n-1} \pi^{i/2}\,
              \Gamma(b_i) / \Gamma(b_i + i/2)}, \quad
              b_i = \eta + (n - 1 - i) / 2, \quad (n, \eta) = (\mathrm{dim}, \mathrm{concentration})

    uniform for η = 1, and concentrated at the identity for larger η. The coordinates are the
    entries below the diagonal, each distributed as 2 Beta(η - 1 + n/2, η - 1 + n/2) - 1. Prefer
    `LKJCholesky`, the distribution of the Cholesky factor of X, in models: it needs no
    factorization.

    Args:
      dim: the number n of rows, at least 2; static.
      concentration: positive η, any shape.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.LKJ(3, concentration=[1.0, 50.0])
      >>> d.sample(jax.random.key(0)).shape, d.variance[:, 0, 1].round(2)
      ((2, 3, 3), Array([0.25, 0.01], dtype=float32))

    References:
      Lewandowski, Kurowicka and Joe 2009, "Generating random correlation matrices based on vines
      and extended onion method".
    """

    dim: int = static()
    concentration: Param = param(constraints.positive, default=1.0)

    support = constraints.corr_matrix
    has_rsample = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of rows, then the concentration."""
        if not isinstance(self.dim, int | np.integer) or self.dim < 2:
            raise ValueError(f"LKJ: dim must be an integer of at least 2; got {self.dim!r}")
        super().__post_init__(validate_args)

    @property
    def event_shape(self) -> Shape:
        """`(dim, dim)`."""
        return (self.dim, self.dim)

    @property
    def factor(self) -> LKJCholesky:
        """The distribution of the Cholesky factor."""
        return LKJCholesky(self.dim, self.concentration, validate_args=False)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return correlation_of(self.factor._rsample(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate at the diagonal of the factor, which is exact where X is nearly singular."""
        factor, log_diagonal = self.factor._draw(key, shape)
        if not pathwise:
            factor, log_diagonal = lax.stop_gradient((factor, log_diagonal))
        return correlation_of(factor), self._log_density(2 * jnp.sum(log_diagonal, -1))

    def _log_density(self, log_determinant: Array) -> Array:
        at_identity = self.factor._log_density_at_identity()
        return at_identity + (self.concentration - 1) * log_determinant

    def _inside(self, value: Array) -> Array:
        """Admit matrices that are nearly singular, which rounding calls indefinite."""
        return super()._inside(_away_from_singular(value))

    def _log_prob(self, x: Array) -> Array:
        """Return `-inf` where rounding to half precision made a matrix indefinite."""
        away = _away_from_singular(x)
        safe = jnp.eye(self.dim, dtype=x.dtype)
        definite = jnp.zeros(x.shape[:-2], bool)
        for matrix in (away, x):
            has_factor = jnp.all(jnp.isfinite(cholesky(matrix)), (-2, -1))
            safe = jnp.where(has_factor[..., None, None], matrix, safe)
            definite |= has_factor
        return jnp.where(definite, self._log_density(_log_determinant(safe)), -math.inf)

    def _mean(self) -> Array:
        identity = jnp.eye(self.dim, dtype=self.dtype)
        return jnp.broadcast_to(identity, (*self.batch_shape, *self.event_shape))

    def _mode(self) -> Array:
        """The identity; NaN for a concentration below 1, where the density is unbounded."""
        return self.factor._mode()

    def _variance(self) -> Array:
        off_diagonal = 1 - jnp.eye(self.dim, dtype=self.dtype)
        return off_diagonal / (2 * self.concentration + self.dim - 1)[..., None, None]

    def _entropy(self) -> Array:
        squares = squared_diagonal(self.factor)
        a, b = squares.concentration1, squares.concentration0
        return -self._log_density(-jnp.sum(digamma_difference(a, b), -1))


def _log_determinant(x: Array) -> Array:
    """Return the log-determinant of a correlation matrix, exactly also near the identity.

    The rows of its factor have norm one, so that the diagonal follows from the entries before it.
    """
    factor = cholesky(x)
    before = jnp.sum(jnp.tril(factor, -1) ** 2, -1)
    is_small = before < 0.5
    near = jnp.log1p(-jnp.where(is_small, before, 0))
    return jnp.sum(jnp.where(is_small, near, 2 * jnp.log(diagonal(factor))), -1)


def _away_from_singular(x: Array) -> Array:
    """Increase the diagonal by as much as the factorization may round."""
    size = x.shape[-1]
    return x * (1 + size * float(jnp.finfo(x.dtype).eps) * jnp.eye(size, dtype=x.dtype))
