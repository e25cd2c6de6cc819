"""Calls at random: constructors, functions and methods, as lines of code."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxdist as jd
from benchmarks.fuzz.arguments import JUNK, NUMBERS, SPECIAL, VALID
from jaxdist import constraints, estimators
from jaxdist.special.elementwise import elementwise
from jaxdist.special.of_arrays import OfArrays

NAMES = {
    "jax": jax,
    "jnp": jnp,
    "np": np,
    "jd": jd,
    "constraints": constraints,
    "estimators": estimators,
}
"""What lines of code may name."""

ROOMS = {
    "jd": jd,
    "jd.random": jd.random,
    "jd.special": jd.special,
    "constraints": constraints,
    "estimators": estimators,
}
"""The modules whose public names are called."""

# They change what later calls do, declare fields of classes, or are tuples without checks.
SKIPPED = {
    *("set_validation", "validation", "register_kl", "static", "param", "derived", "Param"),
    *("Pytree", "GradientStatistics", "KLEstimate", "NaturalGradient", "VTrace", "Branches"),
    *("Draw", "WeakDerivative", "dependent_property", "Distribution", "ExponentialFamily"),
    *("Transform", "Constraint", "Range", "Estimator"),
}
METHODS = {
    jd.Distribution: (
        *("sample", "rsample", "sample_and_log_prob", "rsample_and_log_prob", "log_prob", "cdf"),
        *("log_cdf", "survival_function", "log_survival_function", "icdf", "mean", "mode"),
        *(
            "median",
            "isf",
            "interval",
            "variance",
            "stddev",
            "entropy",
            "perplexity",
            "enumerate_support",
            "expand",
            "support",
        ),
        *("__getitem__", "__iter__"),
    ),
    jd.Transform: (
        *("__call__", "inv", "log_abs_det_jacobian", "forward_and_log_det", "sign", "expand"),
        *("inverse_and_log_det", "forward_shape", "inverse_shape", "__getitem__"),
    ),
    constraints.Constraint: ("check", "feasible_like"),
    estimators.Estimator: ("supports", "unsupported_reason"),
    estimators.MovingAverage: ("update", "value"),
}


@dataclass(frozen=True)
class Target:
    """Something public to call, by its code, and its parameters."""

    code: str
    function: Callable[..., Any]
    parameters: tuple[inspect.Parameter, ...]

    @property
    def name(self) -> str:
        return self.code.rpartition(".")[2]


def public_targets() -> list[Target]:
    """The classes and functions that users call."""
    found = {}
    for code, module in ROOMS.items():
        for name in module.__all__:
            thing = getattr(module, name)
            is_special = code == "jd.special"
            is_callable = inspect.isclass(thing) or inspect.isfunction(thing)
            if isinstance(thing, elementwise | OfArrays) if is_special else is_callable:
                parameters = tuple(inspect.signature(thing).parameters.values())
                found.setdefault(id(thing), Target(f"{code}.{name}", thing, parameters))
    return [target for target in found.values() if target.name not in SKIPPED]


class Generator:
    """Makes lines of code at random."""

    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.targets = public_targets()
        self.classes = {
            base: [
                t
                for t in self.targets
                if inspect.isclass(t.function) and issubclass(t.function, base)
            ]
            for base in METHODS
        }

    def lines(self, number: int) -> Iterator[str]:
        for _ in range(number):
            yield (
                self.method()
                if self.random.random() < 0.5
                else self.call(self.choose(self.targets))
            )

    def choose(self, options: Any) -> Any:
        return options[self.random.integers(len(options))]

    def method(self) -> str:
        base = self.choose(list(METHODS))
        target = self.choose(self.classes[base])
        name = self.choose(METHODS[base])
        method = inspect.getattr_static(target.function, name, None)
        instance = self.call(target, wrong=False)
        if not callable(method):
            return f"{instance}.{name}"
        parameters = tuple(inspect.signature(method).parameters.values())[1:]
        return self.call(Target(f"{instance}.{name}", method, parameters))

    def call(self, target: Target, wrong: bool = True) -> str:
        """Call something, with one or two wrong arguments."""
        arguments = self.arguments(target)
        if wrong and arguments:
            for _ in range(self.choose([1, 1, 1, 2])):
                arguments[self.choose(list(arguments))] = self.choose(JUNK)
            if self.random.random() < 0.03:
                del arguments[self.choose(list(arguments))]
        if isinstance(target.function, elementwise):  # its parameters have no names
            return f"{target.code}({', '.join(arguments.values())})"
        by_name = [f"{name}={code}" for name, code in arguments.items()]
        return f"{target.code}({', '.join(by_name)})"

    def arguments(self, target: Target) -> dict[str, str]:
        """Valid arguments; those with a default now and then."""
        alternatives = getattr(target.function, "_alternatives", ())
        one = self.choose(alternatives) if alternatives else None
        arguments = {}
        for parameter in target.parameters:
            name = parameter.name
            optional = parameter.default is not parameter.empty
            is_left_out = optional and self.random.random() < 0.7
            if name in alternatives:
                is_left_out = name != one
            if not is_left_out and parameter.kind is not parameter.VAR_KEYWORD:
                arguments[name] = self.choose(
                    SPECIAL.get((target.name, name)) or VALID.get(name, NUMBERS)
                )
        return arguments
