import dataclasses

import gymnax
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import jaxdist as jd
from agents.actor_critic.state import current_value
from agents.algorithms import apg
from agents.experience import environments
from agents.experience.rollout import rollout, start_streams

KEY = jax.random.key(0)
CONFIG = apg.Config(
    env="Drift-probe", total_steps=12_000, num_envs=4, num_steps=8, gamma=0.5, hidden_sizes=(8,)
)
PROBLEM = apg.make_problem(CONFIG)


@pytest.fixture(scope="module")
def begun():
    """A state whose policy is not near zero, and the loss of its actor."""
    state = jax.jit(lambda key: apg.init(key, PROBLEM))(KEY)
    params = jax.tree.map(lambda leaf: leaf + 0.1, state.params)
    state = dataclasses.replace(state, params=params)
    loss = lambda actor, problem=PROBLEM: apg.loss(actor, KEY, state, problem)
    return state, loss, jax.jit(jax.value_and_grad(loss, has_aux=True))(params["actor"])


def test_the_loss_is_the_return_of_every_segment(begun):
    """Eight steps of episodes of three: two that were truncated, and an incomplete one."""
    state, _, ((total, trajectory), _) = begun
    reward, v_tp1 = np.asarray(trajectory.transitions.reward), np.asarray(trajectory.v_tp1)
    expected = 0.0
    for first, last in ((0, 2), (3, 5), (6, 7)):
        length = last - first + 1
        discounts = 0.5 ** np.arange(length)
        expected += discounts @ reward[first : last + 1] + 0.5**length * v_tp1[last]
    np.testing.assert_allclose(total, -np.sum(expected) / 32, rtol=1e-5)
    assert trajectory.episodes.count == 8
    reached = current_value(state, PROBLEM)(trajectory.transitions.next_observation)
    np.testing.assert_allclose(v_tp1, reached, rtol=1e-5)


def test_the_gradient_is_that_of_the_return(begun):
    """Against a finite difference along the gradient, with the same noise."""
    state, loss, (_, gradient) = begun
    norm = np.sqrt(sum(np.sum(leaf**2) for leaf in map(np.asarray, jax.tree.leaves(gradient))))
    shifted = jax.jit(
        lambda step: loss(
            jax.tree.map(lambda p, g: p + step * g / norm, state.params["actor"], gradient)
        )[0]
    )
    np.testing.assert_allclose((shifted(1e-2) - shifted(-1e-2)) / 2e-2, norm, rtol=0.01)


def test_without_derivatives_of_the_environment_the_gradient_is_zero(begun):
    state, loss, (_, gradient) = begun
    plain = dataclasses.replace(PROBLEM, env=environments.make(CONFIG.env))
    gradient_of = jax.grad(lambda actor: loss(actor, plain), has_aux=True)
    detached, _ = jax.jit(gradient_of)(state.params["actor"])
    assert all(np.all(leaf == 0.0) for leaf in jax.tree.leaves(detached))
    assert any(np.any(leaf != 0.0) for leaf in jax.tree.leaves(gradient))


@pytest.fixture(scope="module")
def trained():
    return jax.jit(apg.train)(KEY, CONFIG)


def test_it_learns_from_delayed_rewards(trained):
    """The best policy moves to 0 in the first step; the first reward does not depend on it."""
    state, metrics = trained
    s = jnp.array([[-1.0], [0.0], [1.0]])
    policy = apg.policy(state, CONFIG)(s)
    np.testing.assert_allclose(policy.mean, -s, atol=0.1)
    assert np.all(np.asarray(policy.stddev) < 0.3)
    np.testing.assert_allclose(current_value(state, PROBLEM)(s), [-1.0, 0.0, -1.0], atol=0.2)
    assert metrics["episode_return"][0] < -2.0 < -1.2 < metrics["episode_return"][-1]


def test_metrics_have_a_row_per_update(trained):
    state, metrics = trained
    assert CONFIG.num_updates == 375
    np.testing.assert_array_equal(metrics["steps"], 32 * np.arange(1, 376))
    assert state.steps == 12_000
    assert all(np.isfinite(values[metrics["episodes"] > 0]).all() for values in metrics.values())


def test_the_list_of_differentiable_environments_is_complete():
    """Against gymnax's own flag; MNISTBandit would download data."""
    names = [name for name in gymnax.registered_envs if "probe" not in name and "MNIST" not in name]
    have = {
        name for name in names if environments.make(name).dynamics.supports_transition_gradients
    }
    assert have == set(environments.DIFFERENTIABLE)


@pytest.mark.parametrize(
    ("make", "slope"), [(environments.make_differentiable, 0.15), (environments.make, 0.0)]
)
def test_the_pendulum_is_differentiable(make, slope):
    """3 u / (m l^2) for 0.05 s; by default gymnax stops the gradient."""
    env = make("Pendulum-v1")
    _, state = env.reset(KEY)
    velocity = lambda u: env.step(KEY, state, jnp.array([u])).observation[2]
    np.testing.assert_allclose(jax.grad(velocity)(0.1), slope, rtol=1e-5)


def test_actions_are_drawn_by_the_given_function():
    env = environments.make("Drift-probe")
    policy = lambda s: jd.Independent(jd.Normal(s, 1.0), 1)
    streams, mean = start_streams(KEY, env, 2), lambda distribution, _: distribution.mean
    _, transitions, _ = jax.jit(lambda: rollout(KEY, env, policy, streams, 2, mean))()
    np.testing.assert_array_equal(transitions.action, transitions.observation)


@pytest.mark.slow
def test_it_swings_the_pendulum_up():
    _, metrics = jax.jit(apg.train)(KEY, apg.Config())
    assert np.nanmean(metrics["episode_return"][-80:]) > -220


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"env": "CartPole-v1"},
            "'CartPole-v1' is not differentiable; .*Pendulum",
        ),
        ({"distribution": "beta"}, "distribution must be one of normal, .*; got 'beta'"),
        ({"normalize_rewards": True}, "normalize_rewards is not supported by this algorithm"),
        ({"max_grad_norm": 0.0}, "max_grad_norm must be greater than 0; got 0.0"),
    ],
)
def test_invalid_hyper_parameters_are_errors(changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(CONFIG, **changes)
