"""Maximum likelihood, and its lower bound for models with latent variables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import check_callable, check_flag
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.estimators.expectation import expectation
from jaxdist.losses.log_weights import as_scalar, stop


def maximum_likelihood(
    dist: Distribution, value: Any, *, weights: ArrayLike | None = None
) -> Array:
    r"""Mean negative log-likelihood of data.

    .. math:: L = -\frac{\sum_i w_i \log p(x_i; \theta)}{\sum_i w_i}

    Args:
      dist: the distribution of an observation, or of each.
      value: observations, shape `(..., *batch_shape, *event_shape)`.
      weights: non-negative w, which broadcast with the log-probabilities; 1 by default.

    Returns:
      The loss, scalar, in nats.

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> data = jnp.array([1.0, 3.0])
      >>> gradient = jax.grad(jd.losses.maximum_likelihood)(jd.Normal(0.0, 1.0), data)
      >>> print(gradient.loc)  # minus the mean of the data
      -2.0
    """
    log_prob = require_distribution(dist, "dist").log_prob(value)
    if weights is None:
        return -jnp.mean(log_prob)
    w = jnp.broadcast_to(jnp.asarray(weights), log_prob.shape)
    return -jnp.sum(jnp.where(w > 0, w * jnp.where(w > 0, log_prob, 0), 0)) / jnp.sum(w)


def elbo(
    log_joint: Callable[[Any], ArrayLike],
    guide: Distribution,
    key: Array,
    *,
    num_samples: int = 1,
    estimator: Any = None,
    stick_the_landing: bool = False,
) -> Array:
    r"""Negative evidence lower bound.

    .. math:: L = -E_{z \sim q}[\log p(x, z) - \log q(z)] \geq -\log p(x)

    Its gradient by parameters of the model is that of the mean of log p, and by those of the guide
    is estimated by any estimator of `jaxdist.expectation`: pathwise, score function, enumeration,
    measure-valued ...

    Args:
      log_joint: function from a draw of z to :math:`\log p(x, z)`, scalar, with the data x fixed.
      guide: q, an approximation of the posterior of z; for a `Joint`, z is a tree. Its batch is one
        draw, of which log-probabilities are summed.
      key: a PRNG key.
      num_samples: number of draws.
      estimator: as for `jaxdist.expectation`.
      stick_the_landing: whether to leave out the score of the guide, whose mean is 0: the gradient
        of pathwise derivatives then has no variance where q is the posterior (Roeder et al. 2017).

    Returns:
      The loss, scalar, in nats.

    Raises:
      NotImplementedError: if the estimator does not support the guide.
      ValueError: if `log_joint` does not return one number, or `stick_the_landing` is asked for
        without pathwise derivatives.

    References:
      Ranganath et al. 2014, "Black box variational inference"; Kingma and Welling 2014,
      "Auto-encoding variational Bayes".

    Example:
      The posterior of the mean of a normal distribution, at which the bound is exact:

      >>> import jax, jaxdist as jd
      >>> def log_joint(z):
      ...     return jd.Normal(0.0, 1.0).log_prob(z) + jd.Normal(z, 1.0).log_prob(2.0)
      >>> posterior = jd.Normal(1.0, 0.5**0.5)
      >>> loss = jd.losses.elbo(log_joint, posterior, jax.random.key(0))
      >>> print(f"{loss:.4f} {-jd.Normal(0.0, 2**0.5).log_prob(2.0):.4f}")
      2.2655 2.2655
    """
    check_callable("elbo", "log_joint", log_joint)
    check_flag("elbo", "stick_the_landing", stick_the_landing)
    require_distribution(guide, "guide")
    density = guide
    if stick_the_landing:
        if not (guide.has_rsample and estimator in (None, "pathwise")):
            raise ValueError(
                "elbo: stick_the_landing needs pathwise derivatives, a guide with has_rsample and "
                f"estimator None or 'pathwise'; got {type(guide).__name__} and {estimator!r}"
            )
        density = stop(guide)

    def log_weight(z: Any) -> Array:
        return as_scalar("elbo", log_joint(z)) - jnp.sum(density.log_prob(z))

    return -expectation(log_weight, guide, key, num_samples=num_samples, estimator=estimator)
