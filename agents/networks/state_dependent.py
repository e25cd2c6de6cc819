"""State-dependent exploration: actions whose noise is a function of the state."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd
from jaxdist import constraints
from jaxdist.wrappers.wrapper import DelegatingWrapper

from .initialization import orthogonal
from .layers import ACTIVATIONS, Network, Params

FINAL_SCALE = 0.01
"""The gain of the last layer at the start of training."""

VARIANCE = 1e-6
"""What is added to the variance of an action, which is 0 where all features are."""


class StateDependent(DelegatingWrapper):
    r"""A normal policy, squashed or not, whose noise is a linear function of features of the state.

    .. math:: a = \mathrm{loc} + \phi E, \quad E_{ij} \sim \mathcal{N}(0, \sigma_{ij}^2)

    The key determines the matrix E: actions that are drawn with the same key, in one state after
    another, have noise that changes as smoothly as the features do. The density of a single action
    is that of the base distribution, Normal(loc, sqrt(phi^2 sigma^2)).

    Args:
      base_dist: the distribution of one action: `jd.Normal` or `jd.TanhNormal` of each coordinate,
        which may be transformed.
      features: phi, `[..., num_features]`.
      scale: sigma, `[..., num_features, action_size]`.

    References:
      Raffin et al. 2022, "Smooth Exploration for Robotic Reinforcement Learning".
    """

    features: jd.Param = jd.param(constraints.real_vector)
    scale: jd.Param = jd.param(constraints.independent(constraints.positive, 2))

    def _sample(self, key: Array, shape: tuple[int, ...]) -> Array:
        return jax.lax.stop_gradient(self._rsample(key, shape))

    def _rsample(self, key: Array, shape: tuple[int, ...]) -> Array:
        batch_shape = shape[: len(shape) - len(self.event_shape)]
        normal = jax.random.normal(key, batch_shape + self.scale.shape[-2:], self.dtype)
        noise = jnp.einsum("...i,...ij->...j", self.features, self.scale * normal)
        return _displaced(self.base_dist, noise.reshape(shape))

    def _log_prob(self, x: Array) -> Array:
        return self.base_dist.log_prob(x)

    def _entropy(self) -> Array:
        return self.base_dist.entropy()


@jd.register_kl(StateDependent, StateDependent)
def kl_state_dependent(p: StateDependent, q: StateDependent) -> Array:
    """The divergence of the distributions of a single action."""
    return jd.kl_divergence(p.base_dist, q.base_dist)


def _displaced(policy: jd.Distribution, noise: Array) -> Array:
    """The location of a normal policy plus noise, squashed and transformed as its draws are."""
    match policy:
        case jd.Independent():
            return _displaced(policy.base_dist, noise)
        case jd.TransformedDistribution():
            transform = jd.transforms.ComposeTransform(policy.transforms)
            return transform(_displaced(policy.base_dist, noise))
        case jd.TanhNormal():
            return jnp.tanh(policy.loc + noise)
        case jd.Normal():
            return policy.loc + noise
    raise TypeError(f"state-dependent noise needs a normal policy; got {type(policy).__name__}")


def featured(
    torso: Network[Array] | None, width: int, size: int, activation: str
) -> Network[Array]:
    """A network whose output, y = x W + b, is followed by its features x.

    Args:
      torso: the network up to the last hidden layer, whose activation is not applied yet; the input
        is the features if it is None.
      width: the number of features.
      size: the length of y.
      activation: a key of `ACTIVATIONS`.

    Returns:
      A network to `[..., size + width]`.
    """

    def init(key: Array) -> Params:
        key_torso, key_last = jax.random.split(key)
        weight = FINAL_SCALE * orthogonal(key_last, [(width, size)])[0]
        hidden = {} if torso is None else {"torso": torso.init(key_torso)}
        return hidden | {"weight": weight, "bias": jnp.zeros(size)}

    def apply(params: Params, x: Array) -> Array:
        if torso is not None:
            x = ACTIVATIONS[activation](torso.apply(params["torso"], x))
        return jnp.concatenate([x @ params["weight"] + params["bias"], x], axis=-1)

    return Network(init, apply)
