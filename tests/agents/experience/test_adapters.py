"""Environments of other libraries, and of the user's own."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.algorithms import ppo, presets
from agents.experience import environments
from agents.experience.conformance import check_dynamics
from agents.experience.environment import strongly_typed
from agents.experience.rollout import rollout, start_streams
from agents.experience.spaces import Box, Dict, Discrete

KEY = jax.random.key(0)


class Corridor:
    """The user's own: an image, a mask against leaving it, and a time limit."""

    action_space = Discrete(2)

    def __init__(self, length=3, max_steps=10):
        self.length, self.max_steps = length, max_steps
        self.observation_space = Dict({"image": Box(0, 1, (length + 1, 1)), "time": Discrete(11)})

    def look(self, state):
        place, time = state
        return {"image": jax.nn.one_hot(place, self.length + 1)[:, None], "time": time}

    def action_mask(self, state):
        return jnp.stack([state[0] > 0, jnp.asarray(True)])

    def reset(self, key):
        state = jnp.int32(0), jnp.int32(0)
        return self.look(state), state

    def step(self, key, state, action):
        place, time = state[0] + 2 * action - 1, state[1] + 1
        state = place, time
        return self.look(state), state, 1.0, place == self.length, time >= self.max_steps


OWN = f"{__name__}:Corridor"
NAMES = {
    OWN: None,
    "brax:inverted_pendulum?backend=spring&episode_length=8": "brax",
    "craftax:Craftax-Classic-Symbolic-v1?max_timesteps=8": "craftax",
    "jumanji:Snake-v1": "jumanji",
    "navix:Navix-Empty-5x5-v0": "navix",
    "pgx:2048?max_steps=8": "pgx",
    "pgx:minatar-breakout?max_steps=8": "pgx",
    "playground:CartpoleSwingup?episode_length=8": "mujoco_playground",
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name != OWN)) for name in NAMES]
)
def test_an_environment_of_any_library_is_trained_on(name):
    if NAMES[name]:
        pytest.importorskip(NAMES[name])
    env = environments.make(name)
    check_dynamics(name, env.world, strongly_typed)
    observation, state = jax.eval_shape(env.reset, KEY)
    action = jax.eval_shape(env.action_space.sample, KEY)
    step = jax.eval_shape(env.step, KEY, state, action)
    assert observation.shape == step.observation.shape == (env.observation_size,)
    types = lambda tree: [(x.shape, x.dtype, x.weak_type) for x in jax.tree.leaves(tree)]
    assert types(state) == types(step.state)

    config = ppo.Config(env=name, num_envs=2, num_steps=12, num_minibatches=2, total_steps=24)
    problem = ppo.make_problem(config)
    policy = ppo.policy(ppo.init(KEY, problem), config)
    streams = start_streams(KEY, env, 2)
    run = lambda streams: rollout(KEY, env, policy, streams, 12)
    _, steps, episodes = jax.jit(run)(streams)
    assert np.isfinite(steps.reward).all()
    assert not np.any(steps.terminated & steps.truncated)
    assert int(episodes.count) == int(np.sum(steps.ended))
    if env.max_steps == 8:
        assert np.all(np.any(steps.ended[:8], axis=0))
    if env.mask_size:
        taken = np.take_along_axis(steps.observation, np.asarray(steps.action)[..., None], -1)
        np.testing.assert_array_equal(taken, 1.0)


def test_the_users_own_environment_terminates_and_is_truncated():
    env = environments.make(f"{OWN}?length=2&max_steps=4")
    assert (env.name, env.max_steps, env.world.length) == ("Corridor", 4, 2)
    assert env.mask_size == 2
    observation, state = env.reset(KEY)
    np.testing.assert_array_equal(observation[:2], [0, 1])
    image = env.unflatten(observation[None])["image"]
    np.testing.assert_array_equal(image, [[[1], [0], [0]]])
    fates = []
    for action in (1, 0, 1, 0):
        step = env.step(KEY, state, action)
        state = step.state
        fates.append((bool(step.terminated), bool(step.truncated)))
    assert fates == [(False, False)] * 3 + [(False, True)]
    one_before = env.step(KEY, (jnp.int32(1), jnp.int32(3)), 1)
    assert bool(one_before.terminated)
    assert not bool(one_before.truncated)


