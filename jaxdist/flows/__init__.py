"""Normalizing flows: distributions whose leaves are the weights of networks.

Each function draws initial weights and returns a `TransformedDistribution`. It is a pytree, so that
`jax.grad` of a loss by the distribution is a tree of the same structure, which an optimizer takes:

    flow = jd.flows.neural_spline(key, 2)
    optimizer = optax.adam(1e-3)
    state = optimizer.init(flow)

    @jax.jit
    def step(flow, state, batch):
        loss, gradient = jax.value_and_grad(jd.losses.maximum_likelihood)(flow, batch)
        change, state = optimizer.update(gradient, state)
        return optax.apply_updates(flow, change), state, loss

With `context_dim`, the networks take a context too, and what is returned is a `ConditionalFlow`.

Leaves are unconstrained, and the initial flow is close to the standard normal distribution (that of
`block_autoregressive` has the scale of it alone).
"""

from jaxdist.flows.autoregressive import block_autoregressive, masked_autoregressive
from jaxdist.flows.conditional import ConditionalFlow
from jaxdist.flows.coupling import coupling, neural_spline
from jaxdist.flows.networks import MLP, MaskedMLP
from jaxdist.flows.planar import planar

__all__ = [
    "MLP",
    "ConditionalFlow",
    "MaskedMLP",
    "block_autoregressive",
    "coupling",
    "masked_autoregressive",
    "neural_spline",
    "planar",
]
