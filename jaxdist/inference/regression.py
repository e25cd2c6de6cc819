"""Regressions: distributions of data whose parameters are a function of others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import as_real_numbers, check_callable
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.inference.data import check_weights
from jaxdist.inference.newton import minimize
from jaxdist.inference.standard_errors import covariance_of
from jaxdist.promotion import numpy_promotion


class Fit(NamedTuple):
    """A fitted model.

    Attributes:
      parameters: the estimate, a tree as `init`.
      standard_errors: a tree of the same structure; NaN if data do not determine all of them.
      covariance: of the estimates of all entries of the flattened tree, shape `(n, n)`.
      log_likelihood: the sum over the observations.
    """

    parameters: Any
    standard_errors: Any
    covariance: Array
    log_likelihood: Array


@numpy_promotion
def fit_model(
    model: Callable[[Any], Distribution],
    init: Any,
    data: ArrayLike,
    *,
    weights: ArrayLike | None = None,
) -> Fit:
    r"""Fit a regression: a distribution of the data whose parameters are a function of others.

    .. math:: \hat\theta = \arg\max_\theta \sum_i w_i \log p(x_i \mid \theta)

    by Newton's method, with standard errors from the observed Fisher information. The model may use
    covariates and censored observations.

    Args:
      model: maps a tree of real numbers to a distribution, whose batch is that of the
        observations; apply `jnp.exp` to what must be positive.
      init: where to begin, a tree of arrays or numbers.
      data: observations, for `log_prob` of the distribution.
      weights: non-negative, of the shape of the log-probabilities; one each by default.

    Returns:
      A `Fit`.

    Raises:
      TypeError: if the model does not return a distribution.
      ValueError: if `init` holds no numbers, the likelihood is 0 there, or a weight is negative.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> age = jnp.array([1.0, 2.0, 3.0, 4.0, 5.0])
      >>> failed = jnp.array([1, 0, 3, 4, 9])
      >>> result = jd.fit_model(
      ...     lambda p: jd.Poisson(jnp.exp(p["intercept"] + p["slope"] * age)),
      ...     {"intercept": 0.0, "slope": 0.0},
      ...     failed,
      ... )
      >>> print(f"{result.parameters['slope']:.2f} +- {result.standard_errors['slope']:.2f}")
      0.71 +- 0.23
    """
    check_callable("fit_model", "model", model)
    tree = jax.tree.map(lambda x: jnp.asarray(as_real_numbers("fit_model", "init", x), float), init)
    leaves, structure = jax.tree.flatten(tree)
    if not any(leaf.size for leaf in leaves):
        raise ValueError(f"fit_model: init must hold numbers to fit; got {init!r}")
    require_distribution(model(tree), "what `model` returns")
    if weights is not None:
        check_weights("fit_model", jnp.asarray(as_real_numbers("fit_model", "weights", weights)))

    def unravel(vector: Array) -> Any:
        parts, position = [], 0
        for leaf in leaves:
            parts.append(vector[position : position + leaf.size].reshape(leaf.shape))
            position += leaf.size
        return jax.tree.unflatten(structure, parts)

    def loss(vector: Array) -> Array:
        log_probs = model(unravel(vector)).log_prob(data)
        if weights is None:
            return -jnp.sum(log_probs)
        return -jnp.sum(jnp.where(jnp.asarray(weights) > 0, jnp.asarray(weights) * log_probs, 0))

    start = jnp.concatenate([leaf.ravel() for leaf in leaves])
    if not jnp.isfinite(loss(start)):
        raise ValueError("fit_model: the data have probability 0 at `init`; begin elsewhere")
    minimum = jax.jit(lambda start: minimize(loss, start))(start)
    covariance = covariance_of(minimum.hessian)
    errors = jnp.sqrt(jnp.diagonal(covariance))
    return Fit(unravel(minimum.x), unravel(errors), covariance, -minimum.value)
