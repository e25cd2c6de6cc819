"""CartPole with a Bernoulli policy: RMSprop, batches of five episodes, save and load.

The port of a well-known torch script: a network with two hidden layers gives the probability of a
push to the right; the returns of five episodes are normalized, and weight the log-probabilities of
the actions. Run it: `python notebooks/ports/cartpole_bernoulli.py policy.pkl`.
"""

import pickle
import sys
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import optax

import jaxdist as jd
from agents.experience import environments
from agents.experience.returns import discounted_returns
from agents.experience.rollout import play_episodes
from agents.networks.layers import mlp

BATCH, GAMMA = 5, 0.99
ENV = environments.make("CartPole-v0")
NETWORK = mlp((4, 24, 36, 1), "relu")
OPTIMIZER = optax.rmsprop(0.002, decay=0.99, eps=1e-8, eps_in_sqrt=False)


def policy(params, observation):
    """The distribution of the action: 1 pushes to the right."""
    return jd.Bernoulli(logits=NETWORK.apply(params, observation)[..., 0])


def loss(params, played, weight):
    """Torch's `-log_prob * reward`, summed over the steps of five episodes."""
    return -jnp.sum(policy(params, played.observation).log_prob(played.action) * weight)


def update(state, key):
    """Play five episodes, and take one step of RMSprop; returns their mean length too."""
    params, opt_state = state
    act = lambda observation: policy(params, observation)
    played, alive = play_episodes(key, ENV, act, BATCH)
    returns = jax.vmap(
        lambda r, end: discounted_returns(r, jnp.zeros_like(r), end, jnp.zeros_like(end), GAMMA),
        in_axes=1,
        out_axes=1,
    )(played.reward * alive, played.ended)
    mean, std = returns.mean(where=alive), returns.std(where=alive)
    weight = jnp.where(alive, (returns - mean) / (std + 1e-8), 0.0)
    gradient = jax.grad(loss)(params, played, weight)
    change, opt_state = OPTIMIZER.update(gradient, opt_state)
    return (optax.apply_updates(params, change), opt_state), alive.sum() / BATCH


def train(key, num_updates=200):
    """The trained parameters, and the mean return of every batch."""
    init_key, key = jax.random.split(key)
    params = NETWORK.init(init_key)
    start = params, OPTIMIZER.init(params)
    (params, _), returns = jax.lax.scan(update, start, jax.random.split(key, num_updates))
    return params, returns


def save(params, path):
    """Torch's `torch.save(policy.state_dict(), path)`."""
    Path(path).write_bytes(pickle.dumps(jax.device_get(params)))


def load(path):
    """Torch's `policy.load_state_dict(torch.load(path))`."""
    return pickle.loads(Path(path).read_bytes())


if __name__ == "__main__":
    params, returns = jax.jit(train)(jax.random.key(0))
    for i in range(0, len(returns), 20):
        print(f"episodes from {BATCH * i:4d}: return {returns[i : i + 20].mean():.1f}")
    for path in sys.argv[1:]:
        save(params, path)
        _, alive = play_episodes(jax.random.key(1), ENV, partial(policy, load(path)), 100)
        print(f"loaded from {path}: return {alive.sum() / 100:.1f} over 100 episodes")
