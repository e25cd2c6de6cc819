"""The loss of sparse variational Gaussian processes."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.argument_checks import check_arguments
from jaxdist.arguments import as_integer, check_callable
from jaxdist.distribution import require_distribution
from jaxdist.divergences.registry import kl_divergence
from jaxdist.families.real.normal import Normal
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.variational_gaussian_process import VariationalGaussianProcess

_NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(20)
_WEIGHTS = _WEIGHTS / _WEIGHTS.sum()


def gaussian_process_elbo(
    process: VariationalGaussianProcess,
    value: ArrayLike,
    *,
    likelihood: Callable[[Array], object] | None = None,
    num_data: int | None = None,
) -> Array:
    r"""Negative evidence lower bound of a sparse variational Gaussian process.

    .. math:: L = KL\big(q(v) \,\|\, N(0, I)\big)
              - \frac{N}{n} \sum_{i=1}^n E_{f_i \sim q}[\log p(y_i \mid f_i)]
              \geq -\log p(y), \quad N = \mathrm{num\_data}

    The expectations are exact for normal noise, and by 20 nodes of Gauss-Hermite quadrature
    otherwise: no draws are needed.

    Args:
      process: a `VariationalGaussianProcess` at the n points of the observations, which may be a
        minibatch. Its batch is summed over.
      value: observations y, shape `(*batch_shape, n)`.
      likelihood: function from values f of the function, any shape, to the distribution of the
        observations of that batch shape; None for normal noise of the process' `noise_scale`,
        which must be positive then.
      num_data: number N of all observations; n by default.

    Returns:
      The loss, scalar, in nats.

    Raises:
      TypeError: if `process` is none, or `likelihood` does not return a distribution.
      ValueError: if the shape of `value` is another one, or the noise of no likelihood is 0.

    References:
      Hensman, Matthews and Ghahramani 2015, "Scalable variational Gaussian process
      classification".

    Example:
      Classification, of which the values of the process are the logits:

      >>> import dataclasses, jax, jax.numpy as jnp, jaxdist as jd
      >>> t = jnp.linspace(-1.0, 1.0, 50)
      >>> d = prior = jd.VariationalGaussianProcess(jd.kernels.RBF(), t, jnp.linspace(-1.0, 1.0, 5))
      >>> loss = lambda d: jd.losses.gaussian_process_elbo(
      ...     d, t > 0, likelihood=lambda f: jd.Bernoulli(logits=f)
      ... )
      >>> for _ in range(5):
      ...     slope = jax.grad(loss)(d).whitened_loc
      ...     d = dataclasses.replace(d, whitened_loc=d.whitened_loc - 0.2 * slope)
      >>> print(f"{loss(prior):.2f} {loss(d):.2f}")
      40.30 22.70
    """
    if not isinstance(process, VariationalGaussianProcess):
        raise TypeError(
            f"gaussian_process_elbo: process must be a VariationalGaussianProcess; got {process!r}"
        )
    loc, stddev = process.latent_marginals
    number = loc.shape[-1]
    if np.shape(value)[: loc.ndim] != loc.shape:
        raise ValueError(
            f"gaussian_process_elbo: value must have the shape {loc.shape}, one observation at "
            f"each of the index points; got {np.shape(value)}"
        )
    if num_data is not None:
        number = as_integer("gaussian_process_elbo", "num_data", num_data, minimum=1)
    if likelihood is None:
        check_arguments(
            "gaussian_process_elbo without a likelihood",
            {"process.noise_scale": (process.noise_scale, constraints.positive)},
        )
        noise = process.noise_scale[..., None]
        log_probs = Normal(loc, noise).log_prob(value) - (stddev / noise) ** 2 / 2
    else:
        log_probs = _expected_log_likelihood(likelihood, loc, stddev, value)
    prior = MultivariateNormal(
        jnp.zeros_like(process.whitened_loc),
        scale_tril=jnp.broadcast_to(
            jnp.eye(process.whitened_loc.shape[-1]), process.whitened_scale_tril.shape
        ),
    )
    divergence = kl_divergence(process.whitened_dist, prior)
    return jnp.sum(divergence) - number / loc.shape[-1] * jnp.sum(log_probs)


def _expected_log_likelihood(
    likelihood: Callable[[Array], object], loc: Array, stddev: Array, value: ArrayLike
) -> Array:
    """Average the log-likelihood over the values of the function at each point."""
    check_callable("gaussian_process_elbo", "likelihood", likelihood)
    column = (-1,) + (1,) * loc.ndim
    nodes, weights = (jnp.asarray(x, loc.dtype).reshape(column) for x in (_NODES, _WEIGHTS))
    of_nodes = require_distribution(
        likelihood(loc + stddev * nodes), "gaussian_process_elbo: what likelihood returns"
    )
    y = jnp.broadcast_to(jnp.asarray(value), loc.shape + of_nodes.event_shape)
    log_probs = of_nodes.log_prob(jnp.broadcast_to(y, nodes.shape[:1] + y.shape))
    return jnp.sum(weights * log_probs, 0)
