"""Implicit reparameterization: derivatives of draws and quantiles that are found numerically."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.promotion import custom_jvp


@custom_jvp
def implicit_reparameterization(d: Distribution, x: Array, q: Array | None = None) -> Array:
    r"""Give a draw or a quantile x its derivative, from the equation F(x; theta) = q.

    .. math:: dx = \frac{dq - \partial F(x; \theta) / \partial \theta \, d\theta}{p(x; \theta)}

    It costs nothing where no derivative is taken.

    Args:
      d: a univariate continuous distribution with a differentiable `_cdf`.
      x: a draw from `d`, shape `sample_shape + batch_shape`; or the solution of F(x) = q.
      q: probabilities, the shape of `x`; None if the probability is constant, as for a draw.

    Returns:
      `x`, with a derivative in `d` and `q` alone.

    References:
      Figurnov, Mohamed and Mnih 2018, "Implicit reparameterization gradients".
    """
    return x


@implicit_reparameterization.defjvp
def _implicit_reparameterization_jvp(
    primals: tuple[Distribution, Array, Array | None],
    tangents: tuple[Distribution, Array, Array | None],
) -> tuple[Array, Array]:
    (d, x, q), (d_dot, _, q_dot) = primals, tangents
    x = implicit_reparameterization(d, x, q)
    _, cdf_dot = jax.jvp(lambda d: d._cdf(x), (d,), (d_dot,))
    density = jnp.exp(d._log_prob(x))
    possible = density > 0
    numerator = (0 if q_dot is None else q_dot) - cdf_dot
    return x, jnp.where(possible, numerator / jnp.where(possible, density, 1), 0)
