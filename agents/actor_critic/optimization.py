"""Gradient steps, and what the losses of several algorithms have in common."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax
from jax import Array

from ..experience.minibatches import minibatch_rows
from ..networks.layers import Params
from .collection import Batch
from .config import FittedCriticConfig, JointLossConfig, MinibatchConfig
from .problem import Problem
from .state import Metrics


def apply_gradient(
    optimizer: optax.GradientTransformation, params: Params, opt_state: Any, gradient: Params
) -> tuple[Params, Any]:
    """Take one step with an optimizer; return the new parameters and the optimizer's new state."""
    updates, opt_state = optimizer.update(gradient, opt_state, params)
    return optax.apply_updates(params, updates), opt_state


def joint_loss(
    policy_loss: Array, value_loss: Array, entropy: Array, config: JointLossConfig
) -> tuple[Array, Metrics]:
    """L = L_policy + c_v L_value - c_e H, and its terms as metrics."""
    loss = policy_loss + config.value_coef * value_loss - config.entropy_coef * entropy
    return loss, {
        "loss": loss,
        "policy_loss": policy_loss,
        "value_loss": value_loss,
        "entropy": entropy,
    }


def anneal_entropy(problem: Problem[Any], steps: Array) -> Problem[Any]:
    """The problem with the weight of the entropy bonus after some environment steps.

    It decays linearly to zero if the config says so.

    Args:
      problem: the problem.
      steps: environment steps so far, `TrainState.steps`.
    """
    config: JointLossConfig = problem.config
    if not config.anneal_entropy:
        return problem
    done = steps.astype(jnp.uint32) / float(config.total_steps)
    weight: Any = config.entropy_coef * jnp.maximum(1 - done, 0.0)
    return dataclasses.replace(problem, config=dataclasses.replace(config, entropy_coef=weight))


def fit_critic(
    optimizer: optax.GradientTransformation,
    params: Params,
    opt_state: optax.OptState,
    batch: Batch,
    problem: Problem[Any],
) -> tuple[Params, optax.OptState, Metrics]:
    """Regress the values on their targets: min 1/2 mean (v(s_t) - target_t)^2.

    Returns:
      The critic's parameters, the optimizer's state, and the loss before the first step.
    """
    config: FittedCriticConfig = problem.config

    def loss(params: Params) -> Array:
        return 0.5 * jnp.mean((problem.critic.apply(params, batch.observation) - batch.target) ** 2)

    def gradient_step(carry: Any, _: None) -> tuple[Any, Array]:
        params, opt_state = carry
        value_loss, gradient = problem.shard.mean(jax.value_and_grad(loss)(params))
        return apply_gradient(optimizer, params, opt_state, gradient), value_loss

    initial = (params, opt_state)
    (params, opt_state), losses = jax.lax.scan(
        gradient_step, initial, length=config.value_iterations
    )
    return params, opt_state, {"value_loss": losses[0]}


def minibatches_of_epochs(key: Array, problem: Problem[Any]) -> Array:
    """The rows of the minibatches of all epochs, `[num_epochs * num_minibatches, rows]`."""
    config: MinibatchConfig = problem.config
    sizes = config.rows_per_stream, config.num_envs, config.num_minibatches
    divide = lambda key: minibatch_rows(key, *sizes, problem.shard)
    rows = jax.vmap(divide)(jax.random.split(key, config.num_epochs))
    return rows.reshape(config.num_epochs * config.num_minibatches, -1)


def learning_rate_schedule(config: JointLossConfig, num_gradient_steps: int) -> optax.Schedule:
    """The learning rate of each gradient step, which decays linearly to zero if it is annealed."""
    end = 0.0 if config.anneal else config.learning_rate
    # As an integer, a number of 2^31 or more would not fit into the type of optax's counter.
    length: Any = num_gradient_steps if num_gradient_steps < 2**31 else float(num_gradient_steps)
    return optax.linear_schedule(config.learning_rate, end, length)


def clip_gradient(
    optimizer: optax.GradientTransformation, max_norm: Any
) -> optax.GradientTransformation:
    """Clip gradients by their global norm before an optimizer.

    Gradients are flattened into one vector: updating many small arrays costs time.
    """
    return optax.flatten(optax.chain(optax.clip_by_global_norm(max_norm), optimizer))
