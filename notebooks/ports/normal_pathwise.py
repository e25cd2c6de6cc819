"""The pathwise example of torch.distributions' documentation, made whole.

    m = Normal(*params)
    action = m.rsample()
    next_state, reward = env.step(action)  # differentiable
    loss = -reward
    loss.backward()

The reward is highest at 3. Run it: `python notebooks/ports/normal_pathwise.py`.
"""

import jax
import jax.numpy as jnp

import jaxdist as jd


def reward(action):
    """A differentiable reward."""
    return -((action - 3.0) ** 2)


def loss(params, key):
    """The loss of torch's example, for one draw; the network gives the logarithm of the scale."""
    loc, log_scale = params
    action = jd.Normal(loc, log_scale=log_scale).rsample(key)
    return -reward(action)


def train(key, num_steps=500, learning_rate=0.05):
    """The parameters after every step, each `[num_steps]`."""

    def step(params, key):
        gradient = jax.grad(loss)(params, key)
        params = jax.tree.map(lambda value, slope: value - learning_rate * slope, params, gradient)
        return params, params

    return jax.lax.scan(step, (0.0, 0.0), jax.random.split(key, num_steps))[1]


if __name__ == "__main__":
    key = jax.random.key(0)
    estimates = jax.vmap(jax.grad(loss), (None, 0))((0.0, 0.0), jax.random.split(key, 10_000))
    print("gradient of E[(x - 3)^2] in loc: -6 is exact;", estimates[0].mean().round(2))
    loc, log_scale = jax.jit(train)(key)
    print(f"after training: loc {loc[-1]:.2f}, scale {jnp.exp(log_scale[-1]):.3f}")
