"""Distributions of vectors."""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.linalg import (
    cholesky,
    cholesky_of_inverse,
    diagonal,
    gram,
    inverse_of_gram,
    invert_lower,
    log_det,
    matmul,
    matvec,
    solve_lower,
)
from jaxdist.parameters import Param, param
from jaxdist.special.differences import digamma_difference, log_gamma_ratio
from jaxdist.special.powers import log1p_square
from jaxdist.validation import Shape

_LOG_TWO_PI = math.log(2 * math.pi)


def check_event_sizes(owner: str, shapes: dict[str, Shape]) -> None:
    """Check that the event axes of parameters have one length.

    Args:
      owner: the name of the class.
      shapes: for each parameter, the lengths of its axes that must agree.

    Raises:
      ValueError: naming the parameters and their shapes.
    """
    if len({size for shape in shapes.values() for size in shape}) > 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items())
        raise ValueError(f"{owner}: the event sizes of its parameters differ: {found}")


class _Elliptical(Distribution):
    """A vector with a centre `loc`, about which its density is symmetric.

    Each class declares `loc` itself, in the order of its arguments.
    """

    support = constraints.real_vector
    has_rsample = True

    def _promote(self) -> None:
        """Promote the parameters, and compare their event sizes."""
        super()._promote()
        check_event_sizes(type(self).__name__, self._event_sizes())

    def _event_sizes(self) -> dict[str, Shape]:
        return {
            name: value.shape[-self._constraint(name).event_dim :]
            for name, value in self._stored().items()
            if self._constraint(name).event_dim
        }

    @property
    def event_shape(self) -> Shape:
        """The length of `loc`."""
        return vars(self)["loc"].shape[-1:]

    @property
    def _size(self) -> int:
        return self.event_shape[-1]

    def _mean(self) -> Array:
        return vars(self)["loc"]

    def _mode(self) -> Array:
        return vars(self)["loc"]


# --- one symmetric positive-definite matrix, given as itself, its inverse or its factor ----------


def covariance_of(d: Any) -> Array:
    """Return the covariance matrix of a distribution that stores its inverse or its factor."""
    if "scale_tril" in vars(d):
        return gram(d.scale_tril)
    return inverse_of_gram(cholesky(d.precision_matrix))


def precision_of(d: Any) -> Array:
    """Return the precision matrix of a distribution that stores its inverse or its factor."""
    return inverse_of_gram(d.scale_tril)


def scale_tril_of(d: Any) -> Array:
    """Return the Cholesky factor for a distribution that stores the covariance or precision."""
    if "covariance_matrix" in vars(d):
        return cholesky(d.covariance_matrix)
    return cholesky_of_inverse(d.precision_matrix)


class MultivariateNormal(_Elliptical):
    r"""Multivariate normal distribution with a full covariance matrix.

    .. math:: p(x) = \exp(-|z|^2 / 2) / \prod_i \sqrt{2 \pi} L_{ii}, \quad
              z = L^{-1} (x - \mathrm{loc}), \quad L L^T = \mathrm{covariance\_matrix}

    Exactly one of the three matrices is given and stored. A gradient with respect to
    `covariance_matrix` or `precision_matrix` is a symmetric matrix: both halves share what moving
    them together changes. One with respect to `scale_tril` is lower triangular.

    Args:
      loc: mean, shape `(..., n)`.
      covariance_matrix: positive definite, shape `(..., n, n)`. Or else:
      precision_matrix: inverse of the covariance, positive definite, shape `(..., n, n)`. Or else:
      scale_tril: Cholesky factor L of the covariance, shape `(..., n, n)`.
    """

    loc: Param = param(constraints.real_vector)
    covariance_matrix: Param = param(
        constraints.positive_definite, default=None, otherwise=covariance_of
    )
    precision_matrix: Param = param(
        constraints.positive_definite, default=None, otherwise=precision_of
    )
    scale_tril: Param = param(constraints.lower_cholesky, default=None, otherwise=scale_tril_of)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        noise = random.normal(key, shape, self.dtype)
        return self.loc + matvec(jnp.tril(self.scale_tril), noise)

    def _factor(self) -> Array:
        """The Cholesky factor of the precision if that is given, else of the covariance."""
        if "precision_matrix" in vars(self):
            return cholesky(self.precision_matrix)
        return self.scale_tril

    def _standardize(self, x: Array, factor: Array) -> Array:
        if "precision_matrix" in vars(self):
            return matvec(jnp.matrix_transpose(factor), x - self.loc)
        return solve_lower(factor, x - self.loc)

    def _log_det(self, factor: Array) -> Array:
        return -log_det(factor) if "precision_matrix" in vars(self) else log_det(factor)

    def _log_prob(self, x: Array) -> Array:
        factor = self._factor()
        z = self._standardize(x, factor)
        return -jnp.sum(z * z, -1) / 2 - self._log_det(factor) - self._size * _LOG_TWO_PI / 2

    def _variance(self) -> Array:
        return diagonal(self.covariance_matrix)

    def _entropy(self) -> Array:
        return self._log_det(self._factor()) + self._size * (1 + _LOG_TWO_PI) / 2


