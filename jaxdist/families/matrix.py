"""Distributions of matrices."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.positive import Chi2
from jaxdist.families.vector import (
    check_event_sizes,
    covariance_of,
    precision_of,
    scale_tril_of,
)
from jaxdist.linalg import cholesky, diagonal, gram, invert_lower, log_det, matmul
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import digamma, lgamma
from jaxdist.special.differences import digamma_difference, log_gamma_ratio
from jaxdist.validation import Shape

_LOG_TWO_PI = math.log(2 * math.pi)


class Wishart(ExponentialFamily):
    r"""Wishart distribution: of the sum of outer products of `df` normal vectors.

    .. math:: p(W) = \frac{|W|^{(\nu - n - 1) / 2} \exp(-\mathrm{tr}(V^{-1} W) / 2)}
                          {2^{\nu n / 2} |V|^{\nu / 2} \Gamma_n(\nu / 2)}, \quad
              V = L L^T = \mathrm{covariance\_matrix}, \quad \nu = \mathrm{df}

    Bartlett's decomposition :math:`W = (L A) (L A)^T` has a lower-triangular A of independent
    entries, :math:`A_{ii}^2 \sim \chi^2(\nu - i)` for i = 0 ... n - 1 and standard normal ones
    below. Draws are made from them, and density and entropy are the sums of theirs, with

    .. math:: dW = \prod_i A_{ii}^{n - 1 - i} L_{ii}^{n + 1} \; dA_{ii}^2 \prod_{j < i} dA_{ij}.

    As for `MultivariateNormal`, one of the three matrices is given and stored, and gradients with
    respect to `covariance_matrix` or `precision_matrix` are symmetric.

    Args:
      df: degrees of freedom above n - 1, any shape broadcastable with the batch of the matrices.
      covariance_matrix: V, positive definite, shape `(..., n, n)`; the mean is `df * V`. Or else:
      precision_matrix: the inverse of V, positive definite, shape `(..., n, n)`. Or else:
      scale_tril: Cholesky factor L of V, shape `(..., n, n)`.
    """

    df: Param = param(lambda d: constraints.greater_than(d.event_shape[-1] - 1))
    covariance_matrix: Param = param(
        constraints.positive_definite, default=None, otherwise=covariance_of
    )
    precision_matrix: Param = param(
        constraints.positive_definite, default=None, otherwise=precision_of
    )
    scale_tril: Param = param(constraints.lower_cholesky, default=None, otherwise=scale_tril_of)

    support = constraints.positive_definite
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameters, and see that the matrix is square."""
        super()._promote()
        name = self._given()
        check_event_sizes(type(self).__name__, {name: vars(self)[name].shape[-2:]})

    def _given(self) -> str:
        return next(name for name in self._parameters if name != "df" and name in vars(self))

    @property
    def event_shape(self) -> Shape:
        """The shape of the matrices."""
        return np.shape(vars(self)[self._given()])[-2:]

    @property
    def _size(self) -> int:
        return self.event_shape[-1]

    def _chi2(self) -> Chi2:
        """The squares on the diagonal of A."""
        return Chi2(
            self.df[..., None] - jnp.arange(self._size, dtype=self.dtype), validate_args=False
        )

    def _powers(self) -> Array:
        """How often each entry of the diagonal of A appears in the volume element."""
        return jnp.arange(self._size - 1, -1, -1, dtype=self.dtype)

    def _bartlett(self, key: Array, shape: Shape) -> Array:
        """Draw A."""
        on, below = jax.random.split(key)
        half = self._chi2().df / 2
        log_gamma = random.log_gamma(on, half, shape[:-1])
        smallest = math.log(jnp.finfo(self.dtype).tiny)
        chi = jnp.exp((jnp.maximum(log_gamma, smallest) + math.log(2)) / 2)
        normals = random.normal(below, shape, self.dtype)
        return chi[..., None] * jnp.eye(self._size, dtype=self.dtype) + jnp.tril(normals, -1)

    def _factor(self, key: Array, shape: Shape) -> Array:
        """Draw the Cholesky factor of W."""
        return matmul(jnp.tril(self.scale_tril), self._bartlett(key, shape))

    def _compose(self, factor: Array) -> Array:
        """Return W, its diagonal larger by what rounding may take from positive definiteness."""
        slack = 2 * self._size * float(jnp.finfo(self.dtype).eps)
        return gram(factor) * (1 + slack * jnp.eye(self._size, dtype=self.dtype))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._compose(self._factor(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        factor = self._factor(key, shape)
        factor = factor if pathwise else lax.stop_gradient(factor)
        return self._compose(factor), self._log_density(factor)

    def _log_density(self, factor: Array) -> Array:
        """Evaluate the density of W at its Cholesky factor."""
        bartlett = matmul(invert_lower(self.scale_tril), factor)
        chi, below = diagonal(bartlett), jnp.tril(bartlett, -1)
        entries = self._size * (self._size - 1) / 2
        normals = -jnp.sum(below * below, (-2, -1)) / 2 - entries * _LOG_TWO_PI / 2
        squares = self._chi2()._log_prob(chi * chi) - self._powers() * jnp.log(chi)
        return jnp.sum(squares, -1) + normals - (self._size + 1) * log_det(self.scale_tril)

    def _log_prob(self, x: Array) -> Array:
        """A matrix that is positive definite but for its rounding to half precision gets `-inf`."""
        definite = jnp.all(jnp.isfinite(cholesky(x)), (-2, -1))
        inner = jnp.where(definite[..., None, None], x, jnp.eye(self._size, dtype=x.dtype))
        return jnp.where(definite, self._log_density(cholesky(inner)), -math.inf)

    def _mean(self) -> Array:
        return self.df[..., None, None] * self.covariance_matrix

    def _mode(self) -> Array:
        """NaN below n + 1 degrees of freedom, where the density is unbounded."""
        excess = self.df - self._size - 1
        factor = jnp.where(excess > 0, excess, math.nan)
        return factor[..., None, None] * self.covariance_matrix

    def _variance(self) -> Array:
        covariance = self.covariance_matrix
        variances = diagonal(covariance)
        products = variances[..., :, None] * variances[..., None, :]
        return self.df[..., None, None] * (covariance**2 + products)

    def _entropy(self) -> Array:
        chi2 = self._chi2()
        log_diagonal = (digamma(chi2.df / 2) + math.log(2)) / 2
        entries = self._size * (self._size - 1) / 2
        normals = entries * (1 + _LOG_TWO_PI) / 2
        scale = (self._size + 1) * log_det(self.scale_tril)
        return jnp.sum(chi2._entropy() + self._powers() * log_diagonal, -1) + normals + scale

    def _natural_parameters(self) -> tuple[Array, Array]:
        return (self.df - self._size - 1) / 2, -self.precision_matrix / 2

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        power, slope = natural_parameters
        n = slope.shape[-1]
        half = power + (n + 1) / 2
        parts = half[..., None] - jnp.arange(n, dtype=half.dtype) / 2
        factor = cholesky(-slope)  # of half the precision
        constant = n * (n - 1) / 4 * math.log(math.pi)
        return jnp.sum(lgamma(parts), -1) + constant - 2 * half * log_det(factor)


class LKJCholesky(Distribution):
    r"""Cholesky factor of a random correlation matrix, distributed as a power of its determinant.

    .. math:: p(L) \propto \prod_{i=1}^{n-1} L_{ii}^{2 b_i - 2}, \quad
              b_i = \mathrm{concentration} + (n - 1 - i) / 2, \quad n = \mathrm{dim}

    so that the correlation matrix :math:`L L^T` has a density proportional to
    :math:`|L L^T|^{\mathrm{concentration} - 1}`: uniform at 1, concentrated at the identity above
    (Lewandowski, Kurowicka and Joe, 2009). The coordinates are the entries below the diagonal.
    Rows are independent: row i is a vector of i standard normal numbers and a
    :math:`\chi_{2 b_i}` one, divided by its length.

    Args:
      dim: the number n of rows, at least 2; part of the tree's structure.
      concentration: positive, any shape.
    """

    dim: int = static()
    concentration: Param = param(constraints.positive, default=1.0)

    support = constraints.corr_cholesky
    has_rsample = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the number of rows, then the concentration."""
        if not isinstance(self.dim, int | np.integer) or self.dim < 2:
            raise ValueError(f"LKJCholesky: dim must be an integer of at least 2; got {self.dim!r}")
        super().__post_init__(validate_args)

    @property
    def event_shape(self) -> Shape:
        """`(dim, dim)`."""
        return (self.dim, self.dim)

    def _halves(self) -> Array:
        """Half the number of free entries of rows 1 ... n - 1."""
        return jnp.arange(1, self.dim, dtype=self.dtype) / 2

    def _powers(self) -> Array:
        """The b of rows 1 ... n - 1."""
        return self.concentration[..., None] + self._halves()[::-1] - 0.5

    def _draw(self, key: Array, shape: Shape) -> tuple[Array, Array]:
        """Draw a factor, and the logarithms of its diagonal from row 1 on."""
        on, below = jax.random.split(key)
        powers = self._powers()
        log_gamma = random.log_gamma(on, powers, (*shape[:-2], self.dim - 1))
        log_chi = (log_gamma + math.log(2)) / 2
        normals = jnp.tril(random.normal(below, shape, self.dtype), -1)[..., 1:, :]
        log_length = jnp.logaddexp(jnp.log(jnp.sum(normals**2, -1)), 2 * log_chi) / 2
        log_diagonal = log_chi - log_length
        on_diagonal = jnp.maximum(jnp.exp(log_diagonal), jnp.finfo(self.dtype).tiny)
        identity = jnp.eye(self.dim, dtype=self.dtype)
        rows = normals * jnp.exp(-log_length)[..., None] + on_diagonal[..., None] * identity[1:]
        first = jnp.broadcast_to(identity[:1], (*shape[:-2], 1, self.dim))
        return jnp.concatenate([first, rows], -2), log_diagonal

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._draw(key, shape)[0]

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        factor, log_diagonal = self._draw(key, shape)
        if not pathwise:
            factor, log_diagonal = lax.stop_gradient((factor, log_diagonal))
        return factor, self._log_density(log_diagonal)

    def _log_normaliser(self) -> Array:
        """Logarithm of the density's value at the identity."""
        powers, halves = self._powers(), self._halves()
        ratios = log_gamma_ratio(powers, halves) + halves * jnp.log(powers / math.pi)
        return jnp.sum(ratios, -1)

    def _log_density(self, log_diagonal: Array) -> Array:
        return self._log_normaliser() + jnp.sum(2 * (self._powers() - 1) * log_diagonal, -1)

    def _log_prob(self, x: Array) -> Array:
        return self._log_density(jnp.log(diagonal(x)[..., 1:]))

    def _mean(self) -> Array:
        """The mean of L_ii is a ratio of beta functions; entries below have mean 0."""
        return self._diagonal_mean()[..., None] * jnp.eye(self.dim, dtype=self.dtype)

    def _diagonal_mean(self) -> Array:
        powers, halves = self._powers(), self._halves()
        ratio = log_gamma_ratio(powers, 0.5) - log_gamma_ratio(powers + halves, 0.5)
        mean = jnp.exp(ratio) * jnp.sqrt(powers / (powers + halves))
        return jnp.concatenate([jnp.ones_like(mean[..., :1]), mean], -1)

    def _mode(self) -> Array:
        """The identity; NaN for a concentration below 1, where the density is unbounded."""
        bounded = self.concentration >= 1
        scale = jnp.where(bounded, 1, math.nan)
        return scale[..., None, None] * jnp.eye(self.dim, dtype=self.dtype)

    def _variance(self) -> Array:
        powers, halves = self._powers(), self._halves()
        squares = powers / (powers + halves)
        squares = jnp.concatenate([jnp.ones_like(squares[..., :1]), squares], -1)
        on = squares - self._diagonal_mean() ** 2
        below = 0.5 / (powers + halves)[..., :1, None]
        identity = jnp.eye(self.dim, dtype=self.dtype)
        return on[..., None] * identity + below * jnp.tril(jnp.ones_like(identity), -1)

    def _entropy(self) -> Array:
        powers = self._powers()
        log_diagonal = -digamma_difference(powers, self._halves()) / 2
        return -self._log_density(log_diagonal)
