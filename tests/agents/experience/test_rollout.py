import sys
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from agents.experience import environments
from agents.experience.episodes import nonfinite
from agents.experience.rollout import play_episodes, rollout, start_streams
from agents.experience.streams import Transition

pytestmark = pytest.mark.fast

NUM_STEPS, NUM_STREAMS = 60, 3


def coin(observation):
    """A policy that ignores the observation."""
    return jd.Categorical(logits=jnp.zeros((*observation.shape[:-1], 2)))


def act(env, key, num_steps=NUM_STEPS):
    key_start, key_rollout = jax.random.split(key)
    streams = start_streams(key_start, env, NUM_STREAMS)
    return rollout(key_rollout, env, coin, streams, num_steps)


@pytest.fixture(scope="module")
def cartpole():
    return jax.jit(lambda key: act(environments.make("CartPole-v1"), key))(jax.random.key(0))


def test_leaves_begin_with_time_and_stream(cartpole):
    _, transitions, _ = cartpole
    for leaf in jax.tree.leaves(transitions):
        assert leaf.shape[:2] == (NUM_STEPS, NUM_STREAMS)
    assert transitions.policy.batch_shape == (NUM_STEPS, NUM_STREAMS)


def test_the_next_observation_is_the_one_before_a_reset(cartpole):
    _, transitions, _ = cartpole
    ended = np.asarray(transitions.ended)[:-1]
    after, following = transitions.next_observation[:-1], transitions.observation[1:]
    assert ended.any()
    np.testing.assert_array_equal(after[~ended], following[~ended])
    assert np.all(np.abs(following[ended]) <= 0.05), "a fresh start"
    assert np.all(np.abs(after[ended]).max(-1) > 0.2), "a fallen pole"


def test_resets_differ(cartpole):
    _, transitions, _ = cartpole
    begun = np.asarray(transitions.observation[1:])[np.asarray(transitions.ended)[:-1]]
    assert len(np.unique(begun, axis=0)) == len(begun) > NUM_STREAMS


def test_ended_episodes_are_counted(cartpole):
    streams, transitions, episodes = cartpole
    ended = np.asarray(transitions.ended)
    last = NUM_STEPS - 1 - ended[::-1].argmax(axis=0)
    assert episodes.count == ended.sum()
    assert episodes.total_length == np.sum(last + 1), "every step up to a stream's last ending"
    assert episodes.total_return == episodes.total_length, "CartPole pays 1 a step"
    np.testing.assert_array_equal(streams.episode_length, NUM_STEPS - 1 - last)
    assert episodes.metrics()["episode_return"] == episodes.total_return / episodes.count


def test_an_episode_is_counted_across_rollouts():
    """Truncated-probe episodes take three steps, whatever the rollouts' length."""
    env = environments.make("Truncated-probe")
    streams = start_streams(jax.random.key(0), env, NUM_STREAMS)
    streams, _, first = rollout(jax.random.key(1), env, coin, streams, 2)
    streams, _, second = rollout(jax.random.key(2), env, coin, streams, 2)
    assert (first.count, second.count) == (0, NUM_STREAMS)
    assert second.total_length == 3 * NUM_STREAMS
    assert abs(second.total_return) <= 3 * NUM_STREAMS
    assert second.total_return % 3 == 0, "three times the same cue in each"
    np.testing.assert_array_equal(streams.episode_length, 1)


def test_resets_in_chunks_change_nothing(cartpole, monkeypatch):
    """Memory for four steps of three streams; a reset has 4 + 5 numbers."""
    module = sys.modules["agents.experience.rollout"]
    memory = 4 * NUM_STREAMS * 9 * 4
    monkeypatch.setattr(module, "CPU_RESET_BYTES", memory)
    env = environments.make("CartPole-v1")
    assert module._chunk_size(env, NUM_STEPS, NUM_STREAMS, memory) == 4
    again = jax.jit(lambda key: act(env, key))(jax.random.key(0))
    jax.tree.map(np.testing.assert_array_equal, again[1], cartpole[1])


def test_an_accelerator_takes_the_same_steps(cartpole, on_accelerator):
    again = jax.jit(lambda key: act(environments.make("CartPole-v1"), key))(jax.random.key(0))
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6), again, cartpole)


def test_what_is_kept_takes_the_place_of_the_transitions(cartpole):
    env = environments.make("CartPole-v1")
    keep = lambda transitions: {"next": transitions.next_observation}

    def run(key):
        key_start, key_rollout = jax.random.split(key)
        streams = start_streams(key_start, env, NUM_STREAMS)
        return rollout(key_rollout, env, coin, streams, NUM_STEPS, keep=keep)

    _, kept, _ = jax.jit(run)(jax.random.key(0))
    np.testing.assert_array_equal(kept["next"], cartpole[1].next_observation)


@pytest.mark.parametrize(("name", "terminated"), [("Truncated-probe", False), ("Both-probe", True)])
def test_termination_and_truncation_are_distinguished(name, terminated):
    _, transitions, _ = act(environments.make(name), jax.random.key(0), num_steps=6)
    third = np.tile(np.arange(6) % 3 == 2, (NUM_STREAMS, 1)).T
    np.testing.assert_array_equal(transitions.terminated, third & terminated)
    np.testing.assert_array_equal(transitions.truncated, third & (not terminated))


def test_episodes_are_played_to_their_ends():
    """Stepping beyond the end would lead to states far out of bounds."""
    env = environments.make("CartPole-v0")
    transitions, played = jax.jit(lambda key: play_episodes(key, env, coin, 20))(jax.random.key(0))
    ended, played = np.asarray(transitions.ended), np.asarray(played)
    length = ended.argmax(axis=0) + 1
    assert played.shape == (200, 20)
    assert len(np.unique(length)) > 5
    np.testing.assert_array_equal(played, np.arange(200)[:, None] < length)
    x, _, theta, _ = np.moveaxis(transitions.observation, -1, 0)
    assert np.all((np.abs(x) <= 2.4) & (np.abs(theta) <= 12 * np.pi / 180))


def test_actions_follow_the_policy():
    env = environments.make("Constant-probe")
    policy = lambda observation: jd.Categorical(
        logits=jnp.broadcast_to(jnp.log(jnp.array([0.2, 0.8])), (*observation.shape[:-1], 2))
    )
    streams = start_streams(jax.random.key(0), env, 100)
    _, transitions, _ = rollout(jax.random.key(1), env, policy, streams, 100)
    assert abs(float(transitions.action.mean()) - 0.8) < 0.02


def test_what_follows_an_ill_action_does_not_count_for_the_environment():
    """Of six steps, the second has an action of NaN; the environment is ill from the fourth on."""
    nan, no = np.nan, np.zeros(6, bool)
    column = lambda *numbers: np.asarray(numbers, np.float32)[:, None]
    transitions = Transition(
        observation=column(0, 0, nan, nan, 0, 0),
        policy=None,
        action=column(0, nan, nan, 0, 0, 0),
        reward=column(0, nan, 0, 0, 0, nan)[:, 0],
        next_observation=column(0, nan, nan, 0, nan, 0),
        terminated=no,
        truncated=no,
    )
    is_first = np.arange(6) == 3
    ill = jax.jit(nonfinite)(transitions, is_first)
    assert ill.observation.tolist() == [False, False, False, True, True, False]
    assert ill.reward.tolist() == [False] * 5 + [True]
