"""Flows of planar layers."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import check_flag, check_key
from jaxdist.distribution import Distribution
from jaxdist.flows.layers import compose_flow
from jaxdist.flows.networks import as_sizes
from jaxdist.transforms import PlanarTransform, Transform
from jaxdist.wrappers.transformed import TransformedDistribution

_IDENTITY = math.log(math.expm1(1.0))  # the product of w and u for which the layer is the identity
_NOISE = 0.1  # of initial directions


def planar(
    key: Array,
    dim: int,
    *,
    num_layers: int = 16,
    invert: bool = True,
    base: Distribution | None = None,
) -> TransformedDistribution:
    r"""Return a planar flow: a chain of residual layers with one unit each.

    .. math:: x = y + \hat u \tanh(w^T y + b)

    maps data y to draws x from the base. It has few parameters, and layers without networks.

    Args:
      key: a PRNG key for the initial weights.
      dim: the length of the vectors.
      num_layers: number of layers.
      invert: True if densities have a closed form, for maximum likelihood, and draws are computed
        by a numerical inverse; False for the reverse, as variational inference needs.
      base: distribution of the vectors that are transformed; by default independent normal ones,
        whose parameters are leaves.

    Returns:
      A `TransformedDistribution` of vectors, whose leaves are unconstrained parameters.

    Raises:
      ValueError: if a size is not valid, or the base has another one.

    References:
      Rezende and Mohamed 2015, "Variational inference with normalizing flows".

    Example:
      >>> import jax, jaxdist as jd
      >>> flow = jd.flows.planar(jax.random.key(0), 2, num_layers=4)
      >>> flow.event_shape
      (2,)
    """
    check_flag("planar", "invert", invert)
    as_sizes("planar", dim, (), num_layers, min_dim=1)
    layers: list[Transform] = []
    for k in jax.random.split(check_key(key), num_layers):
        weight, noise = jax.random.normal(k, (2, dim)) / jnp.sqrt(dim)
        u = _IDENTITY * weight / jnp.sum(weight**2) + _NOISE * noise
        layers.append(PlanarTransform(weight, u, 0.0, validate_args=False))
    return compose_flow(base, dim, [t.inv for t in layers] if invert else layers, permute=False)
