"""Calls of the library with wrong arguments: a value or a documented error, and no other error.

    python -m benchmarks.fuzz --calls 100000 --seed 0

A call is a line of code: a constructor, a function, or a method of an instance, with arguments that
are valid but for one or two, which are of a wrong type, shape, dtype or value. A documented error
is a TypeError, ValueError, IndexError or NotImplementedError that a `raise` of the library makes;
every other error comes from below, and is printed once with the line that reproduces it.
"""

from __future__ import annotations

import argparse
import collections
import inspect
import linecache
import os
import re
import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Compiling is what takes the time.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

import jax
import jax.numpy as jnp
import numpy as np

import jaxdist as jd
from jaxdist import constraints, estimators

NAMES = {
    "jax": jax,
    "jnp": jnp,
    "np": np,
    "jd": jd,
    "constraints": constraints,
    "estimators": estimators,
}
PACKAGE = str(Path(jd.__file__).parent)

JUNK = [
    *("None", "True", "'a'", "''", "b'a'", "object()", "...", "jnp", "lambda x: x", "int"),
    *("-1", "0", "1", "2", "3", "7", "-1.5", "0.0", "0.5", "2.0", "1e30", "1j", "2**40"),
    *("jnp.nan", "jnp.inf", "-jnp.inf", "np.float64(0.3)", "np.int8(3)", "np.bool_(True)"),
    *("[]", "()", "{}", "[1.0, 'a']", "[[1.0], [2.0, 3.0]]", "[None]", "['a', 'b']", "{'a': 1.0}"),
    *("[0.5, 2.0]", "(0.5, 2.0)", "(2, -1)", "(2.0,)", "('2',)", "(None,)", "{1, 2}", "range(3)"),
    *("jnp.ones(2)", "jnp.ones((2, 3))", "jnp.ones((3, 3))", "jnp.zeros(0)", "jnp.ones((3, 1))"),
    *(
        "np.ones(3)",
        "np.ones(5)",
        "jnp.arange(3)",
        "jnp.ones(3, bool)",
        "jnp.ones(3, jnp.bfloat16)",
    ),
    *("jnp.array([1.0, jnp.nan, 2.0])", "jnp.array([-1.0, jnp.inf, 0.0])", "-jnp.ones(3)"),
    *("jnp.ones(3, jnp.complex64)", "np.array(['a', 'b'])", "np.array([None, 1])", "slice(2)"),
    *("np.array('2020-01-01', 'M8')", "jax.ShapeDtypeStruct((3,), jnp.float32)"),
    *("jax.random.key(0)", "jax.random.split(jax.random.key(0))", "jax.random.PRNGKey(0)"),
    *("jnp.zeros(2, jnp.uint32)", "jnp.zeros(3, jnp.uint32)", "jax.random.key(0, impl='rbg')"),
    *(
        "jd.Normal",
        "jd.Normal(0.0, 1.0)",
        "jd.Normal(jnp.zeros(3), 1.0)",
        "jd.Categorical([0.5] * 2)",
    ),
    *(
        "jd.Dirichlet(jnp.ones(3))",
        "jd.Joint({'a': jd.Normal(0.0, 1.0)})",
        "jd.Poisson(jnp.ones(3))",
    ),
    *(
        "jd.ExpTransform",
        "jd.ExpTransform()",
        "jd.StickBreakingTransform()",
        "constraints.positive",
    ),
    *("constraints.simplex", "constraints.interval", "constraints.dependent", "jd.Normal.support"),
    *("estimators.Pathwise", "estimators.Pathwise()", "'pathwise'", "[jd.Normal(0.0, 1.0)] * 2"),
]
"""Arguments of every kind, most of them wrong where they are used."""

BATCH = "jnp.array([0.5, 1.5, 2.5])"
PROBABILITIES = "jnp.array([0.2, 0.3, 0.5])"
MATRIX = "jnp.eye(3)"
CONDITIONER = "lambda x: jnp.zeros_like(x)"
AFFINE = "lambda p: jd.AffineTransform(p, 1.0)"
DISTRIBUTIONS = [
    *("jd.Normal(0.0, 1.0)", f"jd.Gamma({BATCH}, 1.0)", "jd.Bernoulli(0.3)", "jd.Poisson(2.0)"),
    *(
        f"jd.Categorical({PROBABILITIES})",
        f"jd.Dirichlet({BATCH})",
        "jd.Uniform(-1.0, jnp.ones(3))",
    ),
]
TRANSFORMS = [
    "jd.ExpTransform()",
    f"jd.AffineTransform({BATCH}, 2.0)",
    "jd.StickBreakingTransform()",
]
CONSTRAINTS = ["constraints.positive", "constraints.interval(0.0, 2.0)", "constraints.simplex"]
NUMBERS = ["0.5", "2", BATCH]
OPEN_UNIT = ["0.3", "jnp.array([0.2, 0.3, 0.5])"]

