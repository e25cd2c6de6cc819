"""LKJCholesky distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.distribution import Distribution
from jaxdist.families.interval.beta import Beta
from jaxdist.linalg.triangular import diagonal
from jaxdist.parameters import Param, param
from jaxdist.pytree import static
from jaxdist.special import digamma_difference, log_gamma_ratio

_SHIFTS = 5  # until four terms of the series suffice
_SERIES = ((2, -1 / 96), (4, 1 / 320), (6, -17 / 7168))


class LKJCholesky(Distribution):
    r"""LKJ distribution of the Cholesky factor of a random correlation matrix.

    .. math:: p(L) \propto \prod_{i=1}^{n-1} L_{ii}^{2 b_i - 2}, \quad
              b_i = \mathrm{concentration} + (n - 1 - i) / 2, \quad n = \mathrm{dim}

    so that the density of the correlation matrix :math:`L L^T` is proportional to
    :math:`|L L^T|^{\mathrm{concentration} - 1}`: uniform for a concentration of 1, and concentrated
    at the identity for larger ones. The coordinates are the entries below the diagonal. Rows are
    independent: row i is a vector of i standard normal variables and a :math:`\chi_{2 b_i}`
    variable, divided by its norm.

    Args:
      dim: the number n of rows, at least 2; static.
      concentration: positive, any shape.

    References:
      Lewandowski, Kurowicka and Joe 2009, "Generating random correlation matrices based on vines
      and extended onion method".
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
        """Return half the number of free entries of rows 1 ... n - 1."""
        return jnp.arange(1, self.dim, dtype=self.dtype) / 2

    def _powers(self) -> Array:
        """Return b of rows 1 ... n - 1."""
        return self.concentration[..., None] + (self._halves()[::-1] - 0.5)

    def _draw(self, key: Array, shape: Shape) -> tuple[Array, Array]:
        """Draw a factor, and the logarithms of its diagonal from row 1 on."""
        diagonal_key, below_key = jax.random.split(key)
        powers = self._powers()
        log_gamma = random.log_gamma(diagonal_key, powers, (*shape[:-2], self.dim - 1))
        log_chi = (log_gamma + math.log(2)) / 2
        normals = jnp.tril(random.normal(below_key, shape, self.dtype), -1)[..., 1:, :]
        log_norm = jnp.logaddexp(jnp.log(jnp.sum(normals**2, -1)), 2 * log_chi) / 2
        log_diagonal = log_chi - log_norm
        on_diagonal = jnp.maximum(jnp.exp(log_diagonal), jnp.finfo(self.dtype).tiny)
        identity = jnp.eye(self.dim, dtype=self.dtype)
        rows = normals * jnp.exp(-log_norm)[..., None] + on_diagonal[..., None] * identity[1:]
        first = jnp.broadcast_to(identity[:1], (*shape[:-2], 1, self.dim))
        return jnp.concatenate([first, rows], -2), log_diagonal

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._draw(key, shape)[0]

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        factor, log_diagonal = self._draw(key, shape)
        if not pathwise:
            factor, log_diagonal = lax.stop_gradient((factor, log_diagonal))
        return factor, self._log_density(log_diagonal)

    def _log_density_at_identity(self) -> Array:
        powers, halves = self._powers(), self._halves()
        ratios = log_gamma_ratio(powers, halves) + halves * jnp.log(powers / math.pi)
        return jnp.sum(ratios, -1)

    def _log_density(self, log_diagonal: Array) -> Array:
        return self._log_density_at_identity() + jnp.sum(
            2 * (self._powers() - 1) * log_diagonal, -1
        )

    def _log_prob(self, x: Array) -> Array:
        return self._log_density(jnp.log(diagonal(x)[..., 1:]))

    def _mean(self) -> Array:
        """The mean of L_ii is a ratio of beta functions; that of entries below is 0."""
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
        variances = -squares * jnp.expm1(-_log_moment_ratio(powers, halves))
        on_diagonal = jnp.concatenate([jnp.zeros_like(variances[..., :1]), variances], -1)
        below = 0.5 / (powers + halves)[..., :1, None]
        identity = jnp.eye(self.dim, dtype=self.dtype)
        return on_diagonal[..., None] * identity + below * jnp.tril(jnp.ones_like(identity), -1)

    def _entropy(self) -> Array:
        powers = self._powers()
        mean_log_diagonal = -digamma_difference(powers, self._halves()) / 2
        return -self._log_density(mean_log_diagonal)


def _log_moment_ratio(b: Array, h: Array) -> Array:
    r"""Return :math:`\log(E[x^2] / E[x]^2)`, which is small for a large b, for x^2 ~ Beta(b, h).

    It is w(b) - w(b + h), by differences of the terms of

    .. math:: w(b) = \log \frac{\Gamma(b)\, \Gamma(b + 1)}{\Gamma(b + 1/2)^2}
              = w(b + 1) + \log \left(1 + \frac{1}{4 b (b + 1)}\right)
              = \frac{1}{4 b} - \frac{1}{96 b^3} + \frac{1}{320 b^5} - \frac{17}{7168 b^7} + \dots
    """
    total = jnp.zeros_like(b + h)
    for _ in range(_SHIFTS):
        c = b + h
        step = h / c * (b + c + 1) / (4 * b * (b + 1) * (c + 1))
        total, b = total + jnp.log1p(step / (1 + 1 / (4 * c * (c + 1)))), b + 1
    x, y = 1 / b, 1 / (b + h)
    series: Array | float = 0.25
    for power, coefficient in _SERIES:
        series = series + coefficient * sum(x**i * y ** (power - i) for i in range(power + 1))
    return total + h * x * y * series


def squared_diagonal(d: LKJCholesky) -> Beta:
    """Return the distribution of L_ii^2, batch shape `batch_shape + (dim - 1,)`, from row 1 on."""
    return Beta(d._powers(), d._halves(), validate_args=False)