def test_a_class_names_itself():
    config = ppo.Config(env=Corridor)
    assert config.env == OWN
    assert presets.config("ppo", env=Corridor).env == OWN
    assert config.replace(gamma=0.5).env == OWN


def test_names_of_folders():
    names = [
        "CartPole-v1?gravity=5",
        OWN,
        "brax:ant?backend=spring",
        "gymnasium:ale_py:ALE/Pong-v5",
    ]
    expected = ["CartPole-v1", "Corridor", "brax-ant", "gymnasium-ale_py-ALE-Pong-v5"]
    assert [environments.file_name(name) for name in names] == expected


def test_a_class_that_changes_is_made_anew(monkeypatch):
    """As a cell of a notebook is run again."""
    before = environments.make(OWN)
    assert environments.make(OWN) is before
    monkeypatch.setitem(globals(), "Corridor", type("Corridor", (Corridor,), {"max_steps": 7}))
    assert environments.make(OWN) is not before


def test_parameters_of_gymnax():
    strong = environments.make("CartPole-v1?gravity=20&max_steps_in_episode=50")
    assert (strong.max_steps, strong.params.gravity, strong.name) == (50, 20, "CartPole-v1")
    _, state = strong.reset(KEY)
    weak_step, strong_step = (
        environments.make(name).step(KEY, state.replace(theta=0.1), jnp.int32(1))
        for name in ("CartPole-v1", "CartPole-v1?gravity=20")
    )
    assert strong_step.state.theta_dot > weak_step.state.theta_dot
    assert environments.with_params("CartPole-v1?gravity=5", {"length": 1}) == (
        "CartPole-v1?gravity=5&length=1"
    )
    preset = presets.config("ppo", env="Acrobot-v1?max_steps_in_episode=100")
    assert preset.learning_rate == presets.config("ppo", env="Acrobot-v1").learning_rate


def test_stacked_observations_are_the_last_ones():
    env, one = (environments.make(name) for name in ("Pendulum-v1?stack=3", "Pendulum-v1"))
    assert env.observation_space.shape == (9,)
    assert env.max_steps == one.max_steps
    (observation, state), (first, single) = env.reset(KEY), one.reset(KEY)
    seen = [first, first, first]
    np.testing.assert_array_equal(observation, np.concatenate(seen))
    for force in (0.3, -0.5):
        action = jnp.array([force])
        step, alone = env.step(KEY, state, action), one.step(KEY, single, action)
        state, single = step.state, alone.state
        seen = [*seen[1:], alone.observation]
        np.testing.assert_array_equal(step.observation, np.concatenate(seen))
        assert step.reward == alone.reward
    assert environments.make(f"{OWN_IMAGE}?stack=2").observation.shape == (4, 2)
    assert environments.make(f"{OWN_IMAGE}?stack=2").mask_size == 2
    assert environments.make_differentiable("Pendulum-v1?stack=2").dynamics is not env.dynamics


class Image(Corridor):
    """Shows the image alone."""

    def __init__(self):
        super().__init__()
        self.observation_space = Box(0, 1, (4, 1))

    def look(self, state):
        return super().look(state)["image"]


OWN_IMAGE = f"{__name__}:Image"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("CartPole-v1?gravty=5", r"no parameter 'gravty'; did you mean gravity.*It has .*length"),
        (f"{OWN}?stack=2", r"has observations in Dict.*cannot be stacked"),
        ("CartPole-v1?stack=0", "stack must be an integer greater than 0; got 0"),
        ("CartPole-v1?gravity", "parameters are written as in CartPole-v1.gravity=5"),
        (f"{__name__}:Maze", "the module '.*test_adapters' has no 'Maze', and registers no such"),
        (f"{OWN}?width=3", "cannot be made: .*unexpected keyword argument 'width'"),
        (f"{__name__}:NAMES", "must be a class or a function; it is"),
        (f"{__name__}:Broken", "'Broken' is no environment.*no attribute 'observation_space'"),
    ],
)
def test_errors_of_names(name, message):
    with pytest.raises(ValueError, match=message):
        environments.make(name)


class Broken:
    action_space = Discrete(2)
