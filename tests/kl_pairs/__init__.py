"""One table of pairs: every law of divergences holds for every pair.

Most classes of one number have an example for p and one for q, and every registered pair of such
classes is in the table. The other pairs are written out, in the file named for p's support. A
registered pair that is missing here fails a test.
"""

from __future__ import annotations

import functools

import numpy as np

import jaxdist as jd
from jaxdist.divergences import registered_pairs
from tests.catalog import COSTLY
from tests.kl_pairs import (
    category,
    circle,
    count,
    interval,
    matrix,
    positive,
    real,
    simplex,
    sphere,
    vector,
    wrappers,
)
from tests.kl_pairs.pair import Pair
from tests.kl_pairs.references import by_quadrature, by_summation

# Infinite because a moment of p is, which a sum over quantiles does not show.
INFINITE_MOMENT = {
    (jd.Cauchy, jd.Normal),
    (jd.HalfCauchy, jd.Normal),
    (jd.HalfCauchy, jd.Exponential),
    (jd.HalfCauchy, jd.Gamma),
}
SAME_FORMULA_FOR_MANY = (jd.Normal, jd.Uniform, jd.Pareto)
TORCH_TESTS = (jd.Beta, jd.Exponential, jd.Gamma, jd.Gumbel, jd.Laplace, jd.Normal, jd.Uniform)


def is_slow(type_p, type_q):
    """Whether a pair takes long to compile, or is one of many with the same formula."""
    one_of_many = type_p is not type_q and type_q in SAME_FORMULA_FOR_MANY
    costly = issubclass(type_p, COSTLY) or issubclass(type_q, COSTLY)
    return costly or (one_of_many and not issubclass(type_p, TORCH_TESTS))


def make_distributions(p, q):
    return p.make(*p.parameters("p")), q.make(*q.parameters("q"))


def reference_divergence(p, q, divergence):
    return divergence(p.reference(*p.parameters("p")), q.reference(*q.parameters("q")))


def pair_of_examples(type_p, type_q, examples, divergence):
    p, q = examples[type_p], examples[type_q]
    expected = functools.partial(reference_divergence, p, q, divergence)
    if (type_p, type_q) in INFINITE_MOMENT:
        expected = functools.partial(np.full, 3, np.inf)
    return Pair(
        f"{type_p.__name__} {type_q.__name__}",
        functools.partial(make_distributions, p, q),
        expected,
        is_slow(type_p, type_q),
    )


def registered_pairs_of(examples, divergence):
    """Return every registered pair of classes that have an example."""
    return [
        pair_of_examples(*types, examples, divergence)
        for types in registered_pairs()
        if all(kind in examples for kind in types)
    ]


CONTINUOUS = real.EXAMPLES | positive.EXAMPLES | interval.EXAMPLES
DISCRETE = category.EXAMPLES | count.EXAMPLES
WRITTEN_OUT = (
    real,
    positive,
    interval,
    circle,
    count,
    category,
    simplex,
    sphere,
    vector,
    matrix,
    wrappers,
)
PAIRS = [
    *registered_pairs_of(CONTINUOUS, by_quadrature),
    *registered_pairs_of(DISCRETE, by_summation),
    *(pair for module in WRITTEN_OUT for pair in module.PAIRS),
]
