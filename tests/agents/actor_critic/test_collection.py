import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.actor_critic.collection import evaluate, next_values, take_rows
from agents.actor_critic.state import current_value
from agents.algorithms import a2c
from agents.experience.rollout import rollout

CONFIG = a2c.Config(
    env="Truncated-probe",
    num_envs=3,
    num_steps=10,
    hidden_sizes=(4,),
    total_steps=300,
    normalize_observations=True,
    normalize_rewards=True,
)
PROBLEM = a2c.make_problem(CONFIG)


def play():
    """Two updates with statistics, and a rollout of the second state."""

    @jax.jit
    def run(key):
        first, _ = a2c.update(a2c.init(key, PROBLEM), PROBLEM)
        env, policy = PROBLEM.env, a2c.policy(first, CONFIG)
        streams, transitions, _ = rollout(key, env, policy, first.streams, CONFIG.num_steps)
        value = current_value(first, PROBLEM)
        v_tp1 = next_values(evaluate(value, 2, transitions), value(streams.observation))
        second, _ = a2c.update(first, PROBLEM)
        return first, second, transitions, value(transitions.next_observation), v_tp1

    return run(jax.random.key(0))


@pytest.fixture(scope="module")
def played():
    return play()


def test_next_values_are_those_before_a_reset(played):
    """One step in three is truncated here; the critic evaluates those separately."""
    *_, transitions, expected, v_tp1 = played
    assert transitions.truncated.sum() > 5
    np.testing.assert_allclose(v_tp1, expected, rtol=1e-5, atol=1e-6)


def test_an_accelerator_collects_the_same(played, on_accelerator):
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5),
        *(jax.tree.map(_numbers, outcome) for outcome in (play(), played)),
    )


def _numbers(leaf):
    is_key = jnp.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    return jax.random.key_data(leaf) if is_key else leaf


def test_rows_are_taken_from_every_leaf():
    batch = {"a": jnp.arange(4), "b": jnp.arange(8.0).reshape(4, 2)}
    rows = take_rows(batch, jnp.array([2, 0]))
    np.testing.assert_array_equal(rows["a"], [2, 0])
    np.testing.assert_array_equal(rows["b"], [[4, 5], [0, 1]])


def test_statistics_are_of_all_steps_so_far(played):
    first, second, *_ = played
    for state, count in ((first, 30), (second, 60)):
        assert state.observations.count == state.rewards.moments.count == state.steps == count
        np.testing.assert_allclose(state.observations.variance, 1.0, atol=0.6)


def test_the_policy_gets_normalized_observations(played):
    """Also the policy that evaluation uses."""
    first, *_ = played
    s = jnp.array([[0.7]])
    mean, deviation = first.observations.mean, jnp.sqrt(first.observations.variance)
    expected = PROBLEM.actor.apply(first.params["actor"], (s - mean) / deviation)
    np.testing.assert_allclose(
        a2c.policy(first, CONFIG)(s).logits, expected.logits, rtol=1e-4, atol=1e-7
    )
    plain = a2c.make_problem(dataclasses.replace(CONFIG, normalize_observations=False))
    assert a2c.init(jax.random.key(0), plain).observations is None
