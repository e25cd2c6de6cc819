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
def test_the_functions_have_the_arguments_of_the_interface(name):
    functions = {function: getattr(ALGORITHMS[name], function) for function in INTERFACE}
    arguments = {key: [*inspect.signature(f).parameters] for key, f in functions.items()}
    assert arguments == INTERFACE
