import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from agents.algorithms import ppo
from agents.experience import environments
from agents.networks.actors import make_actor

KEY = jax.random.key(0)


def an_actor(name, kind="auto", hidden_sizes=(8,)):
    env = environments.make(name)
    actor = make_actor(env, hidden_sizes, "tanh", kind)
    return env, actor, actor.init(KEY)


ACTORS = {
    ("CartPole-v1", "auto"): (jd.Categorical, (), jnp.int32),
    ("CartPole-v1", "bernoulli"): (jd.Bernoulli, (), jnp.int32),
    ("Acrobot-v1", "auto"): (jd.Categorical, (), jnp.int32),
    ("Pendulum-v1", "normal"): (jd.Independent, (1,), jnp.float32),
    ("Pendulum-v1", "beta"): (jd.Independent, (1,), jnp.float32),
    ("Reacher-misc", "auto"): (jd.Independent, (2,), jnp.float32),
    ("Reacher-misc", "tanh-normal"): (jd.Independent, (2,), jnp.float32),
}


@pytest.mark.parametrize(("name", "kind"), ACTORS)
@pytest.mark.parametrize("batch", [(), (2, 3)])
def test_an_actor_gives_a_distribution_over_actions(name, kind, batch):
    env, actor, params = an_actor(name, kind)
    family, event_shape, dtype = ACTORS[name, kind]

    @jax.jit
    def look():
        policy = actor.apply(params, jnp.ones((*batch, env.observation_size)))
        action = policy.sample(KEY)
        numbers = policy.log_prob(action), policy.entropy(), jd.kl_divergence(policy, policy)
        return policy, action, policy.mode, numbers

    policy, action, mode, numbers = look()
    assert isinstance(policy, family)
    assert (policy.batch_shape, policy.event_shape) == (batch, event_shape)
    assert (action.shape, action.dtype) == (batch + event_shape, dtype)
    assert mode.shape == action.shape
    for number in numbers:
        assert number.shape == batch
        assert np.isfinite(number).all()


@pytest.mark.parametrize("kind", ["beta", "tanh-normal"])
def test_a_bounded_policy_covers_the_box_and_stays_inside(kind):
    env, actor, params = an_actor("Pendulum-v1", kind)
    policy = actor.apply(params, jnp.zeros(env.observation_size))
    draws = np.asarray(policy.sample(KEY, (2_000,)))
    assert np.all(np.abs(draws) <= 2.0)
    assert draws.min() < -1.5 < 1.5 < draws.max()


def test_the_first_policy_is_near_uniform():
    env, actor, params = an_actor("Acrobot-v1", hidden_sizes=(64, 64))
    policy = actor.apply(params, 2 * jnp.ones(env.observation_size))
    np.testing.assert_allclose(policy.probs, 1 / 3, atol=0.02)


def test_the_scale_of_a_normal_policy_does_not_depend_on_the_observation():
    env, actor, params = an_actor("Reacher-misc")
    params["free"] = jnp.full(2, -0.5)
    near, far = (actor.apply(params, x * jnp.ones(env.observation_size)) for x in (0.1, 10.0))
    np.testing.assert_allclose(near.stddev, math.exp(-0.5), rtol=1e-6)
    np.testing.assert_array_equal(near.stddev, far.stddev)
    score = lambda p: actor.apply(p, jnp.ones(env.observation_size)).log_prob(jnp.ones(2))
    assert np.all(np.asarray(jax.grad(score)(params)["free"]) != 0.0)


def test_masked_actions_have_probability_zero():
    env, actor, params = an_actor("Masked-probe")
    assert env.mask_size == 3
    observation, state = env.reset(KEY)
    assert observation.shape == (env.observation_size,) == (4,)
    policy = actor.apply(params, jnp.array([[1.0, 0.0, 1.0, 0.3], [0.0, 0.0, 1.0, 0.3]]))
    np.testing.assert_allclose(policy.probs, [[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]], atol=0.01)
    np.testing.assert_allclose(policy.entropy(), [math.log(2), 0.0], atol=1e-3)
    after = env.step(KEY, state, jnp.int32(0)).observation
    np.testing.assert_array_equal(after[:3], observation[:3])


def test_masked_actions_are_never_taken():
    """The only possible action is the right one."""
    config = ppo.Config(
        env="Masked-probe",
        total_steps=512,
        num_minibatches=2,
        hidden_sizes=(8,),
        normalize_observations=True,
    )
    state, metrics = jax.jit(ppo.train)(KEY, config)
    np.testing.assert_array_equal(metrics["episode_return"], 1.0)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.params))


def test_actions_of_a_dict_space_are_learned():
    config = ppo.Config(
        env="Several-probe",
        total_steps=25_600,
        num_steps=32,
        num_minibatches=2,
        learning_rate=1e-2,
        entropy_coef=0.0,
        hidden_sizes=(16,),
    )
    state, _ = jax.jit(ppo.train)(KEY, config)
    cues = jnp.array([[-1.0], [1.0]])
    policy = ppo.policy(state, config)(cues)
    assert isinstance(policy, jd.Joint)
    np.testing.assert_array_equal(policy.tree["choice"].mode, [0, 1])
    np.testing.assert_allclose(policy.tree["push"].mean, 0.5 * cues, atol=0.1)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        (
            "CartPole-v1",
            "beta",
            r"'beta' does not support the action space Discrete\(2.*use 'auto'",
        ),
        ("Acrobot-v1", "bernoulli", r"'bernoulli' does not support the action space Discrete\(3"),
        ("Pendulum-v1", "bernoulli", r"'bernoulli' does not support the action space Box"),
        ("Masked-probe", "bernoulli", r"'bernoulli' cannot mask the actions of Masked-probe"),
    ],
)
def test_an_unsupported_distribution_is_an_error(name, kind, message):
    with pytest.raises(ValueError, match=message):
        ppo.Config(env=name, distribution=kind)
