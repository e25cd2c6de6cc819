"""Enumeration: the sum itself."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import (
    Estimator,
    Integrand,
    evaluate,
    is_masked,
    parts,
    per_draw,
    total,
    unwrapped,
)
from jaxdist.wrappers.joint import Joint

_MOST = 2**16  # values that are enumerated


class Enumeration(Estimator):
    r"""Sum over all values: no draws, no variance.

    .. math:: E[f(x)] = \sum_x p(x; \theta) f(x)

    Of a batch, or a `Joint`, all combinations are values. `num_samples` has no meaning. f is not
    evaluated at impossible values.
    """

    takes_joint: ClassVar[bool] = True
    is_exact: ClassVar[bool] = True

    def _refusal(self, d: Distribution) -> str | None:
        return refuses_listing(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        x, log_prob = list_values(d)
        possible = log_prob > -math.inf
        likeliest = jnp.argmax(log_prob)
        x = jax.tree.map(lambda v: jnp.where(per_draw(possible, v), v, v[likeliest]), x)
        values = evaluate(f, x, key, log_prob.shape[0])

        def mean(leaf: Array) -> Array:
            weight = per_draw(jnp.where(possible, jnp.exp(log_prob), 0), leaf)
            return jnp.sum(weight * leaf, 0)

        return jax.tree.map(mean, values)


def support_size(d: Distribution) -> int:
    """The number of values of a distribution, all combinations of a batch.

    Raises:
      NotImplementedError: if they cannot be listed.
    """
    size = 1
    for part in map(unwrapped, parts(d)):
        values = jax.eval_shape(lambda part=part: part.enumerate_support(expand=False))
        size *= values.shape[0] ** math.prod(part.batch_shape)
    return size


def refuses_listing(d: Distribution) -> str | None:
    """Say why the values of a distribution cannot be listed; None if they can."""
    if is_masked(d):
        return "its log-probabilities are not those of its draws"
    try:
        size = support_size(d)
    except NotImplementedError as error:
        return str(error)
    return None if size <= _MOST else f"it has {size} values, more than {_MOST}"


def list_values(d: Distribution) -> tuple[Any, Array]:
    """List all values of a distribution, with all combinations of a batch.

    Returns:
      The values, a tree for a `Joint`, with a first axis that counts them, and their
      log-probabilities, one-dimensional.
    """
    listed = [_list_part(unwrapped(part)) for part in parts(d)]
    sizes = [log_prob.shape[0] for _, log_prob in listed]
    index = np.indices(sizes).reshape(len(sizes), -1)
    values = [x[i] for (x, _), i in zip(listed, index, strict=True)]
    log_probs = [log_prob[i] for (_, log_prob), i in zip(listed, index, strict=True)]
    return d.unflatten(values) if isinstance(d, Joint) else values[0], sum(
        log_probs[1:], log_probs[0]
    )


def _list_part(d: Distribution) -> tuple[Array, Array]:
    values = d.enumerate_support()
    members = math.prod(d.batch_shape)
    columns = jnp.reshape(values, (values.shape[0], members, *d.event_shape))
    index = np.indices((values.shape[0],) * members).reshape(members, -1).T
    number = index.shape[0]
    x = jnp.reshape(columns[index, np.arange(members)], (number, *d.batch_shape, *d.event_shape))
    return x, total(d.log_prob(x), number)
