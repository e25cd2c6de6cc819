"""The outer loop calls every algorithm in the same way."""

import inspect

import pytest

from agents.algorithms.registry import ALGORITHMS, Algorithm

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
