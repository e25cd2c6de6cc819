"""Natural gradients: the Fisher information matrix is the curvature of the KL divergence."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.argument_checks import check_same_shape, check_scalar
from jaxdist.arguments import as_floats, as_integer, check_callable
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.divergences import kl_divergence
from jaxdist.numerics.loop_carries import vary_with

Policy = Callable[[Any], Distribution]


class NaturalGradient(NamedTuple):
    r"""A natural gradient and its squared length in the (damped) Fisher metric.

    Attributes:
      direction: x, a pytree with the structure of the parameters.
      curvature: :math:`x^T (F + \lambda) x`, scalar. The step :math:`\beta x` changes the policy by
        a divergence of about :math:`\beta^2 x^T (F + \lambda) x / 2`.
    """

    direction: Any
    curvature: Array


def fisher_vector_product(
    policy: Policy, params: Any, vector: Any, damping: ArrayLike = 0.0
) -> Any:
    r"""Multiply the Fisher information matrix by a vector, without forming the matrix.

    .. math:: F v = \nabla_\theta^2 KL(p_{\bar\theta} \| p_\theta) \, v + \lambda v, \quad
              \bar\theta = \mathrm{stop}(\theta)

    It is exact where the divergence has a closed form, and averaged over a batch of distributions.

    Args:
      policy: function from parameters to a distribution, or to a batch of them, one for each
        observation.
      params: parameters, a tree.
      vector: a tree like `params`.
      damping: :math:`\lambda`, scalar.

    Returns:
      A tree like `params`.

    References:
      Amari 1998, "Natural gradient works efficiently in learning"; Schulman et al. 2015, "Trust
      region policy optimization", appendix C; Pearlmutter 1994 for the product.

    Example:
      The Fisher information of the mean of a Normal is 1 / scale^2.

      >>> import jaxdist as jd
      >>> print(jd.fisher_vector_product(lambda loc: jd.Normal(loc, 0.5), 1.0, 1.0))
      4.0
    """
    _check_like("fisher_vector_product", policy, params, vector=vector)
    check_scalar("fisher_vector_product", damping=damping)
    params, vector = jax.tree.map(as_floats, (params, vector))
    vector = vary_with(vector, params)
    return _damped_fisher(policy, params, damping)(vector)


def _check_like(function: str, policy: Policy, params: Any, **trees: Any) -> None:
    """Check that the policy is a function, and that trees have the parameters' structure."""
    check_callable(function, "policy", policy)
    structure: Any = jax.tree.structure(params)
    for name, tree in trees.items():
        if jax.tree.structure(tree) != structure:
            raise ValueError(
                f"{function}: {name} must be a tree like params, {structure}; got "
                f"{jax.tree.structure(tree)}"
            )
        leaves = zip(jax.tree.leaves(params), jax.tree.leaves(tree), strict=True)
        for param, leaf in leaves:
            check_same_shape(function, **{"params": param, name: leaf})
            if np.shape(leaf) != np.shape(param):
                raise ValueError(
                    f"{function}: {name} must have the shapes of params; got {np.shape(leaf)} for "
                    f"{np.shape(param)}"
                )


def _damped_fisher(policy: Policy, params: Any, damping: ArrayLike) -> Callable[[Any], Any]:
    """Return the product with the matrix as a function that does not evaluate the policy again."""
    fixed = lax.stop_gradient(require_distribution(policy(params), "what the policy returns"))

    def divergence(params: Any) -> Array:
        return jnp.mean(kl_divergence(fixed, policy(params)))

    damping = vary_with(as_floats(damping), params)
    _, product = jax.linearize(jax.grad(divergence), params)
    return lambda vector: jax.tree.map(lambda p, v: p + damping * v, product(vector), vector)


def natural_gradient(
    policy: Policy,
    params: Any,
    gradient: Any,
    *,
    damping: ArrayLike = 1e-3,
    iterations: int = 10,
    tolerance: float = 1e-5,
    average: Callable[[Any], Any] = lambda tree: tree,
) -> NaturalGradient:
    r"""Solve :math:`(F + \lambda) x = g` by conjugate gradients.

    x is the direction of steepest ascent when distance is measured by the KL divergence. The TRPO
    step, which changes the policy by a KL divergence of about :math:`\delta`, is
    :math:`\sqrt{2 \delta / x^T (F + \lambda) x} \; x`.

    Args:
      policy: function from parameters to a distribution, or to a batch of them, one for each
        observation.
      params: parameters, a tree.
      gradient: g, a tree like `params`.
      damping: :math:`\lambda`, scalar; use a positive value if F may be singular, as it is for a
        softmax.
      iterations: maximum number of conjugate-gradient iterations.
      tolerance: the iterations stop when the norm of the residual is at most `tolerance` times the
        norm of g.
      average: function that averages a tree over devices, each of which has a part of the batch of
        observations, such as ``lambda tree: jax.lax.pmean(tree, "batch")`` in `jax.shard_map`.

    Returns:
      The direction x and its curvature.

    References:
      Kakade 2001, "A natural policy gradient"; Schulman et al. 2015, "Trust region policy
      optimization", appendix C.

    Example:
      >>> import jaxdist as jd
      >>> x, curvature = jd.natural_gradient(lambda loc: jd.Normal(loc, 0.5), 1.0, 8.0, damping=0.0)
      >>> print(x, curvature)
      2.0 16.0
    """
    _check_like("natural_gradient", policy, params, gradient=gradient)
    iterations = as_integer("natural_gradient", "iterations", iterations, minimum=1)
    check_scalar("natural_gradient", damping=damping, tolerance=tolerance)
    # Where one of the trees varies over devices, products with the other do.
    params, gradient = vary_with(jax.tree.map(as_floats, (params, gradient)))
    own_product = _damped_fisher(policy, params, damping)
    product = lambda vector: average(own_product(vary_with(vector, params)))
    start = jax.tree.map(jnp.zeros_like, gradient)
    start, gradient = vary_with((start, gradient), product(start))
    x, _ = jax.scipy.sparse.linalg.cg(product, gradient, start, tol=tolerance, maxiter=iterations)
    return NaturalGradient(x, _dot(x, product(x)))


def _dot(a: Any, b: Any) -> Array:
    vdot = functools.partial(jnp.vdot, precision=lax.Precision.HIGHEST)
    return jax.tree.reduce(jnp.add, jax.tree.map(vdot, a, b))
