"""Print how many results are within 4 eps, beside other libraries.

    python -m benchmarks.accuracy [--references FILE] [--family NAME ...] [--failures]

The share, in percent, of cases whose error is at most 4 eps of max(|reference|, condition); the
condition number is the unavoidable effect of rounding the inputs to float32. The references are in
`tests/accuracy`; `python -m tests.accuracy.generate --seed 1 --output FILE` draws other cases.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import jax

from benchmarks.accuracy.peers import PEERS, Results
from benchmarks.timing import table
from tests.accuracy import score
from tests.accuracy.score import QUANTITIES, Inputs, Table

LOW = 97.0  # percent; below it, a family is listed


def evaluated(
    inputs: dict[str, Inputs], library: Callable[[Inputs], Results]
) -> tuple[Table, dict[str, Results]]:
    """Score a library."""
    got = {label: library(columns) for label, columns in inputs.items()}
    return score.total(score.score(inputs[label], g) for label, g in got.items()), got


def share(found: Table, quantity: str) -> str:
    """One cell of the table of all families together."""
    of_quantity = found.of_quantity(quantity)
    if not of_quantity.number:
        return "-"
    return f"{of_quantity.share:.1f} ({of_quantity.not_finite})"


def by_library(tables: dict[str, Table]) -> str:
    """All families together: shares, and how many results are not finite."""
    header = ["within 4 eps, % (not finite)", "cases of jaxdist", *tables]
    ours = next(iter(tables.values()))
    rows = [
        [q, str(ours.of_quantity(q).number), *(share(found, q) for found in tables.values())]
        for q in QUANTITIES
    ]
    return table(header, rows)


def low_families(ours: Table) -> str:
    """The families and quantities that are short, with their worst cases."""
    rows = [
        [f"{label}, {quantity}", f"{s.share:.1f}", str(s.not_finite), f"{s.worst:.3g}", s.example]
        for (label, quantity), s in sorted(ours.scores.items())
        if s.share < LOW or s.not_finite
    ]
    return table(["jaxdist, family", "share", "not finite", "worst, eps", "worst case"], rows)


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--references", type=Path, default=score.REFERENCES)
    parser.add_argument("--family", nargs="*", help="labels, such as Gamma or Bernoulli(logits)")
    parser.add_argument("--failures", action="store_true", help="list every case that is not good")
    args = parser.parse_args()
    inputs = score.load(args.references)
    if args.family:
        inputs = {label: inputs[label] for label in args.family}
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}\n")
    ours, got = evaluated(inputs, score.of_jaxdist)
    tables = {"jaxdist": ours}
    for peer in PEERS:
        if peer.is_installed:
            tables[peer.name] = evaluated(inputs, peer)[0]
        else:
            print(f"{peer.name} is not installed: skipped")
    print(by_library(tables), low_families(ours), sep="\n\n")
    if args.failures:
        for label, results in got.items():
            print("", *score.failures(inputs[label], results), sep="\n")


if __name__ == "__main__":
    main()
