"""SAC: rejax's `sac.py` with the losses of CleanRL.

The critics are one network under `vmap`, the replay buffer is a tree of arrays, and each of actor,
critics and temperature has an Adam of its own, as in rejax. The losses are those of CleanRL's
`sac_continuous_action.py` and, over discrete actions, `sac_atari.py`. Actions of the warm-up are
independent of each other; ours repeats them.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from gymnax.environments import spaces
from jax import Array

from agents.algorithms import sac
from benchmarks.straightforward.learner import (
    Environments,
    Learner,
    Log,
    Streams,
    init_mlp,
    mlp,
)


class Experience(NamedTuple):
    """A step in the replay buffer."""

    observation: Array
    action: Array
    reward: Array
    next_observation: Array
    terminated: Array


class Buffer(NamedTuple):
    """A replay buffer: a tree of arrays, the next position to write, and the number of rows."""

    rows: Experience
    position: Array
    size: Array

    def add(self, batch: Experience) -> Buffer:
        capacity, length = len(self.rows.reward), len(batch.reward)
        index = (self.position + jnp.arange(length)) % capacity
        rows = jax.tree.map(lambda rows, new: rows.at[index].set(new), self.rows, batch)
        size = jnp.minimum(self.size + length, capacity)
        return Buffer(rows, (self.position + length) % capacity, size)

    def sample(self, key: Array, batch_size: int) -> Experience:
        index = jax.random.randint(key, (batch_size,), 0, self.size)
        return jax.tree.map(lambda rows: rows[index], self.rows)


class SACState(NamedTuple):
    """Parameters, optimizers, buffer, environments and key of SAC."""

    params: dict[str, Any]
    target: Any
    opt_states: dict[str, Any]
    buffer: Buffer
    streams: Streams
    key: Array


def make_sac(config: sac.Config) -> Learner:
    """SAC for discrete actions and for boxes; an update is `num_steps` steps of all streams."""
    envs = Environments(config.env, config.num_envs)
    space, optimizer = envs.action_space, optax.adam(config.learning_rate)
    discrete = isinstance(space, spaces.Discrete)
    action_size = space.n if discrete else math.prod(space.shape)
    low, high = (0.0, 0.0) if discrete else (np.asarray(space.low), np.asarray(space.high))
    center, half_width = (low + high) / 2, (high - low) / 2
    target_entropy = (
        config.entropy_of_choice * math.log(action_size)
        if discrete
        else action_size * config.entropy_of_box
    )

    def draw(params: Any, s: Array, key: Array) -> tuple[Array, Array]:
        """An action of the unit box, and its log-density."""
        loc, log_scale = jnp.split(mlp(params, s, config.activation), 2, -1)
        log_scale = jnp.clip(log_scale, -5, 2)
        noise = jax.random.normal(key, loc.shape)
        pre_tanh = loc + jnp.exp(log_scale) * noise
        log_prob = -0.5 * noise**2 - log_scale - 0.5 * math.log(2 * math.pi)
        log_prob -= 2 * (math.log(2) - pre_tanh - jax.nn.softplus(-2 * pre_tanh))
        return jnp.tanh(pre_tanh), log_prob.sum(-1)

    def draw_action(params: Any, s: Array, key: Array) -> Array:
        if discrete:
            return jax.random.categorical(key, mlp(params, s, config.activation))
        return rescaled(draw(params, s, key)[0])

    def rescaled(unit: Array) -> Array:
        return (center + half_width * unit).reshape(-1, *space.shape)

    def values(params: Any, s: Array, unit: Array | None = None) -> Array:
        """Values of both critics, `[2, batch]`, or `[2, batch, num_actions]`."""
        x = s if unit is None else jnp.concatenate([s, unit], -1)
        q = jax.vmap(lambda p: mlp(p, x, config.activation))(params)
        return q if unit is None else q[..., 0]

    def soft_value(actor: Any, critics: Any, s: Array, key: Array) -> tuple[Array, Array]:
        """The expected minimum of the critics, and the entropy."""
        if discrete:
            log_probs = jax.nn.log_softmax(mlp(actor, s, config.activation))
            probs = jnp.exp(log_probs)
            entropy = -jnp.sum(probs * log_probs, -1)
            return jnp.sum(probs * values(critics, s).min(0), -1), entropy
        unit, log_prob = draw(actor, s, key)
        return values(critics, s, unit).min(0), -log_prob

    def critic_loss(critics: Any, state: SACState, batch: Experience, key: Array) -> Array:
        alpha = jnp.exp(state.params["log_alpha"])
        q, entropy = soft_value(state.params["actor"], state.target, batch.next_observation, key)
        y = batch.reward + config.gamma * (1 - batch.terminated) * (q + alpha * entropy)
        if discrete:
            q_all = values(critics, batch.observation)
            q = jnp.take_along_axis(q_all, batch.action[None, :, None], -1)[..., 0]
        else:
            unit = (batch.action.reshape(-1, action_size) - center) / half_width
            q = values(critics, batch.observation, unit)
        return 0.5 * jnp.mean((q - y) ** 2, -1).sum()

    def actor_loss(actor: Any, state: SACState, batch: Experience, key: Array) -> Any:
        alpha = jnp.exp(state.params["log_alpha"])
        q, entropy = soft_value(actor, state.params["critics"], batch.observation, key)
        return -jnp.mean(q + alpha * entropy), entropy.mean()

    def step_of(state: SACState, name: str, gradient: Any) -> SACState:
        updates, opt_state = optimizer.update(gradient, state.opt_states[name])
        params = state.params | {name: optax.apply_updates(state.params[name], updates)}
        return state._replace(params=params, opt_states=state.opt_states | {name: opt_state})

    def learn(state: SACState, key: Array) -> tuple[SACState, Any]:
        key_batch, key_critics, key_actor = jax.random.split(key, 3)
        batch = state.buffer.sample(key_batch, config.batch_size)
        loss_q, gradient = jax.value_and_grad(critic_loss)(
            state.params["critics"], state, batch, key_critics
        )
        state = step_of(state, "critics", gradient)
        (loss_pi, entropy), gradient = jax.value_and_grad(actor_loss, has_aux=True)(
            state.params["actor"], state, batch, key_actor
        )
        state = step_of(state, "actor", gradient)
        excess = entropy - target_entropy
        gradient = jax.grad(lambda log_alpha: jnp.exp(log_alpha) * excess)(
            state.params["log_alpha"]
        )
        state = step_of(state, "log_alpha", gradient)
        target = optax.incremental_update(state.params["critics"], state.target, config.tau)
        return state._replace(target=target), (loss_q, loss_pi, entropy)

    def act(streams: Streams, buffer: Buffer, action: Array, key: Array) -> tuple[Any, Any, Log]:
        after, (reward, s_tp1, terminated, _), log = envs.step(key, streams, action)
        experience = Experience(streams.observation, action, reward, s_tp1, terminated)
        return after, buffer.add(experience), log

    def init(key: Array) -> SACState:
        key_actor, key_critics, key_envs, key_warm_up, key = jax.random.split(key, 5)
        sizes = (envs.observation_size + (0 if discrete else action_size), *config.hidden_sizes)
        outputs = action_size if discrete else 1
        params = {
            "actor": init_mlp(
                key_actor,
                (
                    envs.observation_size,
                    *config.hidden_sizes,
                    action_size if discrete else 2 * action_size,
                ),
                0.01,
            ),
            "critics": jax.vmap(lambda k: init_mlp(k, (*sizes, outputs), 1.0))(
                jax.random.split(key_critics)
            ),
            "log_alpha": jnp.log(config.temperature),
        }
        streams = envs.reset(key_envs)
        action = jax.vmap(space.sample)(jax.random.split(key, config.num_envs))
        s, r = streams.observation, jnp.zeros(config.num_envs)
        example = Experience(s, action, r, s, r > 0)
        empty = jax.tree.map(
            lambda x: jnp.zeros((config.buffer_size, *x.shape[1:]), x.dtype), example
        )
        zero = jnp.zeros((), jnp.int32)

        def random_step(carry: Any, key: Array) -> tuple[Any, None]:
            key_action, key_step = jax.random.split(key)
            action = jax.vmap(space.sample)(jax.random.split(key_action, config.num_envs))
            return act(*carry, action, key_step)[:2], None

        keys = jax.random.split(key_warm_up, config.warmup_steps // config.num_envs)
        streams, buffer = jax.lax.scan(random_step, (streams, Buffer(empty, zero, zero)), keys)[0]
        opt_states = {name: optimizer.init(part) for name, part in params.items()}
        return SACState(params, params["critics"], opt_states, buffer, streams, key)

    def act_and_learn(state: SACState, _: None) -> tuple[SACState, Any]:
        key, key_action, key_step, key_learn = jax.random.split(state.key, 4)
        action = draw_action(state.params["actor"], state.streams.observation, key_action)
        streams, buffer, log = act(state.streams, state.buffer, action, key_step)
        state = state._replace(streams=streams, buffer=buffer, key=key)
        keys = jax.random.split(key_learn, config.gradient_steps)
        state, losses = jax.lax.scan(learn, state, keys)
        return state, (log, losses)

    def update(state: SACState) -> tuple[SACState, Any]:
        return jax.lax.scan(act_and_learn, state, length=config.num_steps)

    return Learner(init, update)
