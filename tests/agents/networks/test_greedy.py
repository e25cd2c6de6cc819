import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from agents.experience import environments
from agents.networks.actors import make_actor
from agents.networks.greedy import greedy_action

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("distribution", ["squashed", "tanh-normal"])
def test_the_action_of_a_squashed_policy_is_its_median(distribution):
    """In the box of the environment; half of all draws lie below it, and it has no jumps."""
    env = environments.make("Pendulum-v1")
    actor = make_actor(env, (8,), "tanh", distribution)
    policy = actor.apply(actor.init(jax.random.key(0)), jnp.ones((5, env.observation_size)))
    action = greedy_action(policy)
    draws = policy.sample(jax.random.key(1), (4000,))
    assert action.shape == (5, 1)
    np.testing.assert_allclose(jnp.mean(draws < action, axis=0), 0.5, atol=0.04)


def test_the_action_does_not_jump_where_the_mode_does():
    loc = jnp.array([-1e-3, 1e-3])
    policy = jd.TanhNormal(loc, 2.0)
    assert jnp.ptp(policy.mode) > 1.5
    np.testing.assert_allclose(greedy_action(policy), jnp.tanh(loc))


@pytest.mark.parametrize(
    "policy",
    [
        jd.Categorical(jnp.array([0.2, 0.5, 0.3])),
        jd.Independent(jd.Normal(jnp.array([1.0, -2.0]), 1.0), 1),
        jd.Independent(
            jd.TransformedDistribution(jd.Beta(2.0, jnp.array([3.0])), jd.AffineTransform(-1, 2)), 1
        ),
        jd.Joint({"a": jd.Bernoulli(0.7), "b": jd.Normal(3.0, 1.0)}),
    ],
)
def test_the_action_of_another_policy_is_its_mode(policy):
    jax.tree.map(np.testing.assert_allclose, greedy_action(policy), policy.mode)
