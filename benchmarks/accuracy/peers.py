"""Other libraries' names for what jaxdist calls as torch does, and how they are evaluated."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from tests.accuracy.making import MAKERS
from tests.accuracy.score import DERIVATIVES, METHODS, Inputs, Method, evaluate, fitting

Results = dict[str, np.ndarray]


@dataclass(frozen=True)
class Peer:
    """A library.

    Attributes:
      name: how it is called in the table.
      module: where its classes are.
      evaluate: computes all quantities, given a constructor with jaxdist's parameters.
      classes: its names of classes, where they differ.
      arguments: by class of jaxdist, its names of arguments, where they differ.
      fixed: by class of jaxdist, arguments that jaxdist does not have.
    """

    name: str
    module: str
    evaluate: Callable[[Callable[..., Any], Inputs], Results]
    classes: dict[str, str] = field(default_factory=dict)
    arguments: dict[str, dict[str, str]] = field(default_factory=dict)
    fixed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __call__(self, inputs: Inputs) -> Results:
        """Evaluate a family; no results where the library lacks it, or refuses its parameters."""
        if inputs.name in MAKERS:  # made of parameters that are not arguments of the class
            return {}
        family = getattr(importlib.import_module(self.module), self._class_of(inputs.name), None)
        if family is None:
            return {}
        renamed = self.arguments.get(inputs.name, {})
        fixed = self.fixed.get(inputs.name, {})

        def make(**parameters: Any) -> Any:
            return family(**{renamed.get(k, k): v for k, v in parameters.items()}, **fixed)

        try:
            return self.evaluate(make, inputs)
        except (TypeError, ValueError, RuntimeError) as error:
            print(f"{self.name}, {inputs.label}: skipped, {str(error).splitlines()[0]}")
            return {}

    def _class_of(self, name: str) -> str:
        return self.classes.get(name, name)

    @property
    def is_installed(self) -> bool:
        """Whether it can be imported."""
        try:
            importlib.import_module(self.module)
        except ImportError:
            return False
        return True


def _with_jax(
    methods: dict[str, Method],
    divergence: Callable[[Any, Any], Any],
    count: type[np.generic] = np.int32,
) -> Callable[[Callable[..., Any], Inputs], Results]:
    """Evaluate a library made with JAX, whose counts are of a type."""

    def evaluate_all(make: Callable[..., Any], inputs: Inputs) -> Results:
        value = inputs.value
        if np.issubdtype(value.dtype, np.integer):
            value = value.astype(count)
        return evaluate(make, replace(inputs, value=value), methods, divergence)

    return evaluate_all


def _kl_of_method(p: Any, q: Any) -> Any:
    return p.kl_divergence(q)


def _kl_of_numpyro(p: Any, q: Any) -> Any:
    from numpyro.distributions import kl_divergence

    return kl_divergence(p, q)


_MOMENTS: dict[str, Method] = {
    "mean": lambda d, x, q: d.mean(),
    "variance": lambda d, x, q: d.variance(),
}
_TFP: dict[str, Method] = _MOMENTS | {"icdf": lambda d, x, q: d.quantile(q)}


def _with_torch(make: Callable[..., Any], inputs: Inputs) -> Results:
    """Evaluate torch, whose gradients are by autograd."""
    import torch

    parameters = {k: torch.tensor(v) for k, v in inputs.parameters.items()}
    x, q = torch.tensor(np.float32(inputs.value)), torch.tensor(inputs.q)
    floats = {k: v.requires_grad_() for k, v in parameters.items() if v.is_floating_point()}
    if "d/dvalue" in inputs.references:
        floats["value"] = x.requires_grad_()
    d = make(**parameters, validate_args=False)
    results: Results = {}
    for name in METHODS:
        if name in inputs.references:
            try:
                results[name] = METHODS[name](d, x, q) if name != "entropy" else d.entropy()
            except (NotImplementedError, AttributeError, RuntimeError):
                continue
    if inputs.other:
        other = make(**{k: torch.tensor(v) for k, v in inputs.other.items()}, validate_args=False)
        with contextlib.suppress(NotImplementedError):
            results["KL"] = torch.distributions.kl_divergence(d, other)
    for method, before in zip(("log_prob", "cdf"), DERIVATIVES, strict=True):
        if method in results and results[method].requires_grad:
            total, inputs_of = results[method].sum(), list(floats.values())
            try:
                gradients = torch.autograd.grad(
                    total, inputs_of, retain_graph=True, allow_unused=True
                )
            except NotImplementedError:
                continue
            found = zip(floats, gradients, strict=True)
            results |= {f"{before}{name}": g for name, g in found if g is not None}
    return fitting({k: v.detach().numpy() for k, v in results.items()}, inputs)


PEERS = (
    Peer("torch", "torch.distributions", _with_torch),
    Peer(
        "TFP",
        "tensorflow_probability.substrates.jax.distributions",
        _with_jax(METHODS | _TFP, _kl_of_method, np.float32),
        classes={"MultivariateNormal": "MultivariateNormalTriL", "Wishart": "WishartTriL"},
        arguments={
            "InverseGamma": {"rate": "scale"},
            "Pareto": {"alpha": "concentration"},
        },
        fixed={"HalfCauchy": {"loc": 0.0}},
    ),
    Peer("numpyro", "numpyro.distributions", _with_jax(METHODS, _kl_of_numpyro)),
    Peer(
        "distrax",
        "distrax",
        _with_jax(METHODS | _MOMENTS, _kl_of_method),
        arguments={
            "Beta": {"concentration1": "alpha", "concentration0": "beta"},
            "Softmax": {"preferences": "logits"},
        },
    ),
)