VALID: dict[str, list[str]] = {
    **dict.fromkeys(("probs", "gate"), OPEN_UNIT),
    **dict.fromkeys(("logits", "gate_logits", "preferences", "log_weights"), [BATCH]),
    **dict.fromkeys(("covariance_matrix", "precision_matrix", "scale_tril"), [MATRIX]),
    **dict.fromkeys(("base_dist", "dist", "d", "p", "q", "distribution"), DISTRIBUTIONS),
    **dict.fromkeys(("transform", "base_transform"), TRANSFORMS),
    **dict.fromkeys(("constraint", "base_constraint"), CONSTRAINTS),
    **dict.fromkeys(("low", "lower_bound"), ["-1.0"]),
    **dict.fromkeys(("high", "upper_bound"), ["3.0", BATCH]),
    **dict.fromkeys(("sample_shape", "shape"), ["()", "2", "(2, 3)"]),
    **dict.fromkeys(("expand", "has_aux", "hard", "validate_args", "compiled"), ["True"]),
    **dict.fromkeys(("reinterpreted_batch_ndims", "event_dim", "split_index"), ["1"]),
    **dict.fromkeys(("f", "program", "control_variate", "function"), ["lambda x: x"]),
    **dict.fromkeys(("num_samples", "number", "num_keys", "iterations"), ["4"]),
    **dict.fromkeys(("estimator", "estimators"), ["'score_function'", "None"]),
    **dict.fromkeys(("terminated_t", "truncated_t"), ["jnp.zeros(3, bool)"]),
    **dict.fromkeys(("gamma", "lambda_", "epsilon", "decay", "damping"), ["0.5"]),
    **dict.fromkeys(("widths", "heights"), ["jnp.zeros(4)"]),
    "base_transform": ["jd.ExpTransform()"],
    "batch_shape": ["(2, 3)"],
    "clip_c": ["1.0"],
    "clip_rho": ["1.0"],
    "component_distribution": [f"jd.Normal({BATCH}, 1.0)"],
    "component_distributions": ["[jd.Normal(0.0, 1.0), jd.Laplace(0.0, 1.0)]"],
    "conditioner": [CONDITIONER],
    "cov_factor": ["jnp.ones((3, 2))"],
    "cseq": ["[constraints.positive, constraints.real]"],
    "dim": ["-1", "3"],
    "dimensions": ["3"],
    "draws": ["'antithetic'"],
    "in_shape": ["(6,)"],
    "key": ["jax.random.key(0)"],
    "lengths": ["[1, 2]"],
    "mask": ["True", "[True, False, True]"],
    "mixture_distribution": [f"jd.Categorical({PROBABILITIES})", "jd.Categorical([0.5, 0.5])"],
    "out_shape": ["(2, 3)"],
    "parts": ["[jd.ExpTransform(), jd.AffineTransform(0.0, 2.0)]"],
    "permutation": ["[2, 0, 1]"],
    "policy": ["lambda params: jd.Categorical(logits=params)"],
    "slopes": ["jnp.zeros(3)"],
    "temperature": ["0.5"],
    "total_count": ["3"],
    "transforms": ["[jd.ExpTransform()]", "jd.TanhTransform()"],
    "tree": ["{'a': jd.Normal(0.0, 1.0), 'b': jd.Poisson(2.0)}"],
    "tseq": ["[jd.ExpTransform(), jd.TanhTransform()]"],
    "value": [*NUMBERS, PROBABILITIES],
    "values": ["[1.0, 2.0, 3.0]"],
}
"""Valid arguments by the name of the parameter; of other parameters, `NUMBERS` are."""
SPECIAL = {
    ("MaskedAutoregressive", "transform"): [AFFINE],
    ("MaskedCoupling", "transform"): [AFFINE],
    ("SplitCoupling", "transform"): [AFFINE],
    ("Wishart", "df"): ["4.0"],
    ("LKJCholesky", "dim"): ["3"],
    ("DiscreteUniform", "low"): ["0"],
    ("DiscreteUniform", "high"): ["3"],
    ("CumulativeDistributionTransform", "distribution"): ["jd.Logistic(0.0, 1.0)"],
    ("program_expectation", "program"): ["lambda draw: draw(jd.Normal(0.0, 1.0))"],
}

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
        *("variance", "stddev", "entropy", "perplexity", "enumerate_support", "expand", "support"),
        *("__getitem__", "__iter__"),
    ),
    jd.Transform: (
        *("__call__", "inv", "log_abs_det_jacobian", "forward_and_log_det", "sign", "expand"),
        *("inverse_and_log_det", "forward_shape", "inverse_shape", "__getitem__"),
    ),
    constraints.Constraint: ("check", "feasible_like"),
}
DOCUMENTED = (TypeError, ValueError, IndexError, NotImplementedError)


