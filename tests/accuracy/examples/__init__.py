"""Inputs at which results were once wrong in kind, with their right values from mpmath."""

from tests.accuracy.examples import densities, quantiles, slopes, summaries, tails
from tests.accuracy.examples.example import Example

EXAMPLES: dict[str, Example] = {
    name: example
    for room in (densities, slopes, tails, quantiles, summaries)
    for name, example in room.EXAMPLES.items()
}
