"""Print how many results are within 4 eps, beside other libraries.

    python -m benchmarks.accuracy [--scores FILE] [--references FILE] [--family NAME ...]
                                  [--library NAME ...] [--failures]

The share, in percent, of cases whose error is at most 4 eps of max(|reference|, condition); the
condition number is the unavoidable effect of rounding the inputs to float32. The references are in
`tests/accuracy`; `python -m tests.accuracy.generate --seed 1 --output FILE` draws other cases.

Nearly all the time goes to compiling. With `--scores`, a run that was interrupted goes on where it
stopped: the same command again evaluates the families that are not in the file.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import jax

from benchmarks.accuracy.peers import PEERS, Results
from benchmarks.timing import table
from tests.accuracy import score
from tests.accuracy.score import QUANTITIES, Inputs, Score, Table

LOW = 97.0  # percent; below it, a family is listed
OURS = "jaxdist"

Library = Callable[[Inputs], Results]
Scores = dict[str, dict[str, dict[str, Score]]]
"""By library, family and quantity."""


def read_scores(path: Path | None) -> Scores:
    """Read the scores of earlier runs, if there are any."""
    if path is None or not path.exists():
        return {}
    return {
        library: {
            label: {quantity: Score(**fields) for quantity, fields in found.items()}
            for label, found in families.items()
        }
        for library, families in json.loads(path.read_text()).items()
    }


def write_scores(scores: Scores, path: Path) -> None:
    """Write the scores as JSON."""
    path.write_text(json.dumps(scores, default=dataclasses.asdict, indent=1))


def installed(names: list[str] | None) -> dict[str, Library]:
    """Return the libraries to compare, or those of some names; ours is the first."""
    libraries: dict[str, Library] = {OURS: score.of_jaxdist}
    for peer in PEERS:
        if peer.is_installed:
            libraries[peer.name] = peer
        else:
            print(f"{peer.name} is not installed: skipped")
    return {k: v for k, v in libraries.items() if names is None or k in names}


def evaluate_missing(
    scores: Scores,
    inputs: dict[str, Inputs],
    libraries: Mapping[str, Library],
    path: Path | None,
    show_failures: bool,
) -> None:
    """Evaluate each library for each family that has no scores yet, and say so on stderr."""
    for number, (label, columns) in enumerate(inputs.items(), 1):
        for name, library in libraries.items():
            families = scores.setdefault(name, {})
            if label in families:
                continue
            start = time.perf_counter()
            got = library(columns)
            found = score.score(columns, got).scores
            families[label] = {quantity: of_case for (_, quantity), of_case in found.items()}
            seconds = time.perf_counter() - start
            print(f"{number}/{len(inputs)} {label}, {name}: {seconds:.1f} s", file=sys.stderr)
            if show_failures and name == OURS:
                print("", *score.failures(columns, got), sep="\n")
            if path is not None:
                write_scores(scores, path)


def as_table(families: dict[str, dict[str, Score]], labels: Mapping[str, Inputs]) -> Table:
    """Put the scores of some families of one library together."""
    together = Table()
    for label in labels:
        for quantity, found in families.get(label, {}).items():
            together.add(label, quantity, found)
    return together


def share(found: Table, quantity: str) -> str:
    """One cell of the table of all families together."""
    of_quantity = found.of_quantity(quantity)
    if not of_quantity.number:
        return "-"
    return f"{of_quantity.share:.1f} ({of_quantity.not_finite})"


def by_library(tables: dict[str, Table]) -> str:
    """All families together: shares, and how many results are not finite."""
    first = next(iter(tables))
    header = ["within 4 eps, % (not finite)", f"cases of {first}", *tables]
    rows = [
        [
            q,
            str(tables[first].of_quantity(q).number),
            *(share(found, q) for found in tables.values()),
        ]
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
    parser.add_argument("--scores", type=Path, help="JSON file of the scores so far, to go on with")
    parser.add_argument("--references", type=Path, default=score.REFERENCES)
    parser.add_argument("--family", nargs="*", help="labels, such as Gamma or Bernoulli(logits)")
    parser.add_argument("--library", nargs="*", help="names, such as jaxdist or torch")
    parser.add_argument("--failures", action="store_true", help="list every case that is not good")
    args = parser.parse_args()
    inputs = score.load(args.references)
    if args.family:
        if unknown := set(args.family) - set(inputs):
            parser.error(f"no references of {sorted(unknown)}; there are {', '.join(inputs)}")
        inputs = {label: inputs[label] for label in args.family}
    print(f"jax {jax.__version__} on {jax.devices()[0].device_kind}\n")
    libraries, scores = installed(args.library), read_scores(args.scores)
    evaluate_missing(scores, inputs, libraries, args.scores, args.failures)
    tables = {name: as_table(scores[name], inputs) for name in libraries}
    print(by_library(tables))
    if OURS in tables:
        print("", low_families(tables[OURS]), sep="\n")


if __name__ == "__main__":
    main()
