"""Compare the speed of our REINFORCE with a widely copied loop in torch.

    taskset -c 0 python -m benchmarks.reinforce

Both train on CartPole with 200 steps per episode, a Bernoulli policy with 24 and 36 hidden units,
and one step of RMSprop on standardized returns per five episodes. The torch loop steps gymnasium's
environment and draws one action at a time. Such scripts make one backward pass per environment
step; a second row makes one per batch. The table compares the time of an environment step, for one
seed and for several in one program.
"""

from __future__ import annotations

import argparse
import dataclasses
import time

import gymnasium
import jax
import numpy as np
import torch

from agents.algorithms import reinforce
from benchmarks.timing import table

CONFIG = reinforce.Config(learning_rate=0.005, activation="relu")
"""Hyper-parameters of both; relu is the activation of such scripts."""


def ours(num_episodes: int, num_seeds: int, repeats: int) -> tuple[float, float]:
    """Train; return the seconds per environment step and the mean return of the last batches."""
    config = dataclasses.replace(CONFIG, total_episodes=num_episodes)
    train = jax.vmap(lambda key: reinforce.train(key, config))
    keys = jax.random.split(jax.random.key(0), (repeats, num_seeds))
    program = jax.jit(train).lower(keys[0]).compile()
    times = []
    for several in keys:
        start = time.perf_counter()
        _, log = jax.block_until_ready(program(several))
        times.append((time.perf_counter() - start) / float(log["steps"][:, -1].sum()))
    return float(np.median(times)), float(np.mean(log["episode_return"][:, -20:]))


def theirs(num_episodes: int, seed: int, backward_by_step: bool) -> tuple[float, float]:
    """Train with the torch loop; return the same as `ours`."""
    torch.manual_seed(seed)
    env = gymnasium.make("CartPole-v1", max_episode_steps=200)
    policy = torch.nn.Sequential(
        torch.nn.Linear(4, 24),
        torch.nn.ReLU(),
        torch.nn.Linear(24, 36),
        torch.nn.ReLU(),
        torch.nn.Linear(36, 1),
    )
    optimizer = torch.optim.RMSprop(policy.parameters(), lr=float(CONFIG.learning_rate))
    lengths = []
    start = time.perf_counter()
    for _ in range(num_episodes // CONFIG.batch_episodes):
        log_probs, returns, taken = [], [], []
        for _ in range(CONFIG.batch_episodes):
            rewards = []
            observation, _ = env.reset(seed=seed if not lengths else None)
            ended = False
            while not ended:
                logits = policy(torch.as_tensor(observation))
                pi = torch.distributions.Bernoulli(logits=logits)
                action = pi.sample()
                log_probs.append(pi.log_prob(action))
                taken.append((observation, action))
                observation, reward, terminated, truncated, _ = env.step(int(action))
                rewards.append(float(reward))
                ended = terminated or truncated
            returns.append(discounted(np.array(rewards), float(CONFIG.gamma)))
            lengths.append(len(rewards))
        weight = torch.as_tensor(np.concatenate(returns), dtype=torch.float32)
        weight = (weight - weight.mean()) / (weight.std() + 1e-8)
        optimizer.zero_grad()
        if backward_by_step:
            for (seen, action), w in zip(taken, weight, strict=True):
                pi = torch.distributions.Bernoulli(logits=policy(torch.as_tensor(seen)))
                (-pi.log_prob(action) * w).sum().div(CONFIG.batch_episodes).backward()
        else:
            (-(torch.cat(log_probs) * weight).sum() / CONFIG.batch_episodes).backward()
        optimizer.step()
    seconds = time.perf_counter() - start
    return seconds / sum(lengths), float(np.mean(lengths[-100:]))


def discounted(rewards: np.ndarray, gamma: float) -> np.ndarray:
    """Discounted returns of one episode, `[T]`."""
    returns = np.zeros(len(rewards))
    total = 0.0
    for t in reversed(range(len(rewards))):
        total = rewards[t] + gamma * total
        returns[t] = total
    return returns


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--episodes", type=int, default=500)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 16])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    loops = {
        f"torch, one backward pass per {name}": theirs(arguments.episodes, 0, by_step)
        for name, by_step in (("step", True), ("batch", False))
    }
    rows = [[name, f"{1e6 * t:.1f}", f"{r:.0f}", "", ""] for name, (t, r) in loops.items()]
    for num_seeds in arguments.seeds:
        mine, my_return = ours(arguments.episodes, num_seeds, arguments.repeats)
        times = [f"{t / mine:.0f}" for t, _ in loops.values()]
        name = "agents reinforce, " + ("1 seed" if num_seeds == 1 else f"{num_seeds} seeds")
        rows.append([name, f"{1e6 * mine:.2f}", f"{my_return:.0f}", *times])
    header = ["", "microseconds a step", "return, last 100 episodes"]
    print(table([*header, "speed / first row", "speed / second row"], rows))


if __name__ == "__main__":
    main()
