"""Write inputs and references: `python -m tests.accuracy.generate [--seed 0] [--cases 36]`.

It takes about half an hour on a core where gmpy2 is installed, which mpmath then uses.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import json
import multiprocessing
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import derivatives
from tests.accuracy.derivatives import Quantity
from tests.accuracy.draws import HUGE, ONE_BELOW
from tests.accuracy.families import FAMILIES
from tests.accuracy.family import Family

REFERENCES = Path(__file__).parent / "references.json.gz"
_TAIL_DIGITS = 80  # for first derivatives
_TRIES = 10_000  # draws of inputs, of which one must be legal

Case = dict[str, Any]

# What mpmath raises where a formula has no value, or is complex and compared.
UNDEFINED = (ValueError, ZeroDivisionError, OverflowError, TypeError, mp.NoConvergence)


class Illegal(ValueError):
    """The inputs are outside of the support, or of the range of float32."""


def round_to_float32(value: Any) -> np.ndarray:
    """Round to normal numbers of float32."""
    rounded = np.asarray(value, np.float32).astype(float)
    if not np.all((np.abs(rounded) <= HUGE) & ((rounded == 0) | (np.abs(rounded) > 1.2e-38))):
        raise Illegal
    return rounded


class Arguments:
    """The inputs of a case: flat for derivatives, and in the shapes that formulas take.

    The parameters come first, then the value.
    """

    def __init__(self, family: Family, inputs: dict[str, np.ndarray]) -> None:
        self.shapes = [v.shape for v in inputs.values()]
        self.flat = [mpf(float(v)) for array in inputs.values() for v in array.ravel()]
        sizes = [v.size for v in inputs.values()]
        ends = np.cumsum(sizes)
        self.positions = {
            name: range(int(end) - size, int(end))
            for name, size, end in zip(inputs, sizes, ends, strict=True)
        }
        fixed = {"value"} if family.discrete else set()
        self.of_other = {
            i for name, where in self.positions.items() if name.startswith(OTHER) for i in where
        }
        self.free = [
            i
            for name, positions in self.positions.items()
            if name.removeprefix(OTHER) not in family.exact | fixed
            for i in positions
        ]

    def shaped(self, flat: list[Any]) -> list[Any]:
        """Give a flat list of numbers the shapes of the inputs."""
        return [
            np.array([flat[i] for i in positions], object).reshape(shape)[()]
            for shape, positions in zip(self.shapes, self.positions.values(), strict=True)
        ]

    def part(self, name: str, pairs: dict[int, list[float]]) -> Any:
        """The pairs of numbers of an input's entries, in its shape."""
        positions = self.positions[name]
        shape = self.shapes[list(self.positions).index(name)]
        return np.array([pairs[i] for i in positions]).reshape(*shape, 2).tolist()


def draw_inputs(family: Family, rng: np.random.Generator, level: int) -> dict[str, np.ndarray]:
    """Draw parameters and a value that float32 represents."""
    parameters = {
        name: round_to_float32(draw(rng, level)) for name, draw in family.parameters.items()
    }
    value = round_to_float32(family.value(rng, *(v[()] for v in parameters.values())))
    if not family.kl:
        return parameters | {"value": value}
    other = {OTHER + name: near_or_far(family, name, v, rng) for name, v in parameters.items()}
    return parameters | other | {"value": value}