class MultivariateNormalDiag(_Elliptical):
    r"""Independent normal entries, as one event.

    .. math:: p(x) = \prod_i \exp(-z_i^2 / 2) / (\mathrm{scale\_diag}_i \sqrt{2 \pi}), \quad
              z = (x - \mathrm{loc}) / \mathrm{scale\_diag}

    Args:
      loc: mean, shape `(..., n)`.
      scale_diag: positive standard deviations, shape `(..., n)`.
    """

    loc: Param = param(constraints.real_vector)
    scale_diag: Param = param(constraints.independent(constraints.positive, 1))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self.loc + self.scale_diag * random.normal(key, shape, self.dtype)

    def _log_prob(self, x: Array) -> Array:
        z = (x - self.loc) / self.scale_diag
        return -jnp.sum(z * z / 2 + jnp.log(self.scale_diag) + _LOG_TWO_PI / 2, -1)

    def _variance(self) -> Array:
        return self.scale_diag**2

    def _stddev(self) -> Array:
        return self.scale_diag

    def _entropy(self) -> Array:
        return jnp.sum(jnp.log(self.scale_diag) + (1 + _LOG_TWO_PI) / 2, -1)


class LowRankMultivariateNormal(_Elliptical):
    r"""Multivariate normal distribution whose covariance is diagonal plus of low rank.

    .. math:: \mathrm{covariance} = W W^T + \mathrm{diag}(d), \quad
              W = \mathrm{cov\_factor}, \quad d = \mathrm{cov\_diag}

    A density takes :math:`O(n r^2)` operations: with :math:`V = d^{-1/2} W` and
    :math:`y = d^{-1/2} (x - \mathrm{loc})`, the determinant is that of d times that of
    :math:`K = I + V^T V`, and by Woodbury's identity

    .. math:: (x - \mathrm{loc})^T \mathrm{covariance}^{-1} (x - \mathrm{loc})
              = \min_a |y - V a|^2 + |a|^2, \quad a = K^{-1} V^T y.

    Args:
      loc: mean, shape `(..., n)`.
      cov_factor: factor W of the part of low rank, shape `(..., n, r)`.
      cov_diag: positive diagonal part d, shape `(..., n)`.
    """

    loc: Param = param(constraints.real_vector)
    cov_factor: Param = param(constraints.independent(constraints.real, 2))
    cov_diag: Param = param(constraints.independent(constraints.positive, 1))

    def _event_sizes(self) -> dict[str, Shape]:
        sizes = super()._event_sizes()
        return sizes | {"cov_factor": sizes["cov_factor"][:1]}

    @property
    def covariance_matrix(self) -> Array:
        """The full covariance matrix, shape `batch_shape + (n, n)`."""
        return gram(self.cov_factor) + _diagonal_matrix(self.cov_diag)

    @property
    def precision_matrix(self) -> Array:
        """The inverse of the covariance matrix, by Woodbury's identity."""
        weighted = self.cov_factor / self.cov_diag[..., None]
        inner = matmul(weighted, jnp.matrix_transpose(invert_lower(self._factor())))
        return _diagonal_matrix(1 / self.cov_diag) - gram(inner)

    @property
    def scale_tril(self) -> Array:
        """The Cholesky factor of the covariance matrix."""
        return cholesky(self.covariance_matrix)

    def _scaled_factor(self) -> Array:
        return self.cov_factor / jnp.sqrt(self.cov_diag)[..., None]

    def _factor(self) -> Array:
        """The Cholesky factor of K."""
        rank = self.cov_factor.shape[-1]
        products = gram(jnp.matrix_transpose(self._scaled_factor()))
        return cholesky(products + jnp.eye(rank, dtype=products.dtype))

    def _log_det(self, factor: Array) -> Array:
        return jnp.sum(jnp.log(self.cov_diag), -1) / 2 + log_det(factor)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        shared, own = jax.random.split(key)
        factors = random.normal(shared, shape[:-1] + self.cov_factor.shape[-1:], self.dtype)
        noise = random.normal(own, shape, self.dtype)
        return self.loc + matvec(self.cov_factor, factors) + jnp.sqrt(self.cov_diag) * noise

    def _log_prob(self, x: Array) -> Array:
        scaled, factor = self._scaled_factor(), self._factor()
        y = (x - self.loc) / jnp.sqrt(self.cov_diag)
        a = matvec(inverse_of_gram(factor), matvec(jnp.matrix_transpose(scaled), y))
        rest = y - matvec(scaled, a)
        squares = jnp.sum(rest * rest, -1) + jnp.sum(a * a, -1)
        return -squares / 2 - self._log_det(factor) - self._size * _LOG_TWO_PI / 2

    def _variance(self) -> Array:
        return jnp.sum(self.cov_factor**2, -1) + self.cov_diag

    def _entropy(self) -> Array:
        return self._log_det(self._factor()) + self._size * (1 + _LOG_TWO_PI) / 2


