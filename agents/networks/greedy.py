"""Greedy actions: what a policy does when it does not explore."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp

import jaxdist as jd

from .state_dependent import StateDependent


def greedy_action(policy: jd.Distribution) -> Any:
    """The mode of a policy; of a squashed policy, the tanh of the median before squashing.

    The mode of y = tanh(x), x ~ Normal(loc, scale), is not a continuous function of loc: for a
    scale above 1/sqrt(2) the density has two peaks near the bounds, and the mode jumps from one to
    the other where loc changes sign. tanh(loc), the median of y, is continuous, and is the
    deterministic action of SAC.

    Args:
      policy: a distribution over actions, of any batch shape.

    Returns:
      Actions, `batch_shape + event_shape`, or a tree of them for a `Joint`.

    References:
      Haarnoja et al. 2018, "Soft Actor-Critic Algorithms and Applications".
    """
    match policy:
        case jd.Joint():
            return jax.tree.map(greedy_action, policy.tree, is_leaf=_is_distribution)
        case jd.Independent() | StateDependent():
            return greedy_action(policy.base_dist)
        case jd.TransformedDistribution():
            return jd.transforms.ComposeTransform(policy.transforms)(
                greedy_action(policy.base_dist)
            )
        case jd.TanhNormal():
            return jnp.tanh(policy.loc)
        case _:
            return policy.mode


def _is_distribution(leaf: Any) -> bool:
    return isinstance(leaf, jd.Distribution)
