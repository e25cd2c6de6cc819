"""Enumeration: the exact expectation as a sum over all values."""

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
    base_distribution,
    evaluate,
    expand_dims_like,
    is_masked,
    joint_parts,
    sum_over_batch,
)
from jaxdist.wrappers.joint import Joint

_MAX_VALUES = 2**16


class Enumeration(Estimator):
    r"""Sum over all values: the exact expectation, without draws.

    .. math:: E[f(x)] = \sum_x p(x; \theta) f(x)

    The values of a batch, or of a `Joint`, are all combinations of the values of its members.
    `num_samples` is ignored. f is not evaluated at impossible values.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.Bernoulli([0.5, 0.25])
      >>> print(jd.expectation(lambda x: 8 * x[0] * x[1], d, jax.random.key(0),
      ...                      estimator=jd.estimators.Enumeration()))
      1.0
    """

    takes_joint: ClassVar[bool] = True
    is_exact: ClassVar[bool] = True

    def _unsupported_reason(self, d: Distribution) -> str | None:
        return why_not_enumerable(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        x, log_prob = enumerate_values(d)
        possible = log_prob > -math.inf
        mode = jnp.argmax(log_prob)
        x = jax.tree.map(lambda v: jnp.where(expand_dims_like(possible, v), v, v[mode]), x)
        values = evaluate(f, x, key, log_prob.shape[0])
        probs = jnp.where(possible, jnp.exp(log_prob), 0)
        return jax.tree.map(lambda leaf: jnp.sum(expand_dims_like(probs, leaf) * leaf, 0), values)


def support_size(d: Distribution) -> int:
    """Return the number of values of a distribution: of a batch, that of all combinations.

    Raises:
      NotImplementedError: if they cannot be enumerated.
    """
    size = 1
    for part in map(base_distribution, joint_parts(d)):
        values = jax.eval_shape(lambda part=part: part.enumerate_support(expand=False))
        size *= values.shape[0] ** math.prod(part.batch_shape)
    return size


def why_not_enumerable(d: Distribution) -> str | None:
    """Return why the values of a distribution cannot be enumerated; None if they can."""
    if is_masked(d):
        return "its log-probabilities are not those of its draws"
    try:
        size = support_size(d)
    except NotImplementedError as error:
        return str(error)
    return None if size <= _MAX_VALUES else f"it has {size} values, more than {_MAX_VALUES}"


def enumerate_values(d: Distribution) -> tuple[Any, Array]:
    """Enumerate the values of a distribution: of a batch, all combinations.

    Returns:
      The values, whose first axis runs over them (a tree for a `Joint`), and their
      log-probabilities, one-dimensional.
    """
    enumerated = [_enumerate_batch(base_distribution(part)) for part in joint_parts(d)]
    sizes = [log_prob.shape[0] for _, log_prob in enumerated]
    index = np.indices(sizes).reshape(len(sizes), -1)
    values = [x[i] for (x, _), i in zip(enumerated, index, strict=True)]
    log_probs = [log_prob[i] for (_, log_prob), i in zip(enumerated, index, strict=True)]
    log_prob = sum(log_probs[1:], log_probs[0])
    return d.unflatten(values) if isinstance(d, Joint) else values[0], log_prob


def _enumerate_batch(d: Distribution) -> tuple[Array, Array]:
    values = d.enumerate_support()
    members = math.prod(d.batch_shape)
    columns = jnp.reshape(values, (values.shape[0], members, *d.event_shape))
    index = np.indices((values.shape[0],) * members).reshape(members, -1).T
    number = index.shape[0]
    x = jnp.reshape(columns[index, np.arange(members)], (number, *d.batch_shape, *d.event_shape))
    return x, sum_over_batch(d.log_prob(x), number)
