import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.actor_critic.state import current_value
from agents.algorithms import ppo
from agents.networks.value_heads import NUM_BINS, VALUE_HEADS, mean_of_bins, two_hot

KEY = jax.random.key(0)
VALUES = np.array([-4e8, -1234.5, -1.0, -1e-3, 0.0, 1e-3, 0.3, 17.0, 1000.0, 2e7], np.float32)


@pytest.mark.fast
def test_a_value_is_what_its_encoding_decodes_to():
    @jax.jit
    def decoded(v):
        probs = two_hot(v)
        scalars = [VALUE_HEADS[name].decode(VALUE_HEADS[name].encode(v)) for name in SCALAR]
        return probs, mean_of_bins(jnp.log(probs)), *scalars

    probs, *values = decoded(VALUES)
    for v in values:
        np.testing.assert_allclose(v, VALUES, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(probs.sum(-1), 1.0, rtol=1e-5)
    assert np.all((np.asarray(probs) > 0).sum(-1) <= 2)


SCALAR = ("linear", "symlog")


@pytest.mark.slow
def test_a_two_hot_value_is_the_mean_of_its_targets():
    """Unlike that of symlog, which is nearer to the median."""
    targets = jnp.array([0.0, 0.0, 0.0, 1000.0])
    head = VALUE_HEADS["two-hot"]
    loss = lambda logits: jnp.mean(head.loss(logits, head.encode(targets)))

    def step(logits, _):
        return logits - 5.0 * jax.grad(loss)(logits), head.decode(logits)

    _, values = jax.jit(lambda x: jax.lax.scan(step, x, length=2000))(jnp.zeros(NUM_BINS))
    assert values[0] == 0.0
    np.testing.assert_allclose(values[-1], 250.0, rtol=0.02)


@pytest.mark.slow
def test_two_hot_values_larger_than_the_bins_are_clipped():
    values = mean_of_bins(jnp.log(two_hot(jnp.array([-1e12, 1e12]))))
    np.testing.assert_allclose(values, [-4.85e8, 4.85e8], rtol=1e-2)


def error(head, env="Large-probe"):
    """The largest relative error of the values, which are -1000 and 1000."""
    config = ppo.Config(
        env=env,
        total_steps=30_000,
        num_envs=8,
        num_steps=32,
        learning_rate=5e-3,
        gamma=0.5,
        hidden_sizes=(32,),
        clip_value=False,
        value_head=head,
    )
    state, _ = jax.jit(ppo.train)(KEY, config)
    values = current_value(state, ppo.make_problem(config))(jnp.array([[-1.0], [1.0]]))
    return float(np.max(np.abs(values / np.array([-1000.0, 1000.0]) - 1)))


@pytest.mark.slow
@pytest.mark.parametrize("head", ["symlog", "two-hot"])
def test_the_values_of_large_rewards_are_learned(head):
    assert error(head) < 0.05
    assert error("linear") > 0.5
