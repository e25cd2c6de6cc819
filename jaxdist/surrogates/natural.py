"""Natural gradients: the Fisher information as the curvature of the divergence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.distribution import Distribution
from jaxdist.divergences import kl_divergence

Policy = Callable[[Any], Distribution]


def fisher_vector_product(
    policy: Policy, params: Any, vector: Any, damping: ArrayLike = 0.0
) -> Any:
    r"""Fisher information matrix times a vector, without the matrix.

    .. math:: F v = \nabla_\theta^2 KL(p_{\bar\theta} \| p_\theta) \, v + \lambda v, \quad
              \bar\theta = \mathrm{stop}(\theta)

    Exact where the divergence has a closed form, averaged over the batch of distributions.

    Args:
      policy: from parameters to a distribution, or a batch of them, one for each observation.
      params: a tree.
      vector: a tree like `params`.
      damping: lambda.

    Returns:
      A tree like `params`.

    References:
      Amari 1998, "Natural gradient works efficiently in learning"; Schulman et al. 2015, "Trust
      region policy optimization", appendix C; Pearlmutter 1994 for the product.
    """
    fixed = lax.stop_gradient(policy(params))

    def divergence(params: Any) -> Array:
        return jnp.mean(kl_divergence(fixed, policy(params)))

    product = jax.jvp(jax.grad(divergence), (params,), (vector,))[1]
    return jax.tree.map(lambda p, v: p + damping * v, product, vector)


def natural_gradient(
    policy: Policy,
    params: Any,
    gradient: Any,
    *,
    damping: ArrayLike = 1e-3,
    iterations: int = 10,
) -> Any:
    r"""Steepest ascent where distance is divergence: solve :math:`(F + \lambda) x = g`.

    By conjugate gradients. The step of TRPO is :math:`\sqrt{2 \delta / x \cdot g} \, x`.

    Args:
      policy: from parameters to a distribution, or a batch of them, one for each observation.
      params: a tree.
      gradient: g, a tree like `params`.
      damping: lambda; positive where the matrix may be singular, as that of a softmax is.
      iterations: of conjugate gradients, at most.

    Returns:
      x, a tree like `params`.

    References:
      Kakade 2001, "A natural policy gradient"; Schulman et al. 2015, appendix C.
    """

    def product(vector: Any) -> Any:
        return fisher_vector_product(policy, params, vector, damping)

    return jax.scipy.sparse.linalg.cg(product, gradient, maxiter=iterations)[0]
