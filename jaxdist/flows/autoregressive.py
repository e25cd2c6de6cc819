"""Autoregressive flows: masked networks, and block triangular ones."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import as_integer, check_flag, check_key
from jaxdist.distribution import Distribution
from jaxdist.flows.conditional import ConditionalFlow
from jaxdist.flows.layers import Affine, Elementwise, compose_flow
from jaxdist.flows.networks import ConditionerFactory, MaskedMLP, as_sizes, make_conditioner
from jaxdist.transforms import BlockAutoregressiveTransform, MaskedAutoregressive, Transform
from jaxdist.wrappers.transformed import TransformedDistribution

_NOISE = 0.5  # of the logarithms of initial weights


def masked_autoregressive(
    key: Array,
    dim: int,
    hidden: int | Sequence[int] = (64, 64),
    *,
    num_layers: int = 4,
    invert: bool = True,
    conditioner: ConditionerFactory | None = None,
    base: Distribution | None = None,
    context_dim: int = 0,
) -> Any:
    r"""Return a masked autoregressive flow, or an inverse autoregressive flow.

    .. math:: x_i = \mu_i(y_{1:i-1}) + \sigma_i(y_{1:i-1})\, y_i

    maps data y to draws x from the base in one evaluation of a masked network, with a permutation
    between layers. Draws take `dim` evaluations.

    Args:
      key: a PRNG key for the initial weights.
      dim: n, the length of the vectors.
      hidden: units of each hidden layer of the networks.
      num_layers: number of layers.
      invert: True if densities take one evaluation, for maximum likelihood; False if draws do (an
        inverse autoregressive flow), for variational inference.
      conditioner: function of a key, of n and of 2 n that returns a network, any callable from a
        vector to a vector, of whose outputs 2 i and 2 i + 1 depend on the inputs before the i-th
        alone. The default is `MaskedMLP`.
      base: as for `coupling`.
      context_dim: length of a context on which the networks depend too; 0 for none.

    Returns:
      A `TransformedDistribution` of vectors, whose leaves are unconstrained parameters; with a
      context, a `ConditionalFlow`.

    Raises:
      ValueError: if a size is not valid, or the conditioner or base has another one.

    References:
      Papamakarios et al. 2017, "Masked autoregressive flow for density estimation"; Kingma et al.
      2016, "Improving variational inference with inverse autoregressive flow".

    Example:
      >>> import jax, jaxdist as jd
      >>> flow = jd.flows.masked_autoregressive(jax.random.key(0), 3, hidden=16, num_layers=1)
      >>> print(f"{flow.log_prob([0.0, 0.0, 0.0]):.3f}")  # initially a standard normal
      -2.757
    """
    name = "masked_autoregressive"
    check_flag(name, "invert", invert)
    hidden = as_sizes(name, dim, hidden, num_layers, min_dim=1)
    as_integer(name, "context_dim", context_dim, minimum=0)
    affine: Elementwise = Affine()

    def network(key: Array, sizes: tuple[int, int]) -> MaskedMLP:
        return MaskedMLP.initial(key, (sizes[0], *hidden, sizes[1]), context_dim)

    sizes = dim, dim * affine.size
    layers: list[Transform] = [
        MaskedAutoregressive(
            make_conditioner(name, k, sizes, network, conditioner, context_dim), affine
        )
        for k in jax.random.split(check_key(key), num_layers)
    ]
    flow = compose_flow(base, dim, [t.inv for t in layers] if invert else layers)
    return ConditionalFlow(flow) if context_dim else flow


def block_autoregressive(
    key: Array,
    dim: int,
    hidden: int | Sequence[int] = (8, 8),
    *,
    num_layers: int = 1,
    invert: bool = True,
    base: Distribution | None = None,
) -> TransformedDistribution:
    """Return a block neural autoregressive flow: each entry by a monotone network.

    See `BlockAutoregressiveTransform`. Densities take one evaluation and draws some 40 `dim`.

    Args:
      key: a PRNG key for the initial weights.
      dim: the length of the vectors.
      hidden: units of each hidden layer, for each entry of the vectors.
      num_layers: number of networks, with a permutation between them.
      invert: True if densities take one evaluation; False if draws do.
      base: as for `coupling`.

    Returns:
      A `TransformedDistribution` of vectors, whose leaves are unconstrained parameters.

    Raises:
      ValueError: if a size is not valid, or the base has another one.

    References:
      De Cao et al. 2019, "Block neural autoregressive flow".

    Example:
      >>> import jax, jaxdist as jd
      >>> flow = jd.flows.block_autoregressive(jax.random.key(0), 2)
      >>> flow.event_shape
      (2,)
    """
    name = "block_autoregressive"
    check_flag(name, "invert", invert)
    hidden = as_sizes(name, dim, hidden, num_layers, min_dim=1)
    layers: list[Transform] = [
        _initial_blocks(k, dim, (1, *hidden, 1))
        for k in jax.random.split(check_key(key), num_layers)
    ]
    return compose_flow(base, dim, [t.inv for t in layers] if invert else layers)


def _initial_blocks(key: Array, dim: int, sizes: tuple[int, ...]) -> BlockAutoregressiveTransform:
    """Draw weights with which each entry has a slope of about one, and units that all differ."""
    weights, biases = [], []
    pairs = list(itertools.pairwise(sizes))
    for layer_key, (j, k) in zip(jax.random.split(key, len(pairs)), pairs, strict=True):
        weight_key, bias_key = jax.random.split(layer_key)
        rows, columns = np.arange(dim * k)[:, None] // k, np.arange(dim * j) // j
        noise = jax.random.normal(weight_key, (dim * k, dim * j))
        on_diagonal = _NOISE * noise - math.log(j)
        weights.append(jnp.where(rows == columns, on_diagonal, noise / math.sqrt(dim * j)))
        is_last = len(weights) == len(pairs)
        biases.append((0 if is_last else 1) * jax.random.normal(bias_key, (dim * k,)))
    return BlockAutoregressiveTransform(tuple(weights), tuple(biases))