class MultivariateStudentT(_Elliptical):
    r"""Multivariate Student's t distribution.

    .. math:: p(x) = \frac{\Gamma((\nu + n) / 2)}{\Gamma(\nu / 2) (\nu \pi)^{n/2} \prod_i L_{ii}}
              (1 + |z|^2 / \nu)^{-(\nu + n) / 2}, \quad
              z = L^{-1} (x - \mathrm{loc}), \quad \nu = \mathrm{df}

    The mean is undefined (NaN) up to one degree of freedom. The covariance,
    :math:`L L^T \nu / (\nu - 2)`, is infinite up to two, and NaN where the mean is.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the batch shape of the others.
      loc: centre, shape `(..., n)`.
      scale_tril: lower-triangular scale L with a positive diagonal, shape `(..., n, n)`.
    """

    df: Param = param(constraints.positive)
    loc: Param = param(constraints.real_vector)
    scale_tril: Param = param(constraints.lower_cholesky)

    @property
    def covariance_matrix(self) -> Array:
        """The covariance matrix, shape `batch_shape + (n, n)`."""
        return gram(self.scale_tril) * self._inflation()[..., None, None]

    def _inflation(self) -> Array:
        """Variance in units of the squared scale."""
        finite = self.df > 2
        heavy = jnp.where(self.df > 1, math.inf, math.nan)
        return jnp.where(finite, self.df / jnp.where(finite, self.df - 2, 1), heavy)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        shared, own = jax.random.split(key)
        half = self.df / 2
        log_gamma = random.log_gamma(shared, half, shape[:-1])
        stretch = jnp.exp((jnp.log(half) - log_gamma) / 2)
        noise = stretch[..., None] * random.normal(own, shape, self.dtype)
        return self.loc + matvec(jnp.tril(self.scale_tril), noise)

    def _log_normaliser(self) -> Array:
        """Log-density at the centre."""
        half = self._size / 2
        at_centre = log_gamma_ratio(self.df / 2, half) - half * _LOG_TWO_PI
        return at_centre - log_det(self.scale_tril)

    def _log_prob(self, x: Array) -> Array:
        distance = _norm(solve_lower(self.scale_tril, x - self.loc))
        exponent = (self.df + self._size) / 2
        return self._log_normaliser() - exponent * log1p_square(distance / jnp.sqrt(self.df))

    def _mean(self) -> Array:
        return jnp.where(self.df[..., None] > 1, self.loc, math.nan)

    def _variance(self) -> Array:
        return jnp.sum(jnp.tril(self.scale_tril) ** 2, -1) * self._inflation()[..., None]

    def _entropy(self) -> Array:
        spread = digamma_difference(self.df / 2, self._size / 2)
        return (self.df + self._size) / 2 * spread - self._log_normaliser()


def _norm(z: Array) -> Array:
    """Euclidean length, without overflow and with gradient 0 at 0."""
    largest = lax.stop_gradient(jnp.max(jnp.abs(z), -1, keepdims=True))
    some = largest > 0
    unit = jnp.where(some, z, 1) / jnp.where(some, largest, 1)
    return largest[..., 0] * jnp.sqrt(jnp.sum(unit * unit, -1))


def _diagonal_matrix(x: Array) -> Array:
    return x[..., None] * jnp.eye(x.shape[-1], dtype=x.dtype)
