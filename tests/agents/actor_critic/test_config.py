import inspect

import pytest

from agents.actor_critic.field_docs import field_docs
from agents.algorithms import ppo, vpg
from agents.algorithms.registry import ALGORITHMS

pytestmark = pytest.mark.fast


@pytest.mark.parametrize("name", ALGORITHMS)
def test_help_documents_every_field(name):
    config_class = ALGORITHMS[name].Config
    text = " ".join(inspect.getdoc(config_class).split())
    docs = field_docs(config_class)
    assert docs.keys() == vars(config_class()).keys()
    for field, doc in docs.items():
        assert doc
        assert f"{field}: {doc}" in text


def test_a_new_default_keeps_the_docstring_of_the_field():
    assert vpg.Config().gae_lambda != ppo.Config().gae_lambda
    assert field_docs(vpg.Config)["gae_lambda"] == field_docs(ppo.Config)["gae_lambda"]


def test_a_subclass_without_source_keeps_the_inherited_docs():
    config_class = type("Config", (ppo.Config,), {"__annotations__": {}})
    assert field_docs(config_class) == field_docs(ppo.Config)


OTHER_VALUES = {
    "channels": (4,),
    "distribution": "beta",
    "noise_steps": 3,
    "normalize_rewards": True,
    "shared_torso": True,
}


@pytest.mark.parametrize("name", ALGORITHMS)
def test_what_an_algorithm_does_not_support_is_an_error(name):
    config_class = ALGORITHMS[name].Config
    for field in config_class.fixed:
        with pytest.raises(ValueError, match=f"{field} is not supported by this algorithm"):
            config_class(**{field: OTHER_VALUES[field]})
