"""Evaluate a library where the references are, and count what is within a few eps of them."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import jaxdist as jd
from tests.accuracy.draws import HUGE, TINY
from tests.accuracy.making import maker

EPS = float(np.finfo(np.float32).eps)
ALLOWED = 4.0  # eps
REFERENCES = Path(__file__).parent / "references.json.gz"
QUANTITIES = (
    "log_prob",
    "d/dvalue",
    "d/dparameters",
    "cdf",
    "d cdf",
    "log_cdf",
    "log_survival",
    "icdf",
    "entropy",
    "mean",
    "variance",
    "KL",
)
DERIVATIVES = ("d/d", "d cdf/d")  # before the names of inputs, those of log_prob and of the cdf
OTHER = "other_"  # before the names of the parameters of q, in KL(p || q)

Method = Callable[[Any, Any, Any], Any]
METHODS: dict[str, Method] = {
    "log_prob": lambda d, x, q: d.log_prob(x),
    "cdf": lambda d, x, q: d.cdf(x),
    "log_cdf": lambda d, x, q: d.log_cdf(x),
    "log_survival": lambda d, x, q: d.log_survival_function(x),
    "icdf": lambda d, x, q: d.icdf(q),
    "entropy": lambda d, x, q: d.entropy(),
    "mean": lambda d, x, q: d.mean,
    "variance": lambda d, x, q: d.variance,
}
"""How jaxdist computes a quantity, of a value x or a probability q."""


@dataclass(frozen=True)
class Inputs:
    """The cases of a family: columns of parameters and values, and references.

    Attributes:
      label: of the family.
      parameters: float32 arrays, by name.
      other: those of q in KL(p || q); empty where there is no divergence.
      value: int32 for counts.
      q: probabilities for icdf; 1/2 where there is none.
      references: arrays of (reference, condition) by quantity, NaN where there is none.
    """

    label: str
    parameters: dict[str, np.ndarray]
    other: dict[str, np.ndarray]
    value: np.ndarray
    q: np.ndarray
    references: dict[str, np.ndarray]

    @property
    def name(self) -> str:
        """The class."""
        return self.label.split("(")[0]

    def describe(self, i: int) -> str:
        """The inputs of one case, as they are typed."""
        p, q = (
            ", ".join(f"{name}={_typed(v[i])}" for name, v in parameters.items())
            for parameters in (self.parameters, self.other)
        )
        return f"{self.name}({p}) at {_typed(self.value[i])}" + (f", q: {q}" if q else "")


def _typed(value: np.ndarray) -> str:
    return json.dumps(np.vectorize(lambda v: float(f"{v:.9g}"))(value).tolist())


def load(path: Path = REFERENCES) -> dict[str, Inputs]:
    """Read the cases of all families, by label."""
    table = json.loads(gzip.decompress(path.read_bytes()))
    return {label: _columns(label, rows) for label, rows in table.items()}


def _columns(label: str, rows: list[dict[str, Any]]) -> Inputs:
    derived = {*METHODS, "KL", "q"}
    names = [name for name in rows[0] if name not in derived and not name.startswith(DERIVATIVES)]
    inputs = {name: np.array([row[name] for row in rows], np.float32) for name in names}
    value = inputs.pop("value")
    continuous = "d/dvalue" in rows[0]
    quantities = sorted({name for row in rows for name in row} - {*names, "q"})
    columns = {name: _count_if_exact(name, column, rows[0]) for name, column in inputs.items()}
    return Inputs(
        label,
        {name: column for name, column in columns.items() if not name.startswith(OTHER)},
        {n.removeprefix(OTHER): column for n, column in columns.items() if n.startswith(OTHER)},
        value if continuous or value.ndim > 1 else value.astype(np.int32),
        np.array([row.get("q", 0.5) for row in rows], np.float32),
        {name: _column([row.get(name) for row in rows]) for name in quantities},
    )


def _count_if_exact(name: str, column: np.ndarray, row: dict[str, Any]) -> np.ndarray:
    name = name.removeprefix(OTHER)
    return column if f"d/d{name}" in row or np.any(column % 1) else column.astype(np.int32)


def _column(values: list[Any]) -> np.ndarray:
    """Stack pairs, with NaN for those that are absent."""
    present = np.array(next(v for v in values if v is not None), float)
    absent = np.full(present.shape, np.nan)
    return np.array([absent if v is None else v for v in values], float)


# --- evaluation ----------------------------------------------------------------------------------


def evaluate(
    make: Callable[..., Any],
    inputs: Inputs,
    methods: dict[str, Method] = METHODS,
    divergence: Callable[[Any, Any], Any] = jd.kl_divergence,
) -> dict[str, np.ndarray]:
    """Evaluate all quantities that a library made with JAX has, and gradients of log_prob."""
    other = jax.tree.map(jnp.asarray, inputs.other)
    parameters = jax.tree.map(jnp.asarray, inputs.parameters)
    floats = {k: v for k, v in parameters.items() if jnp.issubdtype(v.dtype, jnp.floating)}
    x, q = jnp.asarray(inputs.value), jnp.asarray(inputs.q)

    def of(method: Method) -> Callable[..., Any]:
        return lambda floats, x, q: jnp.asarray(method(make(**(parameters | floats)), x, q))

    wanted = {n: of(m) for n, m in methods.items() if n in inputs.references}
    for method, before in zip(("log_prob", "cdf"), DERIVATIVES, strict=True):
        names = [name for name in inputs.references if name.startswith(before)]
        if names:
            wanted[before] = jax.grad(_total(of(methods[method])))
        if f"{before}value" in names:
            wanted[f"{before}value"] = jax.grad(_total(of(methods[method])), argnums=1)
    if other:
        wanted["KL"] = lambda floats, x, q: divergence(make(**(parameters | floats)), make(**other))
    there = {n: f for n, f in wanted.items() if _is_implemented(f, floats, x, q)}
    program = jax.jit(lambda *args: {name: f(*args) for name, f in there.items()})
    results = jax.device_get(program(floats, x, q))
    for before in DERIVATIVES:
        results |= {f"{before}{name}": v for name, v in results.pop(before, {}).items()}
    return fitting(results, inputs)


def fitting(results: dict[str, np.ndarray], inputs: Inputs) -> dict[str, np.ndarray]:
    """Those that have a reference, of their shape."""
    return {
        name: v
        for name, v in results.items()
        if name in inputs.references and v.shape == inputs.references[name].shape[:-1]
    }


def _total(method: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *args: jnp.sum(method(*args))


def _is_implemented(f: Callable[..., Any], *args: Any) -> bool:
    try:
        jax.eval_shape(f, *args)
    except (NotImplementedError, AttributeError, TypeError, ValueError):
        return False
    return True


def of_jaxdist(inputs: Inputs) -> dict[str, np.ndarray]:
    """Evaluate jaxdist."""
    return evaluate(maker(inputs.name), inputs)


# --- the measure ---------------------------------------------------------------------------------


def errors(got: np.ndarray, reference: np.ndarray, condition: np.ndarray) -> np.ndarray:
    """Errors in eps of max(|reference|, condition), beyond what float32 flushes to zero.

    What overflows float32 is right where it is infinite. NaN is infinitely wrong.
    """
    got = np.asarray(got, float)
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(reference), condition)
        error = np.maximum(np.abs(got - reference) - TINY, 0)
        in_eps = np.where(error == 0, 0, error / (EPS * size))
        largest = HUGE * (1 - ALLOWED * EPS)
        overflows = (np.abs(reference) > largest) & (np.abs(got) >= largest)
        may_overflow = np.isinf(got) & (np.abs(reference) + ALLOWED * EPS * size > HUGE)
        right = (overflows | may_overflow) & (np.sign(got) == np.sign(reference))
    return np.where(right, 0, np.where(np.isnan(got) | np.isnan(in_eps), np.inf, in_eps))


def is_impossible(quantity: str, got: np.ndarray) -> np.ndarray:
    """Tell where a probability is outside of [0, 1], or its logarithm above 0."""
    largest = {"cdf": 1, "log_cdf": 0, "log_survival": 0}.get(quantity, np.inf)
    return (got > largest) | ((got < 0) & (quantity == "cdf"))


@dataclass
class Score:
    """How many cases there are, are good, and are not finite though they should be."""

    number: int = 0
    good: int = 0
    not_finite: int = 0
    worst: float = -1.0
    example: str = ""

    @property
    def share(self) -> float:
        """Percentage of good cases."""
        return 100 * self.good / max(self.number, 1)

    def __add__(self, other: Score) -> Score:
        larger = self if self.worst >= other.worst else other
        return Score(
            self.number + other.number,
            self.good + other.good,
            self.not_finite + other.not_finite,
            larger.worst,
            larger.example,
        )


@dataclass
class Table:
    """Scores by family and quantity."""

    scores: dict[tuple[str, str], Score] = field(default_factory=dict)

    def add(self, label: str, quantity: str, score: Score) -> None:
        """Add to what is there."""
        key = label, quantity
        self.scores[key] = self.scores.get(key, Score()) + score

    def of_quantity(self, quantity: str) -> Score:
        """All families together."""
        return sum((s for (_, q), s in self.scores.items() if q == quantity), Score())


def column_of(name: str) -> str:
    """The column of the table in which a quantity is."""
    if name in QUANTITIES:
        return name
    return "d cdf" if name.startswith("d cdf") else "d/dparameters"


def score(inputs: Inputs, got: dict[str, np.ndarray], allowed: float = ALLOWED) -> Table:
    """Compare what a library computed with the references."""
    table = Table()
    for name, values in got.items():
        pairs = inputs.references[name]
        reference, condition = pairs[..., 0], pairs[..., 1]
        there = ~np.isnan(reference)
        if not np.any(there):
            continue
        in_eps = errors(values, reference, condition)
        in_eps = np.where(is_impossible(name, values), np.inf, in_eps)
        in_eps = np.where(there, in_eps, -1.0)
        finite = np.abs(reference) < HUGE
        not_finite = (in_eps > allowed) & ~np.isfinite(np.asarray(values, float)) & finite
        worst = np.unravel_index(np.argmax(in_eps), in_eps.shape)
        example = (
            f"{name} of {inputs.describe(int(worst[0]))}: "
            f"{float(values[worst]):.9g}, right {reference[worst]:.9g}"
        )
        good = int(np.sum(there & (in_eps <= allowed)))
        table.add(
            inputs.label,
            column_of(name),
            Score(int(there.sum()), good, int(not_finite.sum()), float(in_eps.max()), example),
        )
    return table


def total(tables: Iterable[Table]) -> Table:
    """Put tables together."""
    together = Table()
    for table in tables:
        for (label, quantity), s in table.scores.items():
            together.add(label, quantity, s)
    return together


def failures(inputs: Inputs, got: dict[str, np.ndarray]) -> Iterator[str]:
    """Describe every case that is not good."""
    for name, values in got.items():
        pairs = inputs.references[name]
        in_eps = errors(values, pairs[..., 0], pairs[..., 1])
        for at in np.argwhere(~np.isnan(pairs[..., 0]) & (in_eps > ALLOWED)):
            i = tuple(at)
            yield (
                f"{name} of {inputs.describe(int(at[0]))}: {float(values[i]):.9g}, "
                f"right {pairs[i][0]:.9g}, {in_eps[i]:.3g} eps"
            )
