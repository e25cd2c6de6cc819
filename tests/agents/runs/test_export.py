"""An exported policy is the policy, also without this package."""

import json
import subprocess
import sys
import zipfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from jax import export

import jaxdist as jd
from agents.algorithms import ppo, recurrent_ppo
from agents.experience import environments
from agents.experience.rollout import as_recurrent
from agents.experience.spaces import Box, Dict, Discrete, Tuple, listed_bounds
from agents.networks.greedy import greedy_action
from agents.runs.export import PLATFORMS, export_policy

KEY = jax.random.key(0)
BATCH = 5

ALONE = """
import sys, zipfile
import jax, numpy as np
from jax import export
with zipfile.ZipFile(sys.argv[1]) as archive:
    read = lambda name: export.deserialize(bytearray(archive.read(f"{name}.bin"))).call
    sample, greedy, log_prob = map(read, ("sample", "greedy", "log_prob"))
observation = np.ones((5, 4), np.float32)
action, density = sample(observation, jax.random.PRNGKey(0))
np.testing.assert_allclose(log_prob(observation, action), density, rtol=1e-6)
assert greedy(observation).shape == (5,)
assert not {"jaxdist", "agents", "gymnax", "optax", "flax"} & set(sys.modules)
"""


def new_policy(algorithm, **fields):
    config = algorithm.Config(hidden_sizes=(8,), **fields)
    state = algorithm.init(KEY, algorithm.make_problem(config))
    return config.env, algorithm.policy(state, config)


def load(path):
    with zipfile.ZipFile(path) as archive:
        names = [name for name in archive.namelist() if name.endswith(".bin")]
        blobs = {name.removesuffix(".bin"): bytearray(archive.read(name)) for name in names}
        description = json.loads(archive.read("policy.json"))
    return {name: export.deserialize(blob) for name, blob in blobs.items()}, description


POLICIES = {
    "Categorical": (ppo, {}),
    "masked": (ppo, {"env": "Masked-probe"}),
    "of a Dict": (ppo, {"env": "Several-probe"}),
    "Beta": (ppo, {"env": "Pendulum-v1", "distribution": "beta"}),
    "tanh-Normal": (ppo, {"env": "Pendulum-v1", "distribution": "tanh-normal"}),
    "recurrent": (recurrent_ppo, {"memory_size": 3, "num_minibatches": 2}),
}
SLOW = ("of a Dict", "Beta", "tanh-Normal", "recurrent")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in POLICIES]
)
def test_an_exported_policy_is_the_policy(name, tmp_path):
    algorithm, fields = POLICIES[name]
    env_name, policy = new_policy(algorithm, **fields)
    export_policy(policy, env_name, tmp_path / "policy.zip", {"algorithm": "some"})
    functions, description = load(tmp_path / "policy.zip")
    assert description["algorithm"] == "some"
    assert description["env"] == env_name
    assert all(function.platforms == PLATFORMS for function in functions.values())

    env = environments.make(env_name)
    flat, _ = jax.vmap(env.reset)(jax.random.split(KEY, BATCH))
    seen = [env.unflatten(flat), *([flat[:, : env.mask_size] > 0] if env.mask_size else [])]
    recurrent = as_recurrent(policy)
    memory = [recurrent.initial(BATCH)] if recurrent is policy else []
    if memory:
        np.testing.assert_array_equal(functions["initial"].call(*seen), memory[0])
    pi, new_memory = recurrent.apply(flat, memory[0] if memory else ())
    action, log_prob, *after = functions["sample"].call(*seen, *memory, jax.random.PRNGKey(1))
    np.testing.assert_allclose(log_prob, pi.log_prob(action), rtol=1e-5, atol=1e-6)
    outputs = functions["log_prob"].call(*seen, *memory, action)
    np.testing.assert_allclose(outputs[0] if memory else outputs, log_prob, rtol=1e-5, atol=1e-6)
    greedy = functions["greedy"].call(*seen, *memory)
    close = lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)
    jax.tree.map(close, greedy[0] if memory else greedy, greedy_action(pi))
    if memory:
        close(after[0], new_memory)


def test_draws_differ_between_observations_and_keys(tmp_path):
    env_name, policy = new_policy(ppo, env="Pendulum-v1")
    export_policy(policy, env_name, tmp_path / "policy.zip", {})
    sample = load(tmp_path / "policy.zip")[0]["sample"].call
    draw = lambda seed: np.asarray(sample(jnp.ones((100, 3)), jax.random.PRNGKey(seed))[0])
    inside = [np.abs(draw(seed)) < 2 for seed in range(2)]
    assert len(np.unique(draw(0)[inside[0]])) == inside[0].sum() > 80
    assert not np.any((draw(0) == draw(1)) & inside[0])


def test_exported_actions_lie_in_their_box_and_densities_are_those_of_the_draws(tmp_path):
    def policy(s):
        rows = jnp.full((*s.shape[:-1], 1), 5.0)
        return jd.Independent(jd.Normal(rows, 1.0), 1)

    export_policy(policy, "Pendulum-v1", tmp_path / "policy.zip", {})
    functions, description = load(tmp_path / "policy.zip")
    observation = jnp.ones((BATCH, 3))
    action, log_prob = functions["sample"].call(observation, jax.random.PRNGKey(0))
    np.testing.assert_array_equal(action, 2.0)
    np.testing.assert_array_equal(functions["greedy"].call(observation), 2.0)
    assert len(np.unique(log_prob)) == BATCH, "of the draws, which differ"
    density = functions["log_prob"].call(observation, action)
    np.testing.assert_allclose(density, scipy.stats.norm(5, 1).logpdf(2), rtol=1e-6)
    assert description["action_bounds"] == {"low": [-2.0], "high": [2.0]}


def test_bounds_in_the_description():
    parts = (Discrete(3), Box([0, -np.inf], np.inf, (2,)), Box(-1, 1))
    assert listed_bounds(Dict({"a": Tuple(parts)})) == {
        "a": [
            {"low": 0, "high": 2},
            {"low": [0.0, None], "high": [None, None]},
            {"low": -1.0, "high": 1.0},
        ]
    }


@pytest.mark.slow
def test_an_exported_policy_needs_jax_alone(tmp_path):
    env_name, policy = new_policy(ppo)
    export_policy(policy, env_name, tmp_path / "policy.zip", {})
    command = [sys.executable, "-c", ALONE, tmp_path / "policy.zip"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
