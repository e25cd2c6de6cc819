"""MLPCategoricalActor and MLPGaussianActor of Spinning Up, with its simple policy gradient.

An actor there is a module with `_distribution(obs)` and `_log_prob_from_distribution(pi, act)`.
Here it is a function from parameters and observations to a distribution; the log-probability is its
method, and `Independent` is the sum over the axes of an action. Run it:
`python notebooks/ports/mlp_actors.py`.
"""

from functools import partial

import jax
import jax.numpy as jnp
import optax

import jaxdist as jd
from agents.experience import environments
from agents.experience.returns import discounted_returns
from agents.experience.rollout import play_episodes
from agents.networks.layers import Network, mlp


def mlp_categorical_actor(observation_size, num_actions, hidden_sizes=(64, 64)):
    """MLPCategoricalActor: logits by a network."""
    net = mlp((observation_size, *hidden_sizes, num_actions))
    return Network(net.init, lambda params, obs: jd.Categorical(logits=net.apply(params, obs)))


def mlp_gaussian_actor(observation_size, action_size, hidden_sizes=(64, 64)):
    """MLPGaussianActor: means by a network, and a log-scale that does not depend on the state."""
    net = mlp((observation_size, *hidden_sizes, action_size))

    def init(key):
        return {"mu": net.init(key), "log_std": jnp.full(action_size, -0.5)}

    def distribution(params, obs):
        loc = net.apply(params["mu"], obs)
        log_scale = jnp.broadcast_to(params["log_std"], loc.shape)
        return jd.Independent(jd.Normal(loc, log_scale=log_scale), 1)

    return Network(init, distribution)


def make_actor(env):
    """The actor for the actions of an environment: Discrete or Box."""
    space = env.action_space
    if hasattr(space, "n"):
        return mlp_categorical_actor(env.observation_size, space.n)
    return mlp_gaussian_actor(env.observation_size, space.shape[0])


def train(key, env_name, num_updates=60, num_episodes=32, learning_rate=5e-3, gamma=0.99):
    """The mean return of every batch of episodes, `[num_updates]`."""
    env = environments.make(env_name)
    actor = make_actor(env)
    optimizer = optax.adam(learning_rate)
    to_go = partial(discounted_returns, gamma=gamma)

    def loss(params, played, weight):
        log_prob = actor.apply(params, played.observation).log_prob(played.action)
        return -jnp.mean(jd.score_function(log_prob, weight))

    def update(state, key):
        params, opt_state = state
        act = lambda obs: actor.apply(params, obs)
        played, alive = play_episodes(key, env, act, num_episodes)
        rewards, none = played.reward * alive, jnp.zeros_like(played.truncated)
        returns = jax.vmap(to_go, in_axes=1, out_axes=1)(
            rewards, jnp.zeros_like(rewards), played.ended, none
        )
        baseline = returns.mean(1, where=alive, keepdims=True)
        centered = jnp.where(alive, returns - jnp.nan_to_num(baseline), 0.0)
        weight = centered / (centered.std(where=alive) + 1e-8)
        change, opt_state = optimizer.update(jax.grad(loss)(params, played, weight), opt_state)
        return (optax.apply_updates(params, change), opt_state), rewards.sum(0).mean()

    init_key, key = jax.random.split(key)
    params = actor.init(init_key)
    start = params, optimizer.init(params)
    return jax.lax.scan(update, start, jax.random.split(key, num_updates))[1]


if __name__ == "__main__":
    for name in ("CartPole-v1", "Swimmer-misc"):
        returns = jax.jit(partial(train, env_name=name))(jax.random.key(0))
        print(f"{name}: first ten {returns[:10].mean():.1f}, last ten {returns[-10:].mean():.1f}")
