"""Every algorithm, on environments whose values and best actions are known."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.actor_critic.state import current_value
from agents.algorithms import sac
from agents.algorithms.registry import ALGORITHMS
from agents.experience.rollout import as_recurrent
from tests.agents import probes

GAMMA = 0.5


@functools.cache
def trained(name, env):
    """The last state of a run, its config, and the metrics of all updates."""
    algorithm = ALGORITHMS[name]
    settings = {"Exam-probe": probes.EXAM, "Target-probe": probes.TARGET}[env][name]
    config = algorithm.Config(env=env, gamma=GAMMA, hidden_sizes=(32,), **settings)
    state, metrics = jax.jit(algorithm.train)(jax.random.key(0), config)
    return state, config, metrics


def act(name, state, config, observations):
    """The distribution of a trained policy at the start of an episode."""
    policy = as_recurrent(ALGORITHMS[name].policy(state, config))
    return policy.apply(observations, policy.initial(len(observations)))[0]


def questions(rows):
    return jnp.stack([probes.question(task, signal) for task, signal, _ in rows])


SLOW = ("awr", "dqn", "impala", "mpo", "pqn", "recurrent-ppo", "vmpo")
MARKS = {"ppo": pytest.mark.fast} | dict.fromkeys(SLOW, pytest.mark.slow)
EXAMINED = [pytest.param(name, marks=MARKS.get(name, ())) for name in probes.EXAM]


@pytest.mark.parametrize("name", EXAMINED)
def test_the_policy_takes_the_best_actions(name):
    state, config, _ = trained(name, "Exam-probe")
    policy = act(name, state, config, questions(probes.BEST_ACTIONS))
    best = jnp.array([action for *_, action in probes.BEST_ACTIONS])
    assert np.all(np.exp(policy.log_prob(best)) > 0.9)


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=MARKS.get(name, ())) for name in probes.WITH_VALUES]
)
def test_the_critic_predicts_the_values(name):
    """Also those of truncated and of terminated episodes with the same observations."""
    state, config, _ = trained(name, "Exam-probe")
    problem = ALGORITHMS[name].make_problem(config)
    values = current_value(state, problem)(questions(probes.ANSWERS))
    np.testing.assert_allclose(values, [v for *_, v in probes.ANSWERS], atol=0.15)


def test_the_critics_of_sac_predict_the_values():
    """The mean over the actions that the policy takes."""
    state, config, _ = trained("sac", "Exam-probe")
    s = questions(probes.ANSWERS)
    pi = act("sac", state, config, s)
    problem = sac.make_problem(config)
    q = jnp.minimum(*[problem.critic.apply(params, s) for params in state.params["critics"]])
    values = jnp.sum(pi.probs * q, axis=-1)
    np.testing.assert_allclose(values, [v for *_, v in probes.ANSWERS], atol=0.15)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["dqn", "pqn"])
def test_the_action_values_of_q_learning_are_those_of_the_best_policy(name):
    """Under an exploring behavior, of the actions that it takes: all are taken at times."""
    state, config, _ = trained(name, "Exam-probe")
    params = state.params["critic"] if name == "pqn" else state.params["critics"][0]
    q = ALGORITHMS[name].make_problem(config).critic.apply(params, questions(probes.ANSWERS))
    values = [value for *_, value in probes.ANSWERS]
    np.testing.assert_allclose(jnp.max(q, axis=-1), values, atol=0.15)


QUICK = {"ppo", "trpo"}
BOXES = [
    pytest.param(name, marks=() if name in QUICK else pytest.mark.slow) for name in probes.TARGET
]


@pytest.mark.parametrize("name", BOXES)
def test_the_policy_finds_the_best_action_of_a_box(name):
    state, config, _ = trained(name, "Target-probe")
    cues = jnp.array([[-1.0], [1.0]])
    policy = act(name, state, config, cues)
    np.testing.assert_allclose(policy.mean, 0.5 * cues, atol=0.1)
    assert np.all(np.asarray(policy.stddev) < 0.5)


@pytest.mark.parametrize("name", EXAMINED)
def test_metrics_have_a_row_per_update(name):
    state, config, metrics = trained(name, "Exam-probe")
    assert {"steps", "episodes", "episode_return", "episode_length"} <= metrics.keys()
    assert all(values.shape == (config.num_updates,) for values in metrics.values())
    assert np.all(np.diff(metrics["steps"]) > 0)
    assert state.steps == metrics["steps"][-1] <= getattr(config, "total_steps", np.inf)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(state.params))


@pytest.mark.fast
def test_every_algorithm_has_a_probe():
    assert ALGORITHMS.keys() == probes.EXAM.keys() | probes.TARGET.keys()
