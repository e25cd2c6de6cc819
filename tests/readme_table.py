"""The README's table of distributions, made from the code.

`python -m tests.readme_table` writes it. A dash stands for what a distribution does not have: no
closed form, no meaning, or no derivative.
"""

from __future__ import annotations

from pathlib import Path

import jax

import jaxdist as jd
from tests.catalog import ROOMS

README = Path(__file__).parent.parent / "README.md"
BEGIN, END = "<!-- table: begin -->\n", "<!-- table: end -->\n"
KEY = jax.random.key(0)

COLUMNS = {
    "log_prob": lambda d: d.log_prob(d.sample(KEY)),
    "rsample": lambda d: d.rsample(KEY),
    "mean": lambda d: d.mean,
    "mode": lambda d: d.mode,
    "variance": lambda d: d.variance,
    "entropy": lambda d: d.entropy(),
    "cdf": lambda d: d.log_survival_function(d.sample(KEY)),
    "icdf": lambda d: d.icdf(0.5),
    "enumerate": lambda d: d.enumerate_support(),
}


def has(d: jd.Distribution, column: str) -> bool:
    try:
        if column == "enumerate":  # its length depends on the values of the parameters
            COLUMNS[column](d)
        else:
            jax.eval_shape(COLUMNS[column], d)
    except NotImplementedError:
        return False
    return True


def table() -> str:
    examples = {type(row.make()).__name__: row.make() for room in ROOMS for row in room.ROWS[::-1]}
    lines = [
        "| distribution | " + " | ".join(COLUMNS) + " |",
        "|---|" + ":-:|" * len(COLUMNS),
    ]
    for name, d in sorted(examples.items()):
        marks = ["•" if has(d, column) else "–" for column in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(marks) + " |")
    return "\n".join(lines) + "\n"


def written() -> str:
    return README.read_text().split(BEGIN)[1].split(END)[0]


if __name__ == "__main__":
    text = README.read_text()
    before, after = text.split(BEGIN)[0], text.split(END)[1]
    README.write_text(before + BEGIN + table() + END + after)
