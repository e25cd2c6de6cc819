"""Pathwise derivatives of draws whose sampler has none: implicit in the distribution function."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution


@jax.custom_jvp
def pathwise(d: Distribution, draw: Array) -> Array:
    r"""Give a draw the derivative that keeps its cumulative probability fixed.

    .. math:: \frac{dx}{d\theta} = -\frac{\partial F(x; \theta) / \partial \theta}{p(x; \theta)}

    Figurnov, Mohamed and Mnih, Implicit Reparameterization Gradients (2018). It costs nothing
    where no derivative is taken.

    Args:
      d: a univariate continuous distribution with a differentiable `_cdf`.
      draw: drawn from `d`, shape `sample_shape + batch_shape`.

    Returns:
      `draw`, with a derivative in the parameters of `d` alone.
    """
    return draw


@pathwise.defjvp
def _pathwise_jvp(
    primals: tuple[Distribution, Array], tangents: tuple[Distribution, Array]
) -> tuple[Array, Array]:
    (d, draw), (d_dot, _) = primals, tangents
    x = pathwise(d, draw)
    _, moved = jax.jvp(lambda d: d._cdf(x), (d,), (d_dot,))
    density = jnp.exp(d._log_prob(x))
    possible = density > 0
    return x, jnp.where(possible, -moved / jnp.where(possible, density, 1), 0)


@jax.custom_jvp
def quantile(d: Distribution, q: Array, x: Array) -> Array:
    r"""Give a quantile that was found numerically its derivative in q and in the parameters.

    .. math:: dx = \frac{dq - \partial F(x; \theta) / \partial \theta \, d\theta}{p(x; \theta)}

    Args:
      d: a univariate continuous distribution with a differentiable `_cdf`.
      q: probabilities.
      x: the solution of F(x) = q, the shape of `q`.

    Returns:
      `x`, with a derivative in `d` and `q` alone.
    """
    return x


@quantile.defjvp
def _quantile_jvp(
    primals: tuple[Distribution, Array, Array], tangents: tuple[Distribution, Array, Array]
) -> tuple[Array, Array]:
    (d, q, x), (d_dot, q_dot, _) = primals, tangents
    x = quantile(d, q, x)
    _, moved = jax.jvp(lambda d: d._cdf(x), (d,), (d_dot,))
    density = jnp.exp(d._log_prob(x))
    possible = density > 0
    return x, jnp.where(possible, (q_dot - moved) / jnp.where(possible, density, 1), 0)
