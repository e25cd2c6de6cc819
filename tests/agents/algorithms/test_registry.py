"""The outer loop calls every algorithm in the same way."""

import inspect

import jax
import jax.numpy as jnp
import pytest

from agents.algorithms.registry import ALGORITHMS, Algorithm
from agents.experience.rollout import as_recurrent

INTERFACE = {
    name: [*inspect.signature(function).parameters][1:]  # without self
    for name, function in inspect.getmembers(Algorithm, inspect.isfunction)
    if not name.startswith("_")
}


@pytest.mark.fast
@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_functions_take_the_arguments_of_the_interface(name):
    for function, arguments in INTERFACE.items():
        signature = inspect.signature(getattr(ALGORITHMS[name], function))
        signature.bind(*arguments)  # what else it takes has defaults
        assert [*signature.parameters][: len(arguments)] == arguments, function


@pytest.mark.parametrize("name", [name for name in ALGORITHMS if name not in ("apg", "td3")])
def test_a_policy_takes_observations_of_the_environment_and_their_mask(name):
    """In the place of flat ones; the two others have no mask."""
    algorithm = ALGORITHMS[name]
    config = algorithm.Config(env="Masked-probe", hidden_sizes=(8,))
    state = jax.eval_shape(
        lambda: algorithm.init(jax.random.key(0), algorithm.make_problem(config))
    )

    def kind(*seen):
        def apply(state):
            policy = algorithm.policy(state, config)
            recurrent = as_recurrent(policy)
            if recurrent is not policy:
                return policy(*seen)
            return policy.apply(seen[0], policy.initial(5), *seen[1:])[0]

        leaves = jax.tree.leaves(jax.eval_shape(apply, state))
        return [(leaf.shape, leaf.dtype) for leaf in leaves]

    assert kind(jnp.ones((5, 4))) == kind(jnp.ones((5, 1)), jnp.ones((5, 3), bool))
    with pytest.raises(ValueError, match=r"and a mask of shape \[\.\.\., 3\]; got shape \(5, 1\)"):
        kind(jnp.ones((5, 1)))
