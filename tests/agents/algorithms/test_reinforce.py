import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from agents.algorithms import reinforce
from agents.experience.rollout import play_episodes
from tests.agents import probes

KEY = jax.random.key(0)
CONFIG = reinforce.Config(total_episodes=10)
PROBLEM = reinforce.make_problem(CONFIG)


@pytest.fixture(scope="module")
def played():
    """The state before an update, the state after it, and its metrics."""
    before = reinforce.init(KEY, PROBLEM)
    return before, *jax.jit(lambda state: reinforce.update(state, PROBLEM))(before)


def test_the_policy_is_a_bernoulli():
    state = reinforce.init(KEY, PROBLEM)
    assert isinstance(reinforce.policy(state, CONFIG)(jnp.zeros(4)), jd.Bernoulli)


def test_an_update_counts_its_episodes_and_steps(played):
    _, after, metrics = played
    assert metrics["episodes"] == 5
    assert metrics["episode_return"] == metrics["episode_length"], "CartPole pays 1 a step"
    assert after.steps == metrics["steps"] == round(5 * float(metrics["episode_length"]))


def test_the_gradient_is_the_policy_gradient(played):
    """Against a sum over single steps of single episodes."""
    before, _, _ = played
    rng = np.random.default_rng(0)
    batch = reinforce.Batch(
        observation=jnp.asarray(rng.normal(size=(2, 2, 4)), jnp.float32),
        action=jnp.asarray(rng.integers(2, size=(2, 2))),
        ret=jnp.zeros((2, 2)),
        weight=jnp.asarray(rng.normal(size=(2, 2)), jnp.float32),
        mask=jnp.ones((2, 2), bool),
        num_steps=jnp.asarray(4.0),
    )
    pi = lambda params, s: PROBLEM.actor.apply(params["actor"], s)
    expected = jax.tree.map(jnp.zeros_like, before.params)
    for t, episode in np.ndindex(2, 2):
        s, a = batch.observation[t, episode], batch.action[t, episode]
        score = jax.grad(lambda params, s=s, a=a: pi(params, s).log_prob(a))(before.params)
        weight = batch.weight[t, episode] / 5
        expected = jax.tree.map(lambda total, g, w=weight: total - w * g, expected, score)
    actual, _ = jax.grad(reinforce.loss, has_aux=True)(before.params, batch, PROBLEM)
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-6), actual, expected
    )


def test_weights_are_normalized_over_the_steps_of_episodes():
    state = reinforce.init(KEY, PROBLEM)
    transitions, mask = play_episodes(KEY, PROBLEM.env, reinforce.policy(state, CONFIG), 5)
    weight = np.asarray(reinforce.make_batch(state.params, transitions, mask, PROBLEM).weight)
    mask = np.asarray(mask)
    np.testing.assert_array_equal(weight[~mask], 0.0)
    np.testing.assert_allclose(weight[mask].mean(), 0.0, atol=1e-5)
    np.testing.assert_allclose(weight[mask].std(), 1.0, atol=1e-5)
    first = weight[:, 0][mask[:, 0]]
    assert np.all(np.diff(first) < 0), "with a reward of 1 a step, ever less is to come"


def test_weights_of_a_group_are_relative_to_its_other_episodes():
    reward = jnp.array([[1.0, 2.0, 0.0, 6.0], [0.0, 4.0, 1.0, 0.0]])
    mask = jnp.array([[True] * 4, [False, True, True, False]])
    returns = jnp.array([[1.0, 4.0, 0.5, 6.0], [0.0, 4.0, 1.0, 0.0]])
    config = reinforce.Config(batch_episodes=4, group_size=2, baseline="leave-one-out")
    weight = reinforce.group_weights(reward, returns, mask, config)
    np.testing.assert_allclose(weight, [[-3.0, 3.0, -5.5, 5.5], [0.0, 4.0, 1.0, 0.0]])
    weight = reinforce.group_weights(reward, returns, mask, config.replace(baseline="group"))
    np.testing.assert_allclose(weight, [[-1, 1, -1, 1], [0, 1, -1, 0]], rtol=1e-5)


def test_episodes_of_a_group_start_from_the_same_state():
    state = reinforce.init(KEY, PROBLEM)
    policy = reinforce.policy(state, CONFIG)
    start = play_episodes(KEY, PROBLEM.env, policy, 6, same_start=3)[0].observation[0]
    assert np.all(start == start[jnp.array([0, 0, 0, 3, 3, 3])])
    assert np.any(start[0] != start[3])


@pytest.mark.slow
@pytest.mark.parametrize("baseline", ["leave-one-out", "group"])
def test_baselines_of_groups_learn(baseline):
    config = reinforce.Config(
        env="Match-probe",
        total_episodes=10_000,
        batch_episodes=50,
        baseline=baseline,
        learning_rate=3e-3,
    )
    state, _ = jax.jit(reinforce.train)(KEY, config)
    cues = jnp.array([[-1.0], [1.0]])
    log_prob = reinforce.policy(state, config)(cues).log_prob(jnp.array([0, 1]))
    assert np.all(np.exp(log_prob) > 0.9)


@pytest.mark.slow
def test_a_learned_baseline_predicts_the_values():
    """The weights are then the returns minus these values."""
    config = reinforce.Config(
        env="Exam-probe",
        total_episodes=30_000,
        batch_episodes=50,
        gamma=0.5,
        baseline="value",
        learning_rate=3e-3,
    )
    state, _ = jax.jit(reinforce.train)(KEY, config)
    questions = jnp.stack([probes.question(task, signal) for task, signal, _ in probes.ANSWERS])
    values = np.asarray(
        reinforce.make_problem(config).critic.apply(state.params["critic"], questions)
    )
    known = [row for row, (task, *_) in enumerate(probes.ANSWERS) if task not in (3, 4)]
    expected = np.array([value for *_, value in probes.ANSWERS])
    np.testing.assert_allclose(values[known], expected[known], atol=0.15)


@pytest.mark.slow
def test_it_solves_cartpole_v0_on_most_seeds():
    """Solved: a mean return of 195 over 100 consecutive episodes, here 20 batches of 5."""
    config = dataclasses.replace(CONFIG, total_episodes=1000)
    keys = jax.random.split(jax.random.key(1), 8)
    train = jax.jit(lambda keys, config: jax.lax.map(lambda k: reinforce.train(k, config), keys))
    _, metrics = train(keys, config)
    returns = np.asarray(metrics["episode_return"])
    windows = np.lib.stride_tricks.sliding_window_view(returns, 20, axis=1).mean(-1)
    assert np.sum(windows.max(axis=1) >= 195.0) >= 6


def test_invalid_hyper_parameters_are_errors():
    with pytest.raises(ValueError, match=r"total_episodes must allow for one batch of .* = 5; got"):
        reinforce.Config(total_episodes=3)
    with pytest.raises(ValueError, match=r"group_size must be at least 2 and divide .* = 6; got 5"):
        reinforce.Config(batch_episodes=6, baseline="group")