# --- calls ---------------------------------------------------------------------------------------


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
    for module in ("jd", "constraints", "estimators"):
        for name in NAMES[module].__all__:
            thing = getattr(NAMES[module], name)
            is_callable = inspect.isclass(thing) or inspect.isfunction(thing)
            if is_callable and name not in SKIPPED and id(thing) not in found:
                parameters = tuple(inspect.signature(thing).parameters.values())
                found[id(thing)] = Target(f"{module}.{name}", thing, parameters)
    return list(found.values())


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


# --- outcomes ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """What became of a call, and where its error was raised.

    Attributes:
      kind: "value", "documented error", "wrong signature" or "undocumented error".
      error: the error as Python prints it, on one line.
      place: the last line of the library that was running.
    """

    kind: str
    error: str = ""
    place: str = ""


def outcome(line: str) -> Outcome:
    """Evaluate a line of code."""
    try:
        value = eval(line, dict(NAMES))
        jax.block_until_ready([x for x in jax.tree.leaves(value) if isinstance(x, jax.Array)])
        if inspect.isgenerator(value):
            list(value)
    except Exception as error:
        return classify(error)
    return Outcome("value")


_SIGNATURE = re.compile(
    r"^TypeError: \S+\(\) (missing \d+ required|got an unexpected keyword|takes \d+ positional)"
)
"""What Python says of arguments that a function does not have."""


def classify(error: Exception) -> Outcome:
    """Tell the errors that the library raises from those that come from below."""
    frames = traceback.extract_tb(error.__traceback__)
    of_library = [frame for frame in frames if frame.filename.startswith(PACKAGE)]
    text = " ".join(f"{type(error).__name__}: {error}".split())
    if not of_library or _SIGNATURE.search(text):
        return Outcome("wrong signature", text)
    last = of_library[-1]
    raised = linecache.getline(last.filename, last.lineno or 0).strip().startswith("raise")
    if isinstance(error, DOCUMENTED) and frames[-1] is last and raised:
        return Outcome("documented error", text)
    place = f"{Path(last.filename).relative_to(PACKAGE)}:{last.lineno}: {last.line}"
    return Outcome("undocumented error", text, place)


def fuzz(calls: int, seed: int) -> tuple[collections.Counter[str], dict[str, tuple[str, str]]]:
    """Make calls at random.

    Returns:
      How many calls there were of each kind; and by the place of each undocumented error, the error
      and a line that reproduces it.
    """
    counts: collections.Counter[str] = collections.Counter()
    bad: dict[str, tuple[str, str]] = {}
    filtering = jax.config.jax_traceback_filtering
    jax.config.update("jax_traceback_filtering", "off")
    try:
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            for i, line in enumerate(Generator(seed).lines(calls)):
                found = outcome(line)
                counts[found.kind] += 1
                if found.kind == "undocumented error":
                    bad.setdefault(
                        f"{found.error.partition(':')[0]} in {found.place}", (found.error, line)
                    )
                if i % 2000 == 1999:
                    jax.clear_caches()  # thousands of programs fill the memory
    finally:
        jax.config.update("jax_traceback_filtering", filtering)
    return counts, bad


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    counts, bad = fuzz(options.calls, options.seed)
    for kind, number in counts.most_common():
        print(f"| {kind} | {number} | {100 * number / options.calls:.2f} % |")
    for place, (error, line) in bad.items():
        print(f"\n{place}\n  {error[:300]}\n  {line}")
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
