"""Approximate the optimal return of Pendulum-v1 by dynamic programming on grids of states.

    python -m benchmarks.pendulum

The values of the last step of an episode, of the step before, and so on back to the first are
computed on a grid of angles and speeds, with linear interpolation between its points. In episodes
of gymnax's environment, from its own initial states, the policy then takes the action that is best
for these values. The mean return is that of a policy, so the optimum is at least as large; it
approaches the optimum as the grids become finer.
"""

from __future__ import annotations

import argparse
import functools

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
from gymnax.environments.classic_control.pendulum import EnvParams, EnvState
from jax import Array

from benchmarks.timing import table

GRIDS = [(129, 17), (257, 33), (513, 65)]
"""Numbers of points of angles and of speeds, and of actions."""


def transition(angle: Array, speed: Array, action: Array, params: EnvParams) -> tuple[Array, ...]:
    """The next angle, the next speed and the reward (Brockman et al. 2016, Pendulum)."""
    wrapped = (angle + jnp.pi) % (2 * jnp.pi) - jnp.pi
    reward = -(wrapped**2 + 0.1 * speed**2 + 0.001 * action**2)
    gravity = 3 * params.g / (2 * params.l) * jnp.sin(angle)
    torque = 3 / (params.m * params.l**2) * action
    limit = params.max_speed
    next_speed = jnp.clip(speed + (gravity + torque) * params.dt, -limit, limit)
    return angle + next_speed * params.dt, next_speed, reward


def interpolated(values: Array, angle: Array, speed: Array, params: EnvParams) -> Array:
    """The values at states between the points of the grid; angles are periodic.

    Args:
      values: on the grid, `[size, size]`: of angles from -pi, and of speeds.
      angle: any shape.
      speed: the same shape.
      params: the parameters of the environment.
    """
    size = len(values)
    row = (angle + jnp.pi) / (2 * jnp.pi) % 1.0 * size
    column = (speed / params.max_speed + 1.0) / 2.0 * (size - 1)
    i = jnp.floor(row).astype(int)
    j = jnp.clip(jnp.floor(column).astype(int), 0, size - 2)
    a, b = row - i, column - j
    below, above = i % size, (i + 1) % size
    return (1 - a) * ((1 - b) * values[below, j] + b * values[below, j + 1]) + a * (
        (1 - b) * values[above, j] + b * values[above, j + 1]
    )


def action_values(
    values: Array, angle: Array, speed: Array, actions: Array, params: EnvParams
) -> Array:
    """The reward of every action plus the value of the state after it, `[..., num_actions]`."""
    state = angle[..., None], speed[..., None]
    next_angle, next_speed, reward = transition(*state, actions, params)
    return reward + interpolated(values, next_angle, next_speed, params)


def optimal_values(size: int, num_actions: int, params: EnvParams) -> Array:
    """The values of all steps of an episode after their action, `[steps, size, size]`."""
    angle = -jnp.pi + 2 * jnp.pi / size * jnp.arange(size)
    speed = jnp.linspace(-params.max_speed, params.max_speed, size)
    grid = jnp.meshgrid(angle, speed, indexing="ij")
    actions = jnp.linspace(-params.max_torque, params.max_torque, num_actions)

    def backward(values: Array, _: None) -> tuple[Array, Array]:
        rows = jax.lax.map(
            lambda row: action_values(values, *row, actions, params).max(axis=-1), tuple(grid)
        )
        return rows, values

    zeros = jnp.zeros((size, size))
    _, values = jax.lax.scan(backward, zeros, length=params.max_steps_in_episode)
    return values[::-1]


@functools.partial(jax.jit, static_argnames=("size", "num_actions", "num_episodes"))
def returns(key: Array, size: int, num_actions: int, num_episodes: int) -> Array:
    """The returns of episodes with the actions that are best for the values, `[num_episodes]`."""
    env, params = gymnax.make("Pendulum-v1")
    actions = jnp.linspace(-params.max_torque, params.max_torque, num_actions)

    def step(state: EnvState, values: Array) -> tuple[EnvState, Array]:
        best = action_values(values, state.theta, state.theta_dot, actions, params).argmax(-1)
        _, state, reward, _, _ = env.step_env(key, state, actions[best], params)
        return state, reward

    def episode(key: Array, values: Array) -> Array:
        _, state = env.reset_env(key, params)
        return jax.lax.scan(step, state, values)[1].sum()

    values = optimal_values(size, num_actions, params)
    return jax.vmap(episode, (0, None))(jax.random.split(key, num_episodes), values)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--episodes", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rows = []
    for size, num_actions in GRIDS:
        got = returns(jax.random.key(args.seed), size, num_actions, args.episodes)
        error = np.std(got) / np.sqrt(len(got))
        mean = f"{np.mean(got):.1f} ± {error:.1f}"
        rows.append([f"{size} x {size}", str(num_actions), mean, f"{np.std(got):.0f}"])
    header = ["states", "actions", "mean return ± standard error", "standard deviation"]
    print(table(header, rows))


if __name__ == "__main__":
    main()
