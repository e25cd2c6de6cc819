"""The score-function example of torch.distributions' documentation, made whole.

    m = Categorical(probs)
    action = m.sample()
    next_state, reward = env.step(action)
    loss = -m.log_prob(action) * reward
    loss.backward()

The environment is a bandit with three actions. Run it:
`python notebooks/ports/categorical_reinforce.py`.
"""

import jax
import jax.numpy as jnp

import jaxdist as jd

PAYOFF = jnp.array([1.0, 2.0, 5.0])


def loss(logits, key):
    """The loss of torch's example, for one draw."""
    m = jd.Categorical(logits=logits)
    action = m.sample(key)
    return -m.log_prob(action) * PAYOFF[action]


def train(key, num_steps=500, learning_rate=0.05):
    """The probabilities of the actions after every step, `[num_steps, 3]`."""

    def step(logits, key):
        logits = logits - learning_rate * jax.grad(loss)(logits, key)
        return logits, jax.nn.softmax(logits)

    return jax.lax.scan(step, jnp.zeros(3), jax.random.split(key, num_steps))[1]


if __name__ == "__main__":
    logits, key = jnp.zeros(3), jax.random.key(0)
    action = jd.Categorical(logits=logits).sample(key)
    print("action", action, "gradient", jax.grad(loss)(logits, key))
    print("reward * (probs - onehot)", PAYOFF[action] * (1 / 3 - jnp.eye(3)[action]))
    print("probabilities after training", jax.jit(train)(key)[-1].round(2))
