import dataclasses
import inspect
import typing

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from agents.algorithms import apg, ppo, recurrent_ppo, reinforce, sac, trpo
from agents.algorithms.registry import ALGORITHMS
from agents.networks.layers import ACTIVATIONS, Activation
from agents.validation import check_arguments

pytestmark = pytest.mark.fast

CONFIGS = {name: algorithm.Config for name, algorithm in ALGORITHMS.items()}
WRONG = {"bool": 1, "str": 3, "int": 4.5, "float": "1e-3", "tuple[int, ...]": 64}


def fields_of(kind):
    return [
        (name, field.name)
        for name, config in CONFIGS.items()
        for field in dataclasses.fields(config)
        if field.type == kind
    ]


@pytest.mark.parametrize("kind", WRONG)
def test_every_field_rejects_another_type(kind):
    for name, field in fields_of(kind):
        for wrong in (WRONG[kind], None, object()):
            with pytest.raises(TypeError, match=f"{field} must be .*; got"):
                CONFIGS[name](**{field: wrong})


def test_every_choice_is_among_those_of_its_type():
    for config in CONFIGS.values():
        for field, hint in typing.get_type_hints(config).items():
            if typing.get_origin(hint) is typing.Literal:
                with pytest.raises(ValueError, match=f"{field} must be one of .*; got 'other'"):
                    config(**{field: "other"})
                with pytest.raises(TypeError, match=f"{field} must be a string; got 3"):
                    config(**{field: 3})
    assert list(typing.get_args(Activation)) == list(ACTIVATIONS)


def test_every_number_must_be_finite_in_float32():
    for name, field in fields_of("float"):
        for wrong in (np.inf, -np.inf, np.nan, 1e39, 1e-50, np.float32(np.nan), jnp.inf):
            with pytest.raises(ValueError, match=field):
                CONFIGS[name](**{field: wrong})


def test_every_integer_must_fit_the_device():
    for name, field in fields_of("int"):
        with pytest.raises(ValueError, match=f"{field} must be at most"):
            CONFIGS[name](**{field: 10**30})


@pytest.mark.parametrize(
    "rate", [np.float32(-1), np.float64(-1), np.array(-1.0), np.array([1.0, -1.0]), -1]
)
def test_a_range_holds_for_numpy_and_jax_numbers(rate):
    for given in (rate, jnp.asarray(rate)):
        with pytest.raises(ValueError, match="learning_rate must be greater than 0"):
            ppo.Config(learning_rate=given)


def test_numpy_numbers_and_lists_become_those_of_python():
    config = ppo.Config(
        num_envs=np.int64(8),
        learning_rate=np.float32(0.1),
        gamma=1,
        hidden_sizes=[8, np.int32(4)],
        total_steps=1e6,
        num_epochs=jnp.int32(4),
        anneal=jnp.bool_(False),
    )
    assert type(config.num_envs) is type(config.total_steps) is type(config.num_epochs) is int
    assert (config.total_steps, config.learning_rate, config.anneal) == (10**6, 0.1, False)
    assert type(config.learning_rate) is type(config.gamma) is float
    assert config.hidden_sizes == (8, 4)


def test_numbers_may_be_tracers_and_arrays():
    def rate(value):
        return ppo.Config(learning_rate=value).learning_rate * 2

    np.testing.assert_array_equal(jax.vmap(rate)(jnp.array([1.0, 2.0])), [2.0, 4.0])
    assert jax.jit(jax.grad(rate))(1.0) == 2
    assert jax.eval_shape(rate, 1.0).shape == ()
    assert ppo.Config(learning_rate=jnp.array([1.0, 2.0])).learning_rate.shape == (2,)


def test_the_structure_of_a_program_cannot_be_traced():
    with pytest.raises(TypeError, match="num_envs must be an integer that is known when the prog"):
        jax.vmap(lambda n: ppo.Config(num_envs=n).gamma)(jnp.array([1, 2]))


@pytest.mark.parametrize("name", ALGORITHMS)
def test_swapped_arguments_of_train_are_an_error(name):
    train, config, key = ALGORITHMS[name].train, CONFIGS[name](), jax.random.key(0)
    for run in (train, jax.jit(train)):
        with pytest.raises(TypeError, match=r"expects a .*Config as config; got .* are swapped"):
            run(config, key)
    other = ALGORITHMS["sac" if name != "sac" else "ppo"].Config()
    with pytest.raises(
        TypeError, match=rf"got agents\.algorithms\.{other.__module__.split('.')[-1]}"
    ):
        train(key, other)
    with pytest.raises(TypeError, match=r"expects a PRNG key such as jax.random.key\(0\) as key"):
        train(0, config)
    several = jax.random.split(key, 3)
    for keys in (several, jax.random.key_data(several), jnp.zeros(2)):
        with pytest.raises(TypeError, match=r"as key; got an array of .* of shape .*jax.vmap"):
            train(keys, config)
    assert list(inspect.signature(train).parameters) == ["key", "config", "actor", "critic"]


def test_the_data_of_a_key_is_a_key():
    """`jax.random.PRNGKey` returns data, which `train` could not split over streams."""
    key = jax.random.key(3)
    for raw in (jax.random.PRNGKey(3), np.asarray(jax.random.key_data(key))):
        assert check_arguments(raw, ppo.Config(), ppo.Config) == key
    batch = jax.vmap(lambda raw: check_arguments(raw, ppo.Config(), ppo.Config))
    assert jax.eval_shape(batch, jnp.zeros((5, 2), jnp.uint32)).dtype == key.dtype


@pytest.mark.parametrize(
    ("config", "given", "expected"),
    [
        (sac.Config, {"tau": 0.0}, "tau must be greater than 0"),
        (reinforce.Config, {"env": "Pendulum-v1", "distribution": "bernoulli"}, "'bernoulli' does"),
        (apg.Config, {"normalize_rewards": True}, "normalize_rewards is not supported by"),
        (recurrent_ppo.Config, {"hidden_sizes": ()}, "at least one entry"),
        (trpo.Config, {"env": "../x:Y"}, "'../x' is not the name of a module"),
        (trpo.Config, {"env": ".x:Y"}, "'.x' is not the name of a module"),
    ],
)
def test_what_cannot_be_meant_is_an_error(config, given, expected):
    with pytest.raises(ValueError, match=expected):
        config(**given)
