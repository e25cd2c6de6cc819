"""A log-softmax actor-critic with many workers.

The torch original runs processes that play an environment each and send their gradients to a shared
model. Here a worker is an index of `vmap`: all of them step in one program, and their gradients are
averaged. Run it: `python notebooks/ports/actor_critic_workers.py`.
"""

import jax
import jax.numpy as jnp
import optax

import jaxdist as jd
from agents.experience import environments
from agents.experience.returns import gae
from agents.experience.rollout import rollout, start_streams
from agents.networks.layers import mlp

NUM_WORKERS, NUM_STEPS, GAMMA, LAMBDA = 16, 32, 0.99, 0.95
REWARD_SCALE = 1 - GAMMA  # values of order 1 do not drown the policy's part of the gradient
ENV = environments.make("CartPole-v1")
NETWORK = mlp((4, 64, 64, 3), "tanh", final_scale=0.1)  # two logits and a value
OPTIMIZER = optax.chain(optax.clip_by_global_norm(0.5), optax.adam(3e-3))


def actor_critic(params, observation):
    """The policy and the value of observations; `Categorical` is the log-softmax."""
    out = NETWORK.apply(params, observation)
    return jd.Categorical(logits=out[..., :2]), out[..., 2]


def worker_loss(params, steps):
    """The loss of one worker's steps, `[NUM_STEPS]`: policy, value and entropy."""
    policy, value = actor_critic(params, steps.observation)
    next_value = actor_critic(params, steps.next_observation)[1]
    ends = steps.terminated, steps.truncated
    advantage = jax.lax.stop_gradient(
        gae(REWARD_SCALE * steps.reward, value, next_value, *ends, GAMMA, LAMBDA)
    )
    target = jax.lax.stop_gradient(advantage + value)
    advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-3)
    policy_loss = -jd.score_function(policy.log_prob(steps.action), advantage)
    return jnp.mean(policy_loss + 0.5 * (value - target) ** 2 - 0.01 * policy.entropy())


def update(state, key):
    """All workers play, and the shared parameters take one step."""
    params, opt_state, streams = state
    act = lambda observation: actor_critic(params, observation)[0]
    streams, steps, episodes = rollout(key, ENV, act, streams, NUM_STEPS)
    loss = lambda params: jax.vmap(worker_loss, (None, 1))(params, steps).mean()
    change, opt_state = OPTIMIZER.update(jax.grad(loss)(params), opt_state)
    return (optax.apply_updates(params, change), opt_state, streams), episodes.metrics()


def train(key, num_updates=500):
    """The trained parameters, and the mean return of the episodes that ended in every update."""
    init_key, start_key, key = jax.random.split(key, 3)
    params = NETWORK.init(init_key)
    start = params, OPTIMIZER.init(params), start_streams(start_key, ENV, NUM_WORKERS)
    (params, *_), metrics = jax.lax.scan(update, start, jax.random.split(key, num_updates))
    return params, metrics["episode_return"]


if __name__ == "__main__":
    returns = jax.jit(train)(jax.random.key(0))[1]
    for i in range(0, len(returns), 50):
        print(f"updates {i:3d} to {i + 50:3d}: return {jnp.nanmean(returns[i : i + 50]):.1f}")
