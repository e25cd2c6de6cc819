"""VariationalGaussianProcess distribution."""

from __future__ import annotations

from typing import NamedTuple, Self

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import check_flag
from jaxdist.families.vector.function_values import FunctionValues, add_to_diagonal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.kernels.kernel import Kernel, as_points
from jaxdist.linalg.triangular import cholesky, gram, solve_lower_matrix
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul, matvec, narrow, widen
from jaxdist.promotion import numpy_promotion


class VariationalGaussianProcess(FunctionValues):
    r"""A Gaussian process that is known by its values at a few inducing points.

    .. math:: u = f(\mathrm{inducing\_index\_points}) = \mathrm{loc} + L v, \quad
              L L^T = K_{uu} + \mathrm{jitter}\, I, \quad v \sim q(v) = N(m, S S^T), \quad
              f \mid u \sim \text{the process given } u

    It approximates the distribution of a function given many values of it: the sparse variational
    Gaussian process. The values of the function at points, and x, which adds noise to them, are
    normal, with

    .. math:: E[x] = \mathrm{loc} + A^T m, \quad
              \mathrm{Cov}[x] = K - A^T A + A^T S S^T A
              + (\mathrm{noise\_scale}^2 + \mathrm{jitter}) I, \quad A = L^{-1} K_{uf}

    The whitened values v of the prior are independent standard normal ones, as q(v) is by default.
    Fit q and the other parameters by `jaxdist.losses.gaussian_process_elbo`, also to minibatches
    and to observations with another likelihood; for normal noise `optimum` returns the best q.

    Args:
      kernel: covariance function, one of `jaxdist.kernels`.
      index_points: points, shape `(..., n, features)`, or `(n,)` for one feature.
      inducing_index_points: inducing points, shape `(..., k, features)`, or `(k,)`.
      whitened_loc: mean m of v, shape `(..., k)`; zeros by default.
      whitened_scale_tril: Cholesky factor S of the covariance of v, lower triangular, shape
        `(..., k, k)`; the identity by default. What stands above the diagonal counts for nothing;
        `biject_to(constraints.lower_cholesky)` keeps the diagonal positive in an optimization.
      loc: mean of the function, any shape.
      noise_scale: non-negative standard deviation of the noise, any shape.
      jitter: non-negative variance that keeps matrices positive definite in floating point.

    Raises:
      TypeError: if `kernel` is not a kernel.
      ValueError: if the batch shapes do not broadcast, or the numbers of features or of inducing
        points differ.

    Example:
      A sine, from 200 noisy values of it and 8 inducing points:

      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> t = jnp.linspace(0.0, 6.0, 200)
      >>> y = jnp.sin(t) + 0.1 * jax.random.normal(jax.random.key(0), (200,))
      >>> prior = jd.VariationalGaussianProcess(
      ...     jd.kernels.RBF(1.0, 1.5), t, jnp.linspace(0.0, 6.0, 8), noise_scale=0.1
      ... )
      >>> f = prior.optimum(y).predict(jnp.array([1.5, 20.0]))
      >>> [f"{m:.2f} +- {s:.2f}" for m, s in zip(f.mean, f.stddev)]
      ['0.99 +- 0.02', '0.00 +- 1.00']

    References:
      Titsias 2009, "Variational learning of inducing variables in sparse Gaussian processes".
      Hensman, Fusi and Lawrence 2013, "Gaussian processes for big data". The class is TFP's, whose
      `variational_inducing_observations_loc` is the mean of u.
    """

    kernel: Kernel
    index_points: Param = param(constraints.real_matrix)
    inducing_index_points: Param = param(constraints.real_matrix)
    whitened_loc: Param = param(constraints.real_vector, default=None)
    whitened_scale_tril: Param = param(constraints.lower_cholesky, default=None)
    loc: Param = param(constraints.real, default=0.0)
    noise_scale: Param = param(constraints.nonnegative, default=0.0)
    jitter: Param = param(constraints.nonnegative, default=1e-6)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Fill in the distribution of the prior, then check the sizes and the parameters."""
        fields = vars(self)
        points = fields["inducing_index_points"] = as_points(self.inducing_index_points)
        number = points.shape[-2]
        if fields["whitened_loc"] is None:
            fields["whitened_loc"] = jnp.zeros(number, points.dtype)
        if fields["whitened_scale_tril"] is None:
            fields["whitened_scale_tril"] = jnp.eye(number, dtype=points.dtype)
        super().__post_init__(validate_args)
        self._check_sizes()

    def _check_sizes(self) -> None:
        features = self.index_points.shape[-1], self.inducing_index_points.shape[-1]
        if features[0] != features[1]:
            raise ValueError(
                "VariationalGaussianProcess: index_points and inducing_index_points must have the "
                f"same number of features; got {features[0]} and {features[1]}"
            )
        sizes = self.whitened_loc.shape[-1], *self.whitened_scale_tril.shape[-2:]
        number = self.inducing_index_points.shape[-2]
        if set(sizes) != {number}:
            raise ValueError(
                "VariationalGaussianProcess: whitened_loc and whitened_scale_tril must have the "
                f"shapes (..., {number}) and (..., {number}, {number}) for {number} inducing "
                f"points; got {self.whitened_loc.shape} and {self.whitened_scale_tril.shape}"
            )

    # --- the values at the inducing points -------------------------------------------------------

    @property
    def whitened_dist(self) -> MultivariateNormal:
        """The distribution q(v) of the whitened values, event shape `(k,)`."""
        scale_tril = jnp.tril(self.whitened_scale_tril)
        return MultivariateNormal(self.whitened_loc, scale_tril=scale_tril, validate_args=False)

    @property
    def inducing_dist(self) -> MultivariateNormal:
        """The distribution of the function at the inducing points, event shape `(k,)`."""
        d = widen(self)
        factor = d._inducing_factor()
        loc = d.loc[..., None] + matvec(factor, d.whitened_loc)
        scale_tril = matmul(factor, jnp.tril(d.whitened_scale_tril))
        return MultivariateNormal(
            narrow(loc, self.dtype), scale_tril=narrow(scale_tril, self.dtype), validate_args=False
        )

    def _inducing_factor(self) -> Array:
        """Return L."""
        points = self.inducing_index_points
        return cholesky(add_to_diagonal(self.kernel._covariance(points, points), self.jitter))

    # --- the values at other points --------------------------------------------------------------

    def predict(self, index_points: ArrayLike, include_noise: bool = False) -> MultivariateNormal:
        """Return the distribution of the function at other points.

        Args:
          index_points: the other points, shape `(..., n, features)` or `(n,)`.
          include_noise: whether to return the distribution of new observations instead.

        Returns:
          MultivariateNormal of event shape `(n,)` and the batch shape of the process.
        """
        check_flag("VariationalGaussianProcess.predict", "include_noise", include_noise)
        d = widen(self)
        found = _values_at(d, widen(as_points(index_points)), include_noise)
        return MultivariateNormal(
            narrow(found.loc, self.dtype),
            narrow(found.covariance_matrix, self.dtype),
            validate_args=False,
        )

    def _marginal(self) -> MultivariateNormal:
        return _values_at(self, self.index_points, include_noise=True)

    @property
    def latent_marginals(self) -> tuple[Array, Array]:
        """Mean and standard deviation of the function at each point, `batch_shape + (n,)`."""
        d = widen(self)
        loc, stddev = _marginals_at(d, d.index_points)
        return narrow(loc, self.dtype), narrow(stddev, self.dtype)

    # --- inference -------------------------------------------------------------------------------

    def optimum(self, value: ArrayLike) -> Self:
        r"""Return the process with the best q for observations of it with normal noise.

        .. math:: S S^T = \left(I + A A^T / \sigma^2\right)^{-1}, \quad
                  m = S S^T A (y - \mathrm{loc}) / \sigma^2, \quad \sigma = \mathrm{noise\_scale}

        It maximizes the bound of `jaxdist.losses.gaussian_process_elbo`; where the inducing points
        are the index points, it is the posterior of `GaussianProcess`.

        Args:
          value: observations y at the index points, shape `(..., *batch_shape, n)`.

        Returns:
          A process of batch shape `(..., *batch_shape)`, with the other parameters of this one,
          of which `noise_scale` should be positive.
        """
        y = self._value(value, self.event_shape)
        loc, scale_tril = _optimum(widen(self), widen(y))
        shape = loc.shape + loc.shape[-1:]
        return self.expand(loc.shape[:-1])._with(
            whitened_loc=narrow(loc, self.dtype),
            whitened_scale_tril=narrow(jnp.broadcast_to(scale_tril, shape), self.dtype),
        )


class _Projection(NamedTuple):
    """What the distribution at points is computed from.

    Attributes:
      across: A, the covariances of the whitened values and the function.
      spread: S^T A.
      loc: the mean.
    """

    across: Array
    spread: Array
    loc: Array


def _project(d: VariationalGaussianProcess, points: Array) -> _Projection:
    across = solve_lower_matrix(d._inducing_factor(), d.kernel(d.inducing_index_points, points))
    spread = matmul(jnp.matrix_transpose(jnp.tril(d.whitened_scale_tril)), across)
    loc = d.loc[..., None] + matvec(jnp.matrix_transpose(across), d.whitened_loc)
    return _Projection(across, spread, loc)


@numpy_promotion
def _values_at(
    d: VariationalGaussianProcess, points: Array, include_noise: bool
) -> MultivariateNormal:
    across, spread, loc = _project(d, points)
    explained, left = (gram(jnp.matrix_transpose(x)) for x in (across, spread))
    noise = d.jitter + (d.noise_scale**2 if include_noise else 0)
    covariance = d.kernel._covariance(points, points) - explained + left
    return MultivariateNormal(loc, add_to_diagonal(covariance, noise), validate_args=False)


@numpy_promotion
def _marginals_at(d: VariationalGaussianProcess, points: Array) -> tuple[Array, Array]:
    """Return means and standard deviations of the function, without the covariances of points."""
    across, spread, loc = _project(d, points)
    variance = d.kernel._variance(points) - jnp.sum(across**2, -2) + jnp.sum(spread**2, -2)
    return loc, jnp.sqrt(jnp.maximum(variance, d.jitter[..., None]))


@numpy_promotion
def _optimum(d: VariationalGaussianProcess, y: Array) -> tuple[Array, Array]:
    r"""Return m and S, by the factor of :math:`P (I + A A^T / \sigma^2) P` in reverse order.

    For the lower triangular factor C of the matrix with reversed rows and columns, the reversed
    inverse of C^T is lower triangular too, and is S.
    """
    across, _, _ = _project(d, d.index_points)
    scaled = across / d.noise_scale[..., None, None]
    identity = jnp.eye(across.shape[-2], dtype=across.dtype)
    precision = identity + gram(scaled)
    factor = cholesky(precision[..., ::-1, ::-1])
    inverse = solve_lower_matrix(factor, jnp.broadcast_to(identity, factor.shape))
    scale_tril = jnp.matrix_transpose(inverse)[..., ::-1, ::-1]
    target = matvec(scaled, (y - d.loc[..., None]) / d.noise_scale[..., None])
    return matvec(scale_tril, matvec(jnp.matrix_transpose(scale_tril), target)), scale_tril
