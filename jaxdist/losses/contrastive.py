"""Contrastive losses: which of several candidates belongs to an observation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import as_floats
from jaxdist.distribution import Distribution, require_distribution


def contrastive(scores: ArrayLike) -> Array:
    r"""InfoNCE: cross entropy of the pairs that belong together among all pairs of a batch.

    .. math:: L = -\frac{1}{N} \sum_i \log \frac{e^{s_{ii}}}{\sum_j e^{s_{ij}}} \geq
              \log N - I(x; y)

    so that log N minus the loss is a lower bound of the mutual information of x and y.

    Args:
      scores: s, where entry (i, j) compares the i-th x with the j-th y, shape `(N, N)`; the true
        pairs are on the diagonal.

    Returns:
      The loss, scalar, in nats.

    Raises:
      ValueError: if the scores are not a square matrix.

    References:
      Van den Oord et al. 2018, "Representation learning with contrastive predictive coding".

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> print(f"{jd.losses.contrastive(jnp.zeros((4, 4))):.4f} {jnp.log(4):.4f}")
      1.3863 1.3863
    """
    s = as_floats(scores)
    if s.ndim != 2 or s.shape[0] != s.shape[1]:
        raise ValueError(
            f"contrastive: scores must be a square matrix, one row for each x and one column for "
            f"each y; got shape {s.shape}"
        )
    return -jnp.mean(jnp.diagonal(jax.nn.log_softmax(s, -1)))


def contrastive_posterior(posterior: Distribution, prior: Distribution, value: ArrayLike) -> Array:
    r"""Loss of an amortized posterior that classifies parameters: sequential neural estimation.

    .. math:: L = -\frac{1}{N} \sum_i \log \frac{q(\theta_i | x_i) / p(\theta_i)}
              {\sum_j q(\theta_j | x_i) / p(\theta_j)}

    At its minimum, q is the posterior under the prior p, whatever the distribution of the
    parameters was from which the pairs were simulated. It is the loss of SNPE-C, and flowjax's
    `ContrastiveLoss`.

    Args:
      posterior: q, a batch of N distributions, the i-th given the i-th observation.
      prior: p, of one parameter.
      value: the parameters that the observations were simulated from, shape `(N, *event_shape)`.

    Returns:
      The loss, scalar, in nats.

    Raises:
      ValueError: if the numbers of distributions and of values differ.

    References:
      Greenberg et al. 2019, "Automatic posterior transformation for likelihood-free inference",
      equation 7; Durkan et al. 2020, "On contrastive learning for likelihood-free inference".

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> theta = jd.Normal(0.0, 1.0).sample(jax.random.key(0), (64,))
      >>> x = jd.Normal(theta, 0.1).sample(jax.random.key(1))
      >>> loss = lambda q: jd.losses.contrastive_posterior(q, jd.Normal(0.0, 1.0), theta)
      >>> bool(loss(jd.Normal(x / 1.01, 0.0995)) < loss(jd.Normal(jnp.zeros(64), 1.0)))
      True
    """
    q, p = require_distribution(posterior, "posterior"), require_distribution(prior, "prior")
    theta = as_floats(value)
    if q.batch_shape != theta.shape[:1] or p.batch_shape or theta.shape[1:] != q.event_shape:
        raise ValueError(
            "contrastive_posterior: the posterior must have the batch shape (N,), the prior (), "
            f"and the value the shape (N, *event_shape); got {q.batch_shape}, {p.batch_shape} and "
            f"{theta.shape} with event_shape {q.event_shape}"
        )
    # Row i: all parameters under the i-th posterior.
    log_q = jax.vmap(lambda q: q.log_prob(theta))(q)
    return contrastive(log_q - p.log_prob(theta))
