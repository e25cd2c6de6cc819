"""Torsos of vectors and of images."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.algorithms import ppo, recurrent_ppo
from agents.experience import environments
from agents.networks.torsos import make_torso

KEY = jax.random.key(0)
IMAGES = "Breakout-MinAtar"


def test_convolutions_are_their_formula():
    env = environments.make(IMAGES)
    torso = make_torso(env, (5, 3), (2,), "relu")
    params = torso.init(KEY)
    x = jax.random.normal(KEY, (2, env.observation_size))
    images = np.asarray(env.unflatten(x))
    for layer in params["convolutions"]:
        weight = np.asarray(layer["weight"])
        windows = np.lib.stride_tricks.sliding_window_view(images, (3, 3), axis=(1, 2))
        images = np.maximum(np.einsum("bhwcij,ijco->bhwo", windows, weight), 0.0)
    assert images.shape == (2, 6, 6, 3)
    expected = images.reshape(2, -1) @ params["perceptron"][0]["weight"]
    np.testing.assert_allclose(torso.apply(params, x), expected, rtol=1e-4, atol=1e-5)
    one = torso.apply(params, x[0])
    np.testing.assert_allclose(one, expected[0], rtol=1e-4, atol=1e-5)


def test_without_channels_a_torso_is_a_perceptron():
    env = environments.make(IMAGES)
    assert len(make_torso(env, (), (8, 2), "tanh").init(KEY)) == 2


@pytest.mark.slow
def test_images_of_a_dict_are_convolved_and_the_rest_is_not():
    env = environments.make("tests.agents.probes:Room")
    torso = make_torso(env, (5,), (2,), "relu")
    params = torso.init(KEY)
    x = jax.random.normal(KEY, (7, env.observation_size))
    picture, prize = np.split(np.asarray(x), [12], axis=-1)
    weight = np.asarray(params["convolutions"][0]["weight"])
    windows = np.lib.stride_tricks.sliding_window_view(picture.reshape(7, 3, 4), (3, 3), (1, 2))
    convolved = np.maximum(np.einsum("bhwij,ijo->bhwo", windows, weight[:, :, 0]), 0.0)
    features = np.concatenate([convolved.reshape(7, -1), prize], axis=-1)
    expected = features @ params["perceptron"][0]["weight"]
    np.testing.assert_allclose(torso.apply(params, x), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("algorithm", [ppo, recurrent_ppo])
def test_a_config_has_channels(algorithm):
    config = algorithm.Config(env=IMAGES, channels=[4], hidden_sizes=(8,), num_minibatches=2)
    problem = algorithm.make_problem(config)
    state = jax.eval_shape(lambda: algorithm.init(KEY, problem))
    new, _ = jax.eval_shape(lambda state: algorithm.update(state, problem), state)
    shapes = [leaf.shape for leaf in jax.tree.leaves(new.params)]
    assert (3, 3, 4, 4) in shapes
    assert shapes == [leaf.shape for leaf in jax.tree.leaves(state.params)]


@pytest.mark.parametrize(
    ("env", "channels"), [("CartPole-v1", (4,)), (IMAGES, (4,) * 5), (IMAGES, (0,))]
)
def test_channels_need_images(env, channels):
    with pytest.raises(ValueError, match="channels"):
        ppo.Config(env=env, channels=channels)


def test_an_image_of_a_batch_of_any_axes():
    env = environments.make(IMAGES)
    torso = make_torso(env, (2,), (3,), "tanh")
    x = jnp.ones((2, 5, env.observation_size), bool).astype(jnp.float32)
    assert torso.apply(torso.init(KEY), x).shape == (2, 5, 3)
