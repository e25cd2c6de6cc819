"""One table of pairs: every law of divergences holds for every row.

Each family of one number has an example for either side, and every registered pair of such
families is a row. The other rows are written out. A pair without a row fails a test.
"""

from __future__ import annotations

import numpy as np

import jaxdist as jd
from jaxdist.divergences import registered_pairs
from tests.kl_pairs.base import Pair
from tests.kl_pairs.counts import COUNTS
from tests.kl_pairs.line import ON_THE_LINE
from tests.kl_pairs.written import WRITTEN
from tests.kl_references import by_quadrature, by_summation

# Infinite because a moment of p is: a sum over quantiles does not see it.
HEAVY = {
    (jd.Cauchy, jd.Normal),
    (jd.HalfCauchy, jd.Normal),
    (jd.HalfCauchy, jd.Exponential),
    (jd.HalfCauchy, jd.Gamma),
}


def _crossed(examples, reference):
    """Return a row for every registered pair of families with an example."""
    for types in registered_pairs():
        if all(kind in examples for kind in types):
            p, q = examples[types[0]][0], examples[types[1]][1]
            yield Pair(
                " ".join(kind.__name__ for kind in types),
                lambda p=p, q=q: (p.make(), q.make()),
                (lambda: np.full(3, np.inf))
                if types in HEAVY
                else lambda p=p, q=q: reference(p.reference, q.reference),
            )


PAIRS = [*_crossed(ON_THE_LINE, by_quadrature), *_crossed(COUNTS, by_summation), *WRITTEN]
