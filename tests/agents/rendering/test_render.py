import shutil

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import jaxdist as jd
from agents.experience import environments
from agents.experience.environment import Environment
from agents.experience.spaces import Box, Discrete
from agents.rendering import film, render
from agents.rendering.episode import play

DRAWN = ["Catch-bsuite", "CartPole-v1", "FourRooms-misc", "Pendulum-v1", "Reacher-misc"]
SLOW = sorted({"Breakout-MinAtar", "DeepSea-bsuite", "Pong-misc", *render.DRAWINGS} - {*DRAWN})


def moments_of(env, num=3):
    """The first moments of an episode with random actions, without compiling it."""
    key, moments = jax.random.key(0), []
    observation, state = env.reset(key)
    action = env.action_space.sample(key)
    for i in range(num):
        numpy = jax.tree.map(np.asarray, (observation, state, action))
        moments.append(render.Moment(*numpy, i, 0.0))
        step = env.step(jax.random.key(i), state, action)
        observation, state = step.observation, step.state
    return moments


@pytest.mark.parametrize(
    "name", [*DRAWN, *(pytest.param(name, marks=pytest.mark.slow) for name in SLOW)]
)
def test_a_picture_shows_what_changes(name):
    env = environments.make(name)
    drawing, fps = render.drawing_of(env)
    first, *_, last = render.pictures(env, drawing, moments_of(env))
    assert first.dtype == np.uint8
    assert first.shape == (360, 360, 3)
    assert 0 < fps <= 50
    below_the_title = slice(40, None)
    assert len(np.unique(first[below_the_title].reshape(-1, 3), axis=0)) > 3
    assert np.any(first[below_the_title] != last[below_the_title]) or name == "FourRooms-misc"


def push(action):
    """A policy that always takes this action."""
    logits = jnp.where(jnp.arange(2) == action, 0.0, -jnp.inf)
    return lambda s: jd.Categorical(logits=jnp.broadcast_to(logits, (len(s), 2)))


def test_an_episode_begins_with_a_reset_and_ends_at_its_end():
    """The cart is pushed to the right until the pole falls, to the left."""
    env = environments.make("CartPole-v1")
    moments = play(jax.random.key(0), env, push(1))
    assert [moment.step for moment in moments] == list(range(len(moments)))
    assert moments[-1].total == len(moments) - 1
    assert 5 < len(moments) < 20
    assert abs(moments[0].state.theta) < 0.05 < 0.2 < -moments[-1].state.theta
    assert moments[-1].action == 1
    cut = play(jax.random.key(0), env, push(1), max_steps=4)
    np.testing.assert_allclose(cut[-1].observation, moments[4].observation)
    assert len(cut) == 5


def test_a_film_has_every_picture(tmp_path):
    path = tmp_path / "film.gif"
    pictures = [np.full((30, 41, 3), 80 * i, np.uint8) for i in range(3)]
    film.write(path, pictures, fps=10)
    with Image.open(path) as film_of_it:
        assert film_of_it.n_frames == 3
        for i in range(3):
            film_of_it.seek(i)
            assert np.all(np.asarray(film_of_it.convert("RGB")) == 80 * i)
            assert film_of_it.info["duration"] == (1000 if i == 2 else 100)


@pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="ffmpeg is not installed")
def test_a_film_can_be_an_mp4(tmp_path):
    path = tmp_path / "film.mp4"
    film.write(path, [np.full((30, 41, 3), 80, np.uint8)] * 3, fps=10)
    assert path.read_bytes()[4:8] == b"ftyp"


def test_what_cannot_be_rendered_is_an_error(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="no pictures of MemoryChain-bsuite: its observations"):
        render.drawing_of(environments.make("MemoryChain-bsuite"))
    with pytest.raises(ValueError, match=r"a film ends in .gif or .mp4; got 'x.avi'"):
        render.render("x.avi", jax.random.key(0), environments.make("CartPole-v1"), push(1))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ValueError, match="needs the program ffmpeg"):
        film.check(tmp_path / "film.mp4")


def test_an_environment_can_draw_itself(tmp_path):
    class Line:
        action_space, observation_space, max_steps = Discrete(2), Box(-9, 9, (1,)), 5

        def reset(self, key):
            return jnp.zeros(1), jnp.float32(0)

        def step(self, key, state, action):
            return jnp.zeros(1), state + action, 0.0, False, False

        def draw(self, axes, state):
            axes.plot([0, float(state)], [0, 1])

    env = Environment("Line", Line())
    moments = render.render(tmp_path / "x.gif", jax.random.key(0), env, push(1), max_steps=2)
    assert len(moments) == 3
    assert repr(moments) == "Episode(2 steps, return 0)"
    with pytest.raises(ValueError, match="fps must be a finite number greater than 0; got 0"):
        render.render(tmp_path / "y.gif", jax.random.key(0), env, push(1), fps=0)
    assert (tmp_path / "x.gif").stat().st_size
