import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.algorithms import dqn, presets
from agents.experience.replay import EpisodeStep
from agents.networks.layers import Perceptron

KEY = jax.random.key(0)
SMALL = dqn.Config(
    env="Match-probe",
    total_steps=300,
    num_envs=2,
    num_steps=16,
    warmup_steps=100,
    buffer_size=128,
    batch_size=8,
    hidden_sizes=(8,),
)


def sequences(num, length):
    """Random steps; the rate of ends is high."""
    rng = np.random.default_rng(0)
    ended, terminated = rng.random((2, num, length)) < 0.3
    return EpisodeStep(
        observation=jnp.asarray(rng.normal(size=(num, length, 1)), jnp.float32),
        action=jnp.asarray(rng.integers(0, 2, (num, length))),
        reward=jnp.asarray(rng.normal(size=(num, length)), jnp.float32),
        next_observation=jnp.asarray(rng.normal(size=(num, length, 1)), jnp.float32),
        terminated=jnp.asarray(ended & terminated),
        truncated=jnp.asarray(ended & ~terminated),
    )


def test_the_return_of_n_steps_stops_at_the_end_of_the_episode():
    batch = sequences(32, 4)
    returns, discount, last = jax.jit(dqn.n_steps)(batch, 0.9)
    for i in range(32):
        total, factor = 0.0, 1.0
        for t in range(4):
            total += factor * batch.reward[i, t]
            factor *= 0.9
            if batch.ended[i, t]:
                break
        np.testing.assert_allclose(returns[i], total, rtol=1e-5)
        expected = 0.0 if batch.terminated[i, t] else factor
        np.testing.assert_allclose(discount[i], expected, rtol=1e-5)
        assert last[i] == batch.next_observation[i, t]


@pytest.mark.parametrize("double", [True, pytest.param(False, marks=pytest.mark.slow)])
def test_the_loss_is_its_formula(double):
    problem = dqn.make_problem(dataclasses.replace(SMALL, double=double))
    batch = sequences(16, 1)

    @jax.jit
    def evaluate(keys):
        params, target = problem.critic.init(keys[0]), problem.critic.init(keys[1])
        s, s_next = batch.observation[:, 0], batch.next_observation[:, 0]
        values = [problem.critic.apply(*x) for x in ((params, s), (params, s_next))]
        q_target = problem.critic.apply(target, s_next)
        return dqn.loss([params], [target], batch, problem, False)[0], *values, q_target

    total, q, q_next, q_target = evaluate(jax.random.split(KEY))
    rows = np.arange(16)
    best = np.argmax(q_next if double else q_target, -1)
    after = 0.99 * np.where(batch.terminated[:, 0], 0, np.asarray(q_target)[rows, best])
    error = np.asarray(q)[rows, batch.action[:, 0]] - batch.reward[:, 0] - after
    huber = np.where(np.abs(error) <= 1, 0.5 * error**2, np.abs(error) - 0.5)
    np.testing.assert_allclose(total, huber.mean(), rtol=1e-5)


@pytest.mark.slow
def test_the_target_network_is_copied_once_in_a_period():
    """An update has 16 gradient steps."""
    problem = dqn.make_problem(dataclasses.replace(SMALL, tau=1.0, target_period=16))
    before = jax.jit(lambda key: dqn.init(key, problem))(KEY)
    update = jax.jit(lambda state: dqn.update(state, problem))
    first, _ = update(before)
    second, _ = update(first)
    same = lambda a, b: all(jax.tree.leaves(jax.tree.map(np.array_equal, a, b)))
    assert not same(first.target, before.target)
    assert not same(first.target, first.params["critics"])
    assert not same(second.target, first.target)
    never = dqn.make_problem(dataclasses.replace(SMALL, target_period=1000))
    after, _ = jax.jit(lambda state: dqn.update(state, never))(before)
    assert same(after.target, before.target)


@pytest.mark.slow
def test_masked_actions_are_not_taken():
    config = dataclasses.replace(SMALL, env="Masked-probe", total_steps=1000)
    state, metrics = jax.jit(dqn.train)(KEY, config)
    np.testing.assert_array_equal(metrics["episode_return"], 1.0)
    probs = dqn.policy(state, config)(jnp.array([[1.0, 0.0, 0.0, -1.0]])).probs
    np.testing.assert_array_equal(probs, [[1.0, 0.0, 0.0]])


@pytest.mark.slow
def test_it_learns_cartpole():
    _, metrics = jax.jit(dqn.train)(KEY, presets.config("dqn"))
    assert np.nanmean(metrics["episode_return"][-30:]) > 450


def test_hidden_layers_are_normalized_on_demand():
    apply = lambda config: config.make_critic().apply
    assert apply(SMALL) == Perceptron("relu", layer_norm=False)
    assert apply(presets.config("dqn")) == Perceptron("relu", layer_norm=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"env": "Pendulum-v1"}, "DQN supports Discrete action spaces; 'Pendulum-v1' has Box"),
        ({"n_step": 60}, "must hold n_step = 60 steps of each environment; they hold 50 and 64"),
        ({"actor": (lambda key: 0, lambda p, x: x)}, "DQN has no actor; give critic"),
        ({"target_period": 0}, "target_period must be greater than 0"),
    ],
)
def test_invalid_hyper_parameters_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **changes)
