import math

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from agents import envs, networks, ppo

KEY = jax.random.key(0)


@pytest.mark.parametrize("sizes", [(4, 64, 64, 2), (7, 5, 1)])
def test_weights_are_orthogonal_and_biases_zero(sizes):
    params = networks.mlp(sizes, final_scale=0.01).init(KEY)
    for i, layer in enumerate(params):
        weight = np.asarray(layer["weight"], np.float64)
        assert weight.shape == (sizes[i], sizes[i + 1])
        gram = weight @ weight.T if weight.shape[0] <= weight.shape[1] else weight.T @ weight
        gain = 0.01 if i == len(params) - 1 else math.sqrt(2)
        np.testing.assert_allclose(gram, gain**2 * np.eye(len(gram)), atol=1e-5 * gain**2)
        np.testing.assert_array_equal(layer["bias"], 0.0)


def test_an_mlp_is_its_formula():
    net = networks.mlp((3, 5, 2), activation="relu")
    first, last = params = net.init(KEY)
    x = jax.random.normal(KEY, (3,))
    hidden = np.maximum(np.asarray(x) @ first["weight"], 0.0)
    np.testing.assert_allclose(net.apply(params, x), hidden @ last["weight"], rtol=1e-5)


ACTORS = {
    "CartPole-v1": (jd.Categorical, (), jnp.int32),
    "Acrobot-v1": (jd.Categorical, (), jnp.int32),
    "Pendulum-v1": (jd.Independent, (1,), jnp.float32),
    "Reacher-misc": (jd.Independent, (2,), jnp.float32),
}


@pytest.mark.parametrize("name", ACTORS)
@pytest.mark.parametrize("batch", [(), (5,), (2, 3)])
def test_an_actor_gives_a_distribution_over_actions(name, batch):
    env, (kind, event_shape, dtype) = envs.make(name), ACTORS[name]
    net = networks.actor(env, (8,), "tanh")
    policy = net.apply(net.init(KEY), jnp.ones((*batch, env.observation_size)))
    action = policy.sample(KEY)
    assert isinstance(policy, kind)
    assert (policy.batch_shape, policy.event_shape) == (batch, event_shape)
    assert (action.shape, action.dtype) == (batch + event_shape, dtype)
    assert policy.log_prob(action).shape == policy.entropy().shape == batch
    assert policy.mode.shape == action.shape


def test_the_first_policy_is_near_uniform():
    net = networks.categorical_actor(4, 3, (64, 64), "tanh")
    policy = net.apply(net.init(KEY), jnp.array([1.0, -2.0, 0.5, 3.0]))
    np.testing.assert_allclose(policy.probs, 1 / 3, atol=0.02)


def test_a_bernoulli_actor_draws_zeros_and_ones():
    net = networks.bernoulli_actor(4, (24, 36), "relu")
    policy = net.apply(net.init(KEY), jnp.ones((6, 4)))
    assert isinstance(policy, jd.Bernoulli)
    assert policy.batch_shape == (6,)
    assert set(np.unique(policy.sample(KEY, (100,)))) == {0, 1}


def test_the_scale_of_a_normal_actor_does_not_look_at_the_state():
    net = networks.normal_actor(3, 2, (8,), "tanh", log_scale=-0.5)
    params = net.init(KEY)
    near, far = (net.apply(params, scale * jnp.ones(3)) for scale in (0.1, 10.0))
    np.testing.assert_allclose(near.stddev, math.exp(-0.5), rtol=1e-6)
    np.testing.assert_array_equal(near.stddev, far.stddev)
    gradient = jax.grad(lambda p: net.apply(p, jnp.ones(3)).log_prob(jnp.ones(2)))(params)
    assert np.all(np.asarray(gradient["log_scale"]) != 0.0)


def test_a_flax_module_can_be_plugged_in():
    class Torso(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(2)(nn.relu(nn.Dense(8)(x)))

    module = Torso()
    actor = networks.Network(
        init=lambda key: module.init(key, jnp.zeros(4)),
        apply=lambda params, s: jd.Categorical(logits=module.apply(params, s)),
    )
    config = ppo.Config(total_steps=64, num_envs=2, num_steps=32, actor=actor)
    state, metrics = jax.jit(ppo.train)(KEY, config)
    before = module.init(KEY, jnp.zeros(4))
    assert jax.tree.structure(state.params["actor"]) == jax.tree.structure(before)
    assert np.isfinite(metrics["loss"]).all()
