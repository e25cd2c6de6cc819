"""Maximum likelihood of families without a closed form, by Newton's method."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.inference.data import Data
from jaxdist.inference.free_parameters import (
    flatten,
    has_free_parameters,
    parameter_names,
    unflatten,
)
from jaxdist.inference.newton import minimize
from jaxdist.promotion import numpy_promotion


def fit_from(start: Distribution, data: Data, fixed: tuple[str, ...]) -> tuple[Distribution, Array]:
    """Maximize the likelihood by Newton's method, for each batch entry.

    Args:
      start: where to begin, of the batch shape of the data.
      data: the observations.
      fixed: names of the parameters that stay as they are.

    Returns:
      The estimate, and whether it is a strict maximum, shape `batch_shape`.

    Raises:
      ValueError: if those are all.
    """
    if not has_free_parameters(start, fixed):
        raise ValueError(
            f"fit of {type(start).__name__}: there is nothing to fit; its parameters "
            f"({', '.join(parameter_names(start)) or 'none'}) are given, counts, or ends of a "
            "support: give fewer of them"
        )
    found: tuple[Distribution, Array] = over_batch(
        _fit_one, fixed, start, data.values, data.weights
    )
    return found


@functools.partial(jax.jit, static_argnums=(0, 1))
@numpy_promotion
def over_batch(
    function: Callable[..., Any],
    fixed: tuple[str, ...],
    d: Distribution,
    values: Array,
    weights: Array,
) -> Any:
    """Apply a function of `fixed`, of one distribution and of its data to each batch entry."""
    one = functools.partial(function, fixed)
    for _ in d.batch_shape:
        one = jax.vmap(one, (0, 1, 1))
    return one(d, values, weights)


def mean_loss(d: Distribution, values: Array, weights: Array) -> Array:
    """Return minus the weighted mean of the log-likelihood."""
    log_probs = d.log_prob(values)
    terms = jnp.where(weights > 0, weights * log_probs, 0)
    return -jnp.sum(terms) / jnp.sum(weights)


def _fit_one(
    fixed: tuple[str, ...], start: Distribution, values: Array, weights: Array
) -> tuple[Distribution, Array]:
    minimum = minimize(
        lambda z: mean_loss(unflatten(start, z, fixed), values, weights), flatten(start, fixed)
    )
    return unflatten(start, minimum.x, fixed), minimum.is_strict
