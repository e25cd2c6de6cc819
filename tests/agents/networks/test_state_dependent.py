import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import jaxdist as jd
from agents.algorithms import ppo
from agents.experience import environments
from agents.experience.rollout import rollout, start_streams
from agents.networks.actors import make_actor
from agents.networks.greedy import greedy_action
from agents.networks.state_dependent import StateDependent

KEY = jax.random.key(0)


def an_actor(name="Reacher-misc", distribution="normal"):
    env = environments.make(name)
    actor = make_actor(env, (8,), "tanh", distribution, state_dependent=True)
    return env, actor, actor.init(KEY)


@pytest.mark.slow
@pytest.mark.parametrize("distribution", ["normal", "tanh-normal"])
def test_draws_follow_the_density_of_one_action(distribution):
    env, actor, params = an_actor(distribution=distribution)
    s = jnp.linspace(-1.0, 1.0, env.observation_size)

    @jax.jit
    def draw(key):
        policy = actor.apply(params, s)
        action = policy.sample(key, (4_000,))
        log_prob, base = policy.log_prob(action), policy.base_dist
        return action, log_prob - base.log_prob(action), base.base_dist.cdf(action)

    _, difference, uniform = draw(KEY)
    np.testing.assert_array_equal(difference, 0.0)
    for coordinate in np.asarray(uniform).T:
        assert stats.kstest(coordinate, "uniform").pvalue > 1e-3


@pytest.mark.slow
def test_noise_of_one_key_is_linear_in_the_features():
    """So that it is the same in the same state, and changes smoothly with the state."""
    env, actor, params = an_actor()
    s = jax.random.normal(jax.random.key(1), (20, env.observation_size))
    policy = jax.vmap(actor.apply, (None, 0))(params, s)
    actions = jax.vmap(jd.sample, (0, None))(policy, KEY)
    noise = actions - policy.mean
    matrix, *_ = np.linalg.lstsq(policy.features, noise, rcond=None)
    np.testing.assert_allclose(policy.features @ matrix, noise, atol=1e-4)
    assert np.all(np.abs(matrix) > 1e-4)


@pytest.mark.slow
def test_noise_is_held_for_some_steps():
    """Beyond the ends of episodes, which take one step."""
    env = environments.make("Target-probe")
    normal = lambda s: jd.Independent(jd.Normal(jnp.zeros_like(s), 0.1), 1)
    one = lambda s: StateDependent(normal(s), jnp.ones_like(s), jnp.full((1, 1), 0.1))
    streams = start_streams(KEY, env, 3)
    _, seen, _ = jax.jit(lambda key: rollout(key, env, one, streams, 10, hold=4))(KEY)
    blocks = np.split(np.asarray(seen.action)[..., 0], [4, 8])
    for block in blocks:
        np.testing.assert_array_equal(block, np.broadcast_to(block[0], block.shape))
    assert len(np.unique(np.concatenate(blocks))) == 9


@pytest.mark.slow
def test_the_gradient_of_the_noise_does_not_reach_the_hidden_layers():
    env, actor, params = an_actor()
    s = jnp.linspace(-1.0, 1.0, env.observation_size)
    gradient = jax.grad(lambda p: actor.apply(p, s).entropy())(params)
    assert np.all(np.asarray(gradient["free"]) > 0)
    assert all(not leaf.any() for leaf in jax.tree.leaves(gradient["network"]))


@pytest.mark.slow
@pytest.mark.parametrize("distribution", ["normal", "tanh-normal"])
def test_greedy_actions_and_divergences_are_those_of_one_action(distribution):
    env, actor, params = an_actor(distribution=distribution)
    policy = actor.apply(params, jnp.ones((5, env.observation_size)))
    np.testing.assert_array_equal(greedy_action(policy), greedy_action(policy.base_dist))
    np.testing.assert_array_equal(jd.kl_divergence(policy, policy), np.zeros(5))
    assert policy.rsample(KEY).shape == (5, *policy.event_shape)


@pytest.mark.slow
@pytest.mark.parametrize("distribution", ["normal", "tanh-normal"])
def test_the_best_action_of_a_box_is_found(distribution):
    config = ppo.Config(
        env="Target-probe",
        total_steps=25_000,
        num_steps=32,
        learning_rate=1e-2,
        gamma=0.5,
        entropy_coef=0.0,
        hidden_sizes=(32,),
        distribution=distribution,
        noise_steps=4,
    )
    state, _ = jax.jit(ppo.train)(KEY, config)
    cues = jnp.array([[-1.0], [1.0]])
    policy = ppo.policy(state, config)(cues)
    np.testing.assert_allclose(greedy_action(policy), 0.5 * cues, atol=0.1)
    assert np.all(np.asarray(policy.stddev) < 0.5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"env": "CartPole-v1"}, "state-dependent noise needs actions in a box; .* Discrete"),
        ({"distribution": "beta"}, "needs the distribution normal or tanh-normal; got 'beta'"),
        ({"noise_steps": -1}, "noise_steps must not be negative; got -1"),
        ({"actor": (lambda key: 0, lambda p, x: x)}, "noise_steps is for the networks of this"),
    ],
)
def test_noise_that_is_not_supported_is_an_error(changes, message):
    with pytest.raises(ValueError, match=message):
        ppo.Config(**({"env": "Pendulum-v1", "noise_steps": 8} | changes))
