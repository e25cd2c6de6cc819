"""The measured accuracy on the pages of distributions, from `docs/accuracy.json`.

It is not measured when the site is built. These commands measure and write it:

    python -m benchmarks.accuracy --library jaxdist --scores scores.json
    python docs/accuracy.py scores.json
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "accuracy.json"
Counts = dict[str, dict[str, list[float]]]
"""The number of cases, the good ones and the worst error in eps, by name and quantity."""


def of_distributions(scores: dict[str, dict[str, dict[str, Any]]]) -> Counts:
    """Put the scores of all parameterizations of a distribution together."""
    together: Counts = defaultdict(dict)
    for label, quantities in sorted(scores.items()):
        found = together[label.split("(")[0]]
        for quantity, score in quantities.items():
            number, good, worst = found.get(quantity, [0, 0, 0.0])
            found[quantity] = [
                number + score["number"],
                good + score["good"],
                max(worst, round(score["worst"], 1)),
            ]
    return together


def rows() -> dict[str, list[list[str]]]:
    """The rows of each distribution's table: quantity, cases, percentage of good ones, worst."""
    return {
        name: [
            [quantity, f"{number}", f"{100 * good / number:.4g}", f"{worst:.3g}"]
            for quantity, (number, good, worst) in quantities.items()
        ]
        for name, quantities in json.loads(FILE.read_text()).items()
    }


if __name__ == "__main__":
    measured = json.loads(Path(sys.argv[1]).read_text())["jaxdist"]
    lines = [f'"{name}": {json.dumps(c)}' for name, c in of_distributions(measured).items()]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n")
