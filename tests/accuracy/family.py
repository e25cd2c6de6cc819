"""What a row of the suite is: the mathematics of a family, and inputs for it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

Formula = Callable[..., Any]
Draw = Callable[[np.random.Generator, int], Any]


@dataclass(frozen=True)
class Family:
    """A family of distributions, by formulas of mpmath numbers (arrays of them for vectors).

    Attributes:
      name: the class in jaxdist.
      parameters: how each parameter is drawn, by the name of the constructor's argument:
        `draw(rng, level)`, from moderate (0) over wide (1) to extreme (2).
      value: `value(rng, *parameters)` draws a value, in the bulk or in a tail.
      log_prob: `log_prob(x, *parameters)`.
      tails: `tails(x, *parameters)`, the probabilities of at most x and of more than x.
      entropy, mean, variance: formulas of the parameters.
      kl: `kl(*parameters, *other)`, the divergence from another distribution of the family.
      exact: names of parameters that are integers. They are not rounded, nor differentiated.
      discrete: whether values are integers.
      on_surface: whether values satisfy an equation. Densities off that surface are arbitrary, so
        that derivatives in the value are not compared.
    """

    name: str
    parameters: dict[str, Draw]
    value: Callable[..., Any]
    log_prob: Formula
    tails: Formula | None = None
    entropy: Formula | None = None
    mean: Formula | None = None
    variance: Formula | None = None
    kl: Formula | None = None
    exact: frozenset[str] = field(default_factory=frozenset)
    discrete: bool = False
    on_surface: bool = False

    def __post_init__(self) -> None:
        """Check how many arguments the formulas take: a TypeError later is an undefined value."""
        parameters, other = list(self.parameters), [f"other {name}" for name in self.parameters]
        arguments = {
            "value": ["rng", *parameters],
            "log_prob": ["x", *parameters],
            "tails": ["x", *parameters],
            "entropy": parameters,
            "mean": parameters,
            "variance": parameters,
            "kl": [*parameters, *other],
        }
        for name, given in arguments.items():
            formula = getattr(self, name)
            if formula is None:
                continue
            signature = inspect.signature(formula)
            try:
                signature.bind(*given)
            except TypeError:
                raise TypeError(
                    f"the row of {self.name} in tests/accuracy/families: `{name}` is called with "
                    f"{len(given)} arguments ({', '.join(given)}), but takes {signature}; give it "
                    "one argument for each of `parameters`, in their order"
                ) from None

    @property
    def label(self) -> str:
        """The class, and by which of two parameters it is given."""
        given = [name for name in self.parameters if name in ALTERNATIVES]
        return f"{self.name}({given[0]})" if given else self.name


ALTERNATIVES = (
    "probs",
    "logits",
    "log_scale",
    "covariance_matrix",
    "precision_matrix",
    "correlation",
)
