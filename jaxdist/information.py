"""The Fisher information matrix: the covariance of the score."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import Shape
from jaxdist.numerics.expected_values import Rule
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion


def continuous_names(d: Any) -> list[str]:
    """Return the names of the stored parameters that are no counts, in the order declared."""
    return [name for name in d._stored() if not d._constraint(name).is_discrete]


def as_vectors(d: Any) -> Array:
    """Return the stored parameters that are no counts, shape `(*batch_shape, number)`."""
    stored, batch_shape = d._stored(), d.batch_shape
    leaves = [stored[name].reshape((*batch_shape, -1)) for name in continuous_names(d)]
    return jnp.concatenate(leaves, -1)


def with_vectors(d: Any, vectors: Array) -> Any:
    """Return the distribution with parameters as `as_vectors` returns them."""
    stored, position, leaves = d._stored(), 0, {}
    for name in continuous_names(d):
        shape: Shape = stored[name].shape
        size = stored[name][(0,) * len(d.batch_shape)].size
        leaves[name] = vectors[..., position : position + size].reshape(shape)
        position += size
    return d._with(**leaves)


@jax.jit
@numpy_promotion
def fisher_information(d: Any) -> Array:
    """Return the matrices of all batch entries, shape `(*batch_shape, number, number)`."""
    wide = widen(d)
    rule = _averaging_rule(wide)

    def log_prob(vectors: Array, x: Array) -> Array:
        return jnp.sum(with_vectors(wide, vectors).log_prob(x))

    scores = jax.vmap(jax.grad(log_prob), (None, 0))(as_vectors(wide), rule.x)
    number = scores.shape[-1]
    entries = {
        (i, j): rule.average(scores[..., i] * scores[..., j])
        for i in range(number)
        for j in range(i, number)
    }
    rows = [
        jnp.stack([entries[min(i, j), max(i, j)] for j in range(number)], -1) for i in range(number)
    ]
    return narrow(jnp.stack(rows, -2), d.dtype)


def _averaging_rule(d: Any) -> Rule:
    """Return the rule of expected values: over a finite support, the integers or quantiles."""
    x = d._listed_support()
    if x is not None:
        return Rule(x, jnp.exp(d.log_prob(x)), None, None, jnp.ones(d.batch_shape, d.dtype))
    is_count = not d.event_shape and d.support.is_discrete
    return d._integer_rule() if is_count else d._rule("the Fisher information")


@jax.jit
@numpy_promotion
def of_exponential_family(d: Any) -> Array:
    r"""Return the matrices of an exponential family.

    .. math:: J^T \, \nabla^2 A(\eta) \, J, \quad J = \partial \eta / \partial \theta
    """
    wide = widen(d)

    def information(d: Any) -> Array:
        def flat_natural(vector: Array) -> Array:
            leaves = with_vectors(d, vector).natural_parameters
            return jnp.concatenate([leaf.ravel() for leaf in leaves])

        def normalizer(flat: Array) -> Array:
            leaves, position = [], 0
            for leaf in d.natural_parameters:
                leaves.append(flat[position : position + leaf.size].reshape(leaf.shape))
                position += leaf.size
            return d.log_normalizer(*leaves)

        vector = as_vectors(d)
        jacobian = jax.jacobian(flat_natural)(vector)
        curvature = jax.hessian(normalizer)(flat_natural(vector))
        return jnp.einsum("ia,ij,jb->ab", jacobian, curvature, jacobian, precision="highest")

    for _ in d.batch_shape:
        information = jax.vmap(information)
    return narrow(information(wide), d.dtype)
