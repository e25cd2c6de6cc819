import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.actor_critic.collection import act
from agents.algorithms import ppo, recurrent_ppo
from agents.networks.cells import as_complex, gru, min_gru, s5

KEY = jax.random.key(0)
CONFIG = recurrent_ppo.Config(
    env="Recall-probe",
    total_steps=48_000,
    num_envs=16,
    num_steps=10,
    num_minibatches=2,
    learning_rate=5e-3,
    hidden_sizes=(16,),
    memory_size=16,
)


@pytest.fixture(scope="module")
def played():
    """Metrics of training, a rollout after it, its batch, and the terms of its loss."""

    @jax.jit
    def train_and_play(key):
        state, log = recurrent_ppo.train(key, CONFIG)
        policy = recurrent_ppo.policy(state, CONFIG)
        problem = recurrent_ppo.make_problem(CONFIG)
        new_state, _, transitions, _ = act(state, policy, problem, lambda transitions: transitions)
        batch = recurrent_ppo.make_batch(state, transitions, problem)
        _, terms = recurrent_ppo.loss(state.params, batch, 1.0, problem)
        return log, new_state, transitions, batch, terms

    return train_and_play(KEY)


def test_it_remembers_an_earlier_observation(played):
    """Without a memory, the mean return is 0 at best."""
    log, *_ = played
    assert len(log["steps"]) == CONFIG.num_updates
    assert np.mean(log["episode_return"][-20:]) > 0.9


def test_the_replayed_memory_equals_that_of_the_rollout(played):
    """When the steps are replayed, every action has the probability with which it was drawn.

    Episodes take three steps and rollouts ten, so that they begin and end anywhere.
    """
    *_, transitions, _, terms = played
    assert transitions.ended[:-1].any()
    assert abs(float(terms["kl"])) < 1e-5


def test_memory_is_reset_with_every_episode(played):
    _, new_state, transitions, *_ = played
    ended = np.asarray(transitions.ended[-1])
    memory = np.abs(np.asarray(new_state.streams.memory)).max(-1)
    assert not ended.all()
    np.testing.assert_array_equal(memory[ended], 0.0)
    assert np.all(memory[~ended] > 0.0)


def test_sequences_are_stream_by_stream(played):
    *_, transitions, batch, _ = played
    assert batch.advantage.shape == (CONFIG.num_envs, CONFIG.num_steps)
    np.testing.assert_array_equal(batch.observation[3], transitions.observation[:, 3])
    np.testing.assert_array_equal(batch.is_first[:, 1:], np.asarray(transitions.ended[:-1]).T)


def test_streams_must_divide_into_minibatches():
    with pytest.raises(ValueError, match="num_minibatches must divide num_envs = 6, since stre"):
        recurrent_ppo.Config(num_envs=6)
    assert ppo.Config(num_envs=6).num_envs == 6
    with pytest.raises(ValueError, match="memory_size must be greater than 0; got 0"):
        recurrent_ppo.Config(memory_size=0)


def test_the_gated_unit_is_its_formula():
    cell = gru(3, 2)
    params = cell.init(KEY)
    params["memory"]["bias"] = jnp.arange(6.0) / 7
    x, h = jnp.array([0.3, -1.0, 2.0]), jnp.array([0.5, -0.25])
    w, u = (np.asarray(params[k]["weight"], np.float64) for k in ("input", "memory"))
    c = np.arange(6.0) / 7
    sigmoid = lambda x: 1 / (1 + np.exp(-x))
    r, z = (sigmoid(x @ w[:, i] + h @ u[:, i] + c[i]) for i in (slice(0, 2), slice(2, 4)))
    n = np.tanh(x @ w[:, 4:] + r * (h @ u[:, 4:] + c[4:]))
    np.testing.assert_allclose(cell.apply(params, x, h), (1 - z) * n + z * h, rtol=1e-5)


@pytest.mark.fast
def test_the_minimal_unit_is_its_formula():
    cell = min_gru(3, 2)
    params = cell.init(KEY)
    x, h = jnp.array([0.3, -1.0, 2.0]), jnp.array([0.5, -0.25])
    w, b = np.asarray(params["weight"], np.float64), np.asarray(params["bias"], np.float64)
    z, n = 1 / (1 + np.exp(-(x @ w + b)[:2])), np.tanh((x @ w + b)[2:])
    np.testing.assert_allclose(cell.apply(params, x, h), (1 - z) * h + z * n, rtol=1e-5)
    times = 1 + np.exp(-b[:2])
    np.testing.assert_allclose(times, [2, 1000], rtol=1e-4)


@pytest.mark.slow
def test_a_state_space_model_is_its_formula():
    cell = s5(3, 4)
    params = cell.init(KEY)
    x, h = jnp.array([0.3, -1.0, 2.0]), jnp.array([0.5, -0.25, 1.0, 2.0])
    step = np.exp(np.asarray(params["log_step"], np.float64))
    rate = -0.5 + 1j * np.pi * np.arange(2)
    drive = as_complex(np.asarray(x) @ params["weight"])
    expected = np.exp(rate * step) * as_complex(h) + (np.exp(rate * step) - 1) / rate * drive
    np.testing.assert_allclose(as_complex(cell.apply(params, x, h)), expected, rtol=1e-4)
    np.testing.assert_allclose(np.sort(step), [1e-3, 1e-1], rtol=1e-4)


def test_the_state_of_a_state_space_model_is_made_of_pairs():
    with pytest.raises(ValueError, match=r"memory_size of s5, .* must be even; got 3"):
        recurrent_ppo.Config(memory="s5", memory_size=3)


@pytest.mark.slow
@pytest.mark.parametrize("memory", ["min-gru", "s5"])
def test_a_linear_layer_remembers_an_earlier_observation(memory):
    config = CONFIG.replace(memory=memory)
    _, log = jax.jit(lambda key: recurrent_ppo.train(key, config))(KEY)
    assert np.mean(log["episode_return"][-20:]) > 0.9
