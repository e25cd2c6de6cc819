"""Calls of the library with wrong arguments: a value or a documented error, and no other error.

    python -m benchmarks.fuzz --calls 100000 --seed 0

A call is a line of code: a constructor, a function, or a method of an instance, with arguments that
are valid but for one or two, which are of a wrong type, shape, dtype or value. A documented error
is a TypeError, ValueError, IndexError or NotImplementedError that a `raise` of the library makes;
every other error comes from below, and is printed once with the line that reproduces it.

100,000 calls take more than an hour on one core. `--limit 200` makes as many as 200 seconds allow;
other seeds make other calls.
"""

from __future__ import annotations

import argparse
import math
import os

# Compiling is what takes the time.
os.environ.setdefault("XLA_FLAGS", "--xla_backend_optimization_level=0")

from benchmarks.fuzz.outcomes import fuzz


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=float, default=math.inf, help="seconds to make calls for")
    options = parser.parse_args()
    counts, bad = fuzz(options.calls, options.seed, options.limit)
    for kind, number in counts.most_common():
        print(f"| {kind} | {number} | {100 * number / counts.total():.2f} % |")
    for place, (error, line) in bad.items():
        print(f"\n{place}\n  {error[:300]}\n  {line}")
    raise SystemExit(1 if bad else 0)


if __name__ == "__main__":
    main()
