"""A2C: PureJaxRL's `ppo.py` with the plain policy gradient.

It makes one epoch of one minibatch, and has RMSprop as in our config.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jax import Array

from agents.algorithms import a2c
from benchmarks.straightforward.learner import Environments, Learner, Log, init_mlp, mlp


class Step(NamedTuple):
    """A step of a rollout, as PureJaxRL stores it."""

    ended: Array
    action: Array
    value: Array
    reward: Array
    observation: Array


def make_a2c(config: a2c.Config) -> Learner:
    """A2C for discrete actions."""
    if config.normalize_observations or config.normalize_rewards:
        raise ValueError("the straightforward A2C has no running normalizations: turn them off")
    envs = Environments(config.env, config.num_envs)
    rate = optax.linear_schedule(
        config.learning_rate, 0.0 if config.anneal else config.learning_rate, config.num_updates
    )
    optimizer = optax.chain(
        optax.clip_by_global_norm(config.max_grad_norm),
        optax.rmsprop(rate, decay=0.99, eps=1e-5, eps_in_sqrt=False),
    )

    def apply(params: Any, s: Array) -> tuple[Array, Array]:
        logits = mlp(params["actor"], s, config.activation)
        return jax.nn.log_softmax(logits), mlp(params["critic"], s, config.activation)[..., 0]

    def init(key: Array) -> Any:
        key_actor, key_critic, key_envs, key = jax.random.split(key, 4)
        sizes = (envs.observation_size, *config.hidden_sizes)
        params = {
            "actor": init_mlp(key_actor, (*sizes, envs.action_space.n), 0.01),
            "critic": init_mlp(key_critic, (*sizes, 1), 1.0),
        }
        return params, optimizer.init(params), envs.reset(key_envs), key

    def env_step(carry: Any, _: None) -> tuple[Any, tuple[Step, Log]]:
        params, streams, key = carry
        key, key_action, key_step = jax.random.split(key, 3)
        log_probs, value = apply(params, streams.observation)
        action = jax.random.categorical(key_action, log_probs)
        after, (reward, _, _, ended), log = envs.step(key_step, streams, action)
        step = Step(ended, action, value, reward, streams.observation)
        return (params, after, key), (step, log)

    def advantages(steps: Step, last_value: Array) -> Array:
        def previous(carry: tuple[Array, Array], step: Step) -> tuple[tuple[Array, Array], Array]:
            advantage, next_value = carry
            delta = step.reward + config.gamma * next_value * (1 - step.ended) - step.value
            decay = config.gamma * config.gae_lambda * (1 - step.ended)
            advantage = delta + decay * advantage
            return (advantage, step.value), advantage

        zeros = jnp.zeros_like(last_value)
        return jax.lax.scan(previous, (zeros, last_value), steps, reverse=True, unroll=16)[1]

    def loss(params: Any, steps: Step, advantage: Array, target: Array) -> Array:
        log_probs, value = apply(params, steps.observation)
        log_prob = jnp.take_along_axis(log_probs, steps.action[:, None], -1)[:, 0]
        if config.normalize_advantages:
            advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
        entropy = -jnp.sum(jnp.exp(log_probs) * log_probs, -1).mean()
        value_loss = 0.5 * jnp.mean((value - target) ** 2)
        policy_loss = -jnp.mean(log_prob * advantage)
        return policy_loss + config.value_coef * value_loss - config.entropy_coef * entropy

    def update(state: Any) -> tuple[Any, Log]:
        params, opt_state, streams, key = state
        (_, streams, key), (steps, log) = jax.lax.scan(
            env_step, (params, streams, key), length=config.num_steps
        )
        advantage = advantages(steps, apply(params, streams.observation)[1])
        target = advantage + steps.value
        rows = jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), (steps, advantage, target))
        gradient = jax.grad(loss)(params, *rows)
        updates, opt_state = optimizer.update(gradient, opt_state, params)
        return (optax.apply_updates(params, updates), opt_state, streams, key), log

    return Learner(init, update)
