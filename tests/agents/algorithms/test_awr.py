import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.algorithms import awr
from agents.experience import replay

KEY = jax.random.key(0)
SMALL = awr.Config(
    env="Truncated-probe",
    total_steps=128,
    num_envs=2,
    num_steps=16,
    buffer_size=80,
    batch_size=8,
    value_iterations=4,
    policy_iterations=4,
    hidden_sizes=(8,),
)


def test_weights_are_exponential_in_normalized_advantages_and_clipped():
    """Rows of the buffer without steps do not count."""
    config = dataclasses.replace(SMALL, temperature=0.5, max_weight=3.0)
    row = {"number": jax.ShapeDtypeStruct((), jnp.float32)}
    buffer = dataclasses.replace(replay.empty(row, 40, 2), size=jnp.asarray(30))
    advantage = np.random.default_rng(0).normal(size=(40, 2)).astype(np.float32)
    advantage[:10] = 1e6
    problem = awr.make_problem(config)
    weights = jax.jit(lambda a, b: awr.weights(a, b, problem))(advantage, buffer)
    own = advantage[10:]
    expected = np.minimum(np.exp((own - own.mean()) / own.std() / 0.5), 3.0)
    np.testing.assert_allclose(weights[10:], expected, rtol=1e-4)
    assert np.any(weights[10:] > 2.99)


@pytest.fixture(scope="module")
def updated():
    problem = awr.make_problem(SMALL)
    init = jax.jit(lambda key: awr.init(key, problem))
    update = jax.jit(lambda state: awr.update(state, problem))
    states = [init(KEY)]
    for _ in range(3):
        state, metrics = update(states[-1])
        states.append(state)
    return problem, states, metrics


@pytest.mark.slow
def test_the_buffer_keeps_the_steps_of_several_updates(updated):
    _, states, _ = updated
    assert [int(state.buffer.size) for state in states] == [0, 16, 32, 40]
    assert states[-1].steps == 96


@pytest.mark.slow
def test_returns_are_bootstrapped_at_the_end_of_an_episode(updated):
    """A cue is the reward of each of three steps; with lambda = 1 returns are sums of rewards."""
    problem, states, _ = updated
    state = states[-1]
    problem = awr.make_problem(dataclasses.replace(SMALL, gae_lambda=1.0, gamma=0.5))
    rows = replay.in_order(state.buffer)
    returns = np.asarray(awr.returns(rows, state, problem))
    critic = state.params["critic"]
    value = np.asarray(problem.critic.apply(critic, rows.next_observation))
    reward, cut = np.asarray(rows.reward), np.asarray(rows.truncated)
    assert cut.sum() > 20
    following = np.concatenate([returns[1:], np.zeros((1, 2))])
    after = np.where(cut, value, following)
    after[-1] = value[-1]
    np.testing.assert_allclose(returns, reward + 0.5 * after, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_an_update_moves_both_networks(updated):
    _, states, metrics = updated
    moved = jax.tree.map(lambda a, b: np.any(a != b), states[0].params, states[-1].params)
    assert all(jax.tree.leaves(moved["critic"]))
    assert any(jax.tree.leaves(moved["actor"]))
    assert all(np.isfinite(metrics[name]) for name in ("policy_loss", "value_loss", "entropy"))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"buffer_size": 31}, "buffer_size must be at least num_envs \\* num_steps = 32; got 31"),
        ({"temperature": 0.0}, "temperature must be greater than 0"),
    ],
)
def test_invalid_hyper_parameters_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **changes)