def near_or_far(
    family: Family, name: str, value: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Draw another value of a parameter: anew, or for reals, now and then close to the first."""
    if name in family.exact:
        return value
    if rng.random() < 0.6:
        return round_to_float32(family.parameters[name](rng, 0))
    close = value * (1 + 10 ** -rng.uniform(0, 7) * rng.choice([-1, 1], value.shape) / 2)
    return round_to_float32(np.minimum(close, ONE_BELOW) if name == "probs" else close)


OTHER = "other_"  # before the names of the parameters of q, in KL(p || q)


def log_of_tail(tail: Any, other: Any) -> Any:
    """The logarithm of a probability, given that of the complement."""
    return mp.log(tail) if tail < other else mp.log1p(-other)


def references(family: Family, arguments: Arguments) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Yield each quantity and how it is computed: a `Quantity`, or a list of them."""
    flat, free = arguments.flat, arguments.free
    of_both = [i for i in free if i not in arguments.positions["value"]]
    of_parameters = [i for i in of_both if i not in arguments.of_other]
    free = [i for i in free if i not in arguments.of_other]
    number = len(family.parameters)

    def at(formula: Callable[..., Any]) -> Callable[[list[Any]], Any]:
        """The formula as a function of flat inputs; it takes the value first."""

        def evaluate(flat: list[Any]) -> Any:
            *parameters, value = arguments.shaped(flat)
            return formula(value, *parameters[:number])

        return evaluate

    def moment(formula: Callable[..., Any]) -> Callable[[list[Any]], Any]:
        return at(lambda value, *parameters: formula(*parameters))

    log_prob = at(family.log_prob)
    yield "log_prob", lambda: derivatives.value(log_prob, flat, free)
    yield "gradient", lambda: derivatives.gradient(log_prob, flat, free)
    for name in ("entropy", "mean", "variance"):
        if formula := getattr(family, name):
            f = moment(formula)
            yield name, functools.partial(derivatives.value, f, flat, of_parameters)
    if family.kl:

        def divergence(flat: list[Any]) -> Any:
            return family.kl(*arguments.shaped(flat)[:-1])

        yield "KL", lambda: derivatives.value(divergence, flat, of_both)
    if family.tails:
        tails = at(family.tails)
        functions = {
            "cdf": lambda x: tails(x)[0],
            "log_cdf": lambda x: log_of_tail(*tails(x)),
            "log_survival": lambda x: log_of_tail(*tails(x)[::-1]),
        }
        for name, f in functions.items():
            yield name, functools.partial(derivatives.value, f, flat, free)
        yield "cdf gradient", lambda: cdf_gradient(tails, flat, free)
        if family.discrete:
            yield "icdf", lambda: discrete_quantile(tails, log_prob, flat)
        else:
            yield "icdf", lambda: quantile(tails, log_prob, flat, of_parameters)


def cdf_gradient(tails: Any, flat: list[Any], free: list[int]) -> list[Quantity]:
    """Differentiate the cdf, by the smaller one of the two tails."""
    lower, upper = tails(flat)
    if lower < upper:
        return derivatives.gradient(lambda x: tails(x)[0], flat, free)
    return derivatives.gradient(lambda x: -tails(x)[1], flat, free)


def quantile(tails: Any, log_prob: Any, flat: list[Any], free: list[int]) -> tuple[Any, Quantity]:
    """The probability of at most the value, in float32, and the quantile there, by Newton."""
    x = list(flat)
    probability = float(tails(x)[0])
    q = mpf(float(round_to_float32(probability)))
    if not 0 < q < 1:
        raise Illegal

    def excess() -> Any:
        lower, upper = tails(x)
        return lower - q if lower < upper else (1 - q) - upper

    for _ in range(60):
        step = excess() / mp.exp(log_prob(x))
        x[-1] -= step
        if abs(step) < mpf(10) ** -20 * abs(x[-1]):
            break
    else:
        raise Illegal
    density = mp.exp(log_prob(x))
    slopes = [x[i] * derivatives.first(lambda v: tails(v)[0], x, i) for i in free if x[i]]
    return q, Quantity(x[-1], (q + mp.fsum(map(abs, slopes))) / density)


def discrete_quantile(tails: Any, log_prob: Any, flat: list[Any]) -> tuple[Any, Quantity]:
    """A probability of float32 well inside of the step of the value, which is its quantile."""
    upto, mass = tails(flat)[0], mp.exp(log_prob(flat))
    q = mpf(float(round_to_float32(float(upto - mass / 2))))
    if not 0 < q < 1 or min(q - (upto - mass), upto - q) < 1e-5 * min(q, 1):
        raise Illegal
    return q, Quantity(flat[-1], mpf(0))


def check_support(family: Family, arguments: Arguments) -> None:
    """Raise `Illegal` unless the value is inside of the support."""
    *parameters, value = arguments.shaped(arguments.flat)
    parameters = parameters[: len(family.parameters)]
    log_prob = family.log_prob(value, *parameters)
    if isinstance(log_prob, mp.mpc) or not mp.isfinite(log_prob):
        raise Illegal
    if family.name in ENDS and min(family.tails(value, *parameters)) < 0:
        raise Illegal


TAILS = ("cdf", "log_cdf", "log_survival", "icdf")

ENDS = {  # are given by parameters
    "Arcsine",
    "Bates",
    "Cosine",
    "GeneralizedPareto",
    "Levy",
    "LogUniform",
    "PERT",
    "Pareto",
    "Triangular",
    "Truncated",
    "TruncatedNormal",
    "Uniform",
}


def legal_inputs(
    family: Family, rng: np.random.Generator, level: int
) -> tuple[dict[str, np.ndarray], Arguments]:
    """Draw until the inputs are legal.

    Raises:
      RuntimeError: none are, as where a formula of the row is wrong.
    """
    reason: BaseException | None = None
    for _ in range(_TRIES):
        try:
            inputs = draw_inputs(family, rng, level)
            arguments = Arguments(family, inputs)
            check_support(family, arguments)
        except UNDEFINED as error:
            reason = error
        else:
            return inputs, arguments
    raise RuntimeError(
        f"{family.label}: none of {_TRIES} draws of level {level} was legal; "
        f"the last one raised {reason!r}"
    ) from reason


def case(family: Family, rng: np.random.Generator, level: int) -> Case:
    """Draw inputs, and compute what converges there."""
    with mp.workdps(derivatives.DIGITS):
        inputs, arguments = legal_inputs(family, rng, level)
    result: Case = {name: encode_input(v) for name, v in inputs.items()}
    for name, compute in references(family, arguments):
        digits = _TAIL_DIGITS if name in TAILS else derivatives.DIGITS
        with mp.workdps(digits):
            try:
                result |= encode(name, compute(), arguments)
                if family.on_surface:
                    result.pop("d/dvalue", None)
            except UNDEFINED:
                continue
    return result


def encode_input(value: np.ndarray) -> Any:
    return [encode_input(v) for v in value] if value.ndim else float(f"{float(value):.9g}")


GRADIENTS = {"gradient": "d/d", "cdf gradient": "d cdf/d"}
"""What stands before the name of an input in the name of a derivative."""


def encode(name: str, result: Any, arguments: Arguments) -> Case:
    """Numbers with as many digits as matter."""
    if name in GRADIENTS:
        free = [i for i in arguments.free if i not in arguments.of_other]
        pairs = dict(zip(free, map(encode_quantity, result), strict=True))
        return {
            f"{GRADIENTS[name]}{argument}": arguments.part(argument, pairs)
            for argument, positions in arguments.positions.items()
            if set(positions) <= pairs.keys()
        }
    if name == "icdf":
        q, quantity = result
        return {"q": float(f"{float(q):.9g}"), name: encode_quantity(quantity)}
    return {name: encode_quantity(result)}


def encode_quantity(quantity: Quantity) -> Any:
    """A pair of numbers, or such pairs in the shape of an array."""
    references = np.asarray(quantity.reference, object)
    conditions = np.broadcast_to(np.asarray(quantity.condition, object), references.shape)
    pairs = [
        [to_float(reference, 12), to_float(condition, 3)]
        for reference, condition in zip(references.flat, conditions.flat, strict=True)
    ]
    return np.array(pairs).reshape(*references.shape, 2).tolist()


def to_float(x: Any, digits: int) -> float:
    """Round to as many digits as matter, to infinity where float64 overflows."""
    x = mpf(x)
    if mp.isnan(x):
        raise Illegal
    return float(f"{float(x):.{digits}g}")


def cases(job: tuple[int, int, int]) -> tuple[str, list[Case]]:
    """All cases of a family."""
    index, seed, number = job
    family = FAMILIES[index]
    rng = np.random.default_rng([seed, zlib.crc32(family.label.encode())])
    return family.label, [case(family, rng, level=i % 3) for i in range(number)]


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other cases")
    parser.add_argument("--cases", type=int, default=36, help="number of cases of each family")
    parser.add_argument("--output", type=Path, default=REFERENCES)
    parser.add_argument("--only", nargs="*", help="labels of families; the others are kept")
    args = parser.parse_args()
    if unknown := set(args.only or ()) - {family.label for family in FAMILIES}:
        parser.error(f"there is no family {', '.join(sorted(unknown))}")
    jobs = [
        (i, args.seed, args.cases)
        for i, family in enumerate(FAMILIES)
        if args.only is None or family.label in args.only
    ]
    kept = args.only is not None and args.output.exists()
    table = json.loads(gzip.decompress(args.output.read_bytes())) if kept else {}
    with multiprocessing.get_context("spawn").Pool() as pool:
        for label, rows in pool.imap_unordered(cases, jobs):
            table[label] = rows
            print(label, len(rows), flush=True)
            text = json.dumps(dict(sorted(table.items())), separators=(",", ":"))
            args.output.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
