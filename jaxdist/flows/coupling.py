"""Flows of coupling layers: affine ones (Real NVP) and splines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import jax
from jax import Array

from jaxdist.arguments import as_integer, check_key
from jaxdist.distribution import Distribution
from jaxdist.flows.conditional import ConditionalFlow
from jaxdist.flows.layers import Affine, Elementwise, Spline, compose_flow
from jaxdist.flows.networks import MLP, ConditionerFactory, as_sizes, make_conditioner
from jaxdist.transforms import SplitCoupling
from jaxdist.wrappers.transformed import TransformedDistribution


def coupling(
    key: Array,
    dim: int,
    hidden: int | Sequence[int] = (64, 64),
    *,
    num_layers: int = 8,
    conditioner: ConditionerFactory | None = None,
    base: Distribution | None = None,
    context_dim: int = 0,
) -> Any:
    r"""Return a flow of affine coupling layers (Real NVP).

    .. math:: y_{1:k} = x_{1:k}, \quad y_{k+1:n} = \mu(x_{1:k}) + \sigma(x_{1:k})\, x_{k+1:n},
              \quad k = \lfloor n / 2 \rfloor

    with a permutation between layers. Draws and densities cost the same.

    Args:
      key: a PRNG key for the initial weights.
      dim: n, the length of the vectors, at least 2.
      hidden: units of each hidden layer of the networks.
      num_layers: number of coupling layers.
      conditioner: function of a key, the number of inputs and the number of outputs that returns a
        network, any callable from a vector to a vector; if its arrays are leaves of a pytree (an
        Equinox module, a class from `jaxdist.Pytree`), they are leaves of the flow. The default is
        `MLP`.
      base: distribution of the vectors that are transformed; by default independent normal ones,
        whose parameters are leaves.
      context_dim: length of a context on which the networks depend too; 0 for none.

    Returns:
      A `TransformedDistribution` of vectors, whose leaves are unconstrained parameters; with a
      context, a `ConditionalFlow`.

    Raises:
      ValueError: if a size is not valid, or the conditioner or base has another one.

    References:
      Dinh et al. 2017, "Density estimation using Real NVP".

    Example:
      >>> import jax, jaxdist as jd
      >>> flow = jd.flows.coupling(jax.random.key(0), 3, num_layers=2)
      >>> flow.event_shape
      (3,)
    """
    return _couplings(
        "coupling", key, dim, hidden, num_layers, conditioner, base, Affine(), context_dim
    )


def neural_spline(
    key: Array,
    dim: int,
    hidden: int | Sequence[int] = (64, 64),
    *,
    num_layers: int = 4,
    bins: int = 8,
    bound: float = 4.0,
    conditioner: ConditionerFactory | None = None,
    base: Distribution | None = None,
    context_dim: int = 0,
) -> Any:
    r"""Return a neural spline flow: coupling layers with monotone rational-quadratic splines.

    .. math:: y_{1:k} = x_{1:k}, \quad y_{k+1:n} = \mathrm{spline}(x_{k+1:n}; \theta(x_{1:k}))

    with a permutation between layers. The splines are the identity outside of `[-bound, bound]`:
    standardize the data.

    Args:
      key: a PRNG key for the initial weights.
      dim: n, the length of the vectors, at least 2.
      hidden: units of each hidden layer of the networks.
      num_layers: number of coupling layers.
      bins: number of bins of the splines.
      bound: half-width of the interval of the splines.
      conditioner: as for `coupling`.
      base: as for `coupling`.
      context_dim: length of a context on which the networks depend too; 0 for none.

    Returns:
      A `TransformedDistribution` of vectors, whose leaves are unconstrained parameters; with a
      context, a `ConditionalFlow`.

    Raises:
      ValueError: if a size is not valid, or the conditioner or base has another one.

    References:
      Durkan et al. 2019, "Neural spline flows".

    Example:
      >>> import jax, jaxdist as jd
      >>> flow = jd.flows.neural_spline(jax.random.key(0), 2, hidden=16, num_layers=1)
      >>> print(f"{flow.log_prob([1.0, 1.0]):.3f}")  # initially a standard normal
      -2.838
    """
    bins = as_integer("neural_spline", "bins", bins, minimum=2)
    spline = Spline(bins, float(bound))
    return _couplings(
        "neural_spline", key, dim, hidden, num_layers, conditioner, base, spline, context_dim
    )


def _couplings(
    owner: str,
    key: Array,
    dim: int,
    hidden: int | Sequence[int],
    num_layers: int,
    conditioner: ConditionerFactory | None,
    base: Distribution | None,
    elementwise: Elementwise,
    context_dim: int,
) -> TransformedDistribution | ConditionalFlow:
    """Return a flow of coupling layers with one elementwise transform."""
    as_integer(owner, "context_dim", context_dim, minimum=0)
    hidden = as_sizes(owner, dim, hidden, num_layers, min_dim=2)
    kept = dim // 2
    sizes = kept, (dim - kept) * elementwise.size

    def network(key: Array, sizes: tuple[int, int]) -> MLP:
        return MLP.initial(key, (sizes[0] + context_dim, *hidden, sizes[1]))

    layers = [
        SplitCoupling(
            make_conditioner(owner, k, sizes, network, conditioner, context_dim), elementwise, kept
        )
        for k in jax.random.split(check_key(key), num_layers)
    ]
    flow = compose_flow(base, dim, layers)
    return ConditionalFlow(flow) if context_dim else flow
