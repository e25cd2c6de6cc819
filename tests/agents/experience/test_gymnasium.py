"""Environments of gymnasium, which Python steps on the host."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import agents
import jaxdist as jd
from agents.algorithms import ppo
from agents.experience import environments
from agents.experience.adapters.gymnasium import HostEpisodes
from agents.experience.adapters.gymnasium_spaces import converted, from_gymnasium, to_gymnasium
from agents.experience.rollout import play_episodes, rollout, start_streams
from agents.rendering.render import render
from agents.runs.evaluation import evaluate

gymnasium = pytest.importorskip("gymnasium")
spaces = gymnasium.spaces
KEY = jax.random.key(0)


class Count(gymnasium.Env):
    """Counts its steps from a random number on; action 1 ends the episode."""

    action_space = spaces.Discrete(2, start=1)
    observation_space = spaces.Box(0, np.inf, (2,), np.float64)
    metadata = {"render_modes": ["rgb_array"]}
    opened = set()

    def __init__(self, render_mode=None):
        self.render_mode = render_mode
        self.opened.add(id(self))

    def close(self):
        self.opened.discard(id(self))

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.start, self.time = self.np_random.integers(1000), 0
        return np.array([self.start, 0.0]), {}

    def step(self, action):
        self.time += 1
        return np.array([self.start, self.time]), self.time, action == 2, self.time == 6, {}

    def render(self):
        return np.full((8, 16, 3), 10 * self.time, np.uint8)


def limited():
    return gymnasium.wrappers.TimeLimit(Count(), 4)


NAME = f"{__name__}:Count"


def coin(observation):
    return jd.Categorical(logits=jnp.zeros((*observation.shape[:-1], 2)) + jnp.array([1.0, 0.0]))


@pytest.mark.slow
def test_a_rollout_steps_every_stream_once_per_step():
    env = environments.make(NAME)
    streams = start_streams(KEY, env, 3)
    run = jax.jit(lambda streams: rollout(KEY, env, coin, streams, 8))
    streams, steps, episodes = run(streams)
    steps = dataclasses.replace(steps, policy=None)
    time, ended = np.asarray(steps.observation[..., 1]), np.asarray(steps.ended)
    expected = np.zeros(3)
    for now, over in zip(time, ended, strict=True):
        np.testing.assert_array_equal(now, expected)
        expected = np.where(over, 0, expected + 1)
    np.testing.assert_array_equal(steps.next_observation[..., 1], time + 1)
    np.testing.assert_array_equal(steps.reward, time + 1)
    np.testing.assert_array_equal(steps.terminated, steps.action == 1)
    np.testing.assert_array_equal(steps.truncated, (time == 5) & (steps.action == 0))
    starts = np.asarray(steps.observation[..., 0])
    assert np.all((starts[1:] == starts[:-1]) | ended[:-1])
    assert len(np.unique(starts[1:][ended[:-1]])) > 1
    assert int(episodes.count) == ended.sum()
    _, again, _ = run(start_streams(KEY, env, 3))
    np.testing.assert_array_equal(again.observation, steps.observation)


@pytest.mark.slow
def test_nested_vmap_and_evaluations_call_the_host_once():
    env = environments.make(NAME)
    keys = jax.random.split(KEY, 2)
    run = lambda key: rollout(key, env, coin, start_streams(key, env, 3), 8)[1].observation
    np.testing.assert_array_equal(jax.jit(jax.vmap(run))(keys)[1], jax.jit(run)(keys[1]))
    transitions, mask = jax.jit(lambda: play_episodes(KEY, env, coin, 5))()
    lengths = np.max(transitions.next_observation[..., 1], axis=0, where=mask, initial=0)
    np.testing.assert_array_equal(mask.sum(axis=0), lengths)
    returns = jax.jit(lambda: evaluate(KEY, env, coin, 64))()
    assert set(np.unique(returns)) <= {1, 3, 6, 10, 15, 21}


def test_episodes_that_the_host_does_not_know_are_truncated():
    """As after a resume in another process."""
    env = environments.make(NAME)
    _, state = env.reset(KEY)
    env.world.episodes.close()
    step = env.step(KEY, state, jnp.int32(0))
    assert bool(step.truncated)
    assert float(step.reward) == 0
    np.testing.assert_array_equal(step.observation, state.observation)
    observation, state = env.restart(step, jax.random.key(1))
    assert observation[1] == 0
    assert env.step(KEY, state, jnp.int32(0)).observation[1] == 1


def test_an_environment_plays_one_episode_after_another():
    made = []
    episodes = HostEpisodes(lambda: made.append(Count()) or made[-1])
    first, second = episodes.new_numbers(2).tolist()
    episodes.start(first, 0)
    assert episodes.step(first, 2)[2]
    assert episodes.step(first, 1) is None
    episodes.start(second, 1)
    assert len(made) == 1
    episodes.start(first, 2)
    assert len(made) == 2


def test_environments_are_closed_after_their_last_use():
    made = []
    episodes = HostEpisodes(lambda: made.append(Count()) or made[-1])
    with episodes.opened():
        with episodes.opened():
            episodes.start(1, 0)
        assert Count.opened >= {id(made[0])}
    assert id(made[0]) not in Count.opened
    assert episodes.step(1, 1) is None


SPACES = [
    spaces.Discrete(3, start=-1),
    spaces.Box(-1, 1, (2, 3), np.float64),
    spaces.MultiDiscrete([2, 3], start=[0, 5]),
    spaces.MultiBinary(4),
    spaces.Dict(b=spaces.Discrete(2), a=spaces.Box(0, 255, (2,), np.uint8)),
    spaces.Tuple([spaces.Discrete(2), spaces.MultiBinary(2)]),
]


@pytest.mark.fast
@pytest.mark.parametrize("space", SPACES, ids=lambda space: type(space).__name__)
def test_elements_of_spaces_are_converted_and_back(space):
    space.seed(0)
    element = space.sample()
    ours = from_gymnasium(space, element)
    shapes = jax.eval_shape(converted(space).sample, KEY)
    types = lambda tree: jax.tree.map(lambda leaf: (leaf.shape, leaf.dtype), tree)
    assert types(ours) == types(shapes)
    back = to_gymnasium(space, ours)
    assert space.contains(back)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-6)  # one is in float32
    jax.tree.map(close, [back], [element])


def test_names_of_objects():
    name = environments.name_of(gymnasium.make("CartPole-v1", max_episode_steps=50))
    assert name == "gymnasium:CartPole-v1?max_episode_steps=50"
    assert environments.make(name).max_steps == 50
    assert environments.make(f"{__name__}:limited").max_steps == 4
    assert environments.make(f"{NAME}?max_episode_steps=3").max_steps == 3
    wrapped = gymnasium.wrappers.FlattenObservation(gymnasium.make("CartPole-v1"))
    for env in (wrapped, Count()):
        with pytest.raises(TypeError, match="several are needed: give a class, or a function"):
            environments.name_of(env)


class NoSpaces(gymnasium.Env):
    pass


class Unshaped(Count):
    observation_space = spaces.Box(0, np.inf, (3,))


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("gymnasium:CarPole-v1", "cannot be made: .*Did you mean: `CartPole`"),
        (
            "gymnasium:CartPole-v1?gravty=5",
            "cannot be made: .*unexpected keyword argument 'gravty'",
        ),
        (f"{__name__}:Unshaped", "the observation of reset: expected an element of Box"),
        (f"{__name__}:NoSpaces", "must have an attribute action_space"),
    ],
)
def test_errors_of_names(name, message):
    with pytest.raises(ValueError, match=message):
        environments.make(name)


@pytest.mark.slow
def test_runs_are_trained_resumed_and_rendered(tmp_path, capsys):
    settings = {"total_steps": 512, "num_steps": 32, "seeds": 2, "evaluations": 1}
    Count.opened.clear()
    run = agents.fit("ppo", env=Count, **settings)
    assert not Count.opened
    assert np.isfinite(run.evaluate(4)).all()
    run = run.resume(total_steps=1024)
    assert "Checkpoints do not hold environments" in capsys.readouterr().out
    env = environments.make(NAME)
    moments = render(tmp_path / "film.gif", KEY, env, run.policy())
    assert len(moments) > 1
    assert not Count.opened
    with pytest.raises(ValueError, match="not differentiable: gymnasium steps it on the host"):
        environments.make_differentiable("gymnasium:Pendulum-v1")


@pytest.mark.slow
@pytest.mark.parametrize("env", ["gymnasium:Pendulum-v1", "gymnasium:Pendulum-v1?stack=2"])
def test_sac_and_ppo_train(env):
    for name in ("sac", "ppo"):
        steps = {"total_steps": 2304} if name == "sac" else {"total_steps": 512}
        run = agents.fit(name, env=env, evaluations=0, show_progress=False, **steps)
        assert run.finished
    jax.jit(jax.vmap(ppo.train, (0, None)))(
        jax.random.split(KEY, 2), ppo.Config(env=env, total_steps=512)
    )
