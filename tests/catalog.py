"""One table of distributions; every law in these tests holds for every row.

A new distribution is a row in the file of its room in `tests/rows`. The first row of a class stands
for it in the laws that do not depend on parameter values; all rows are compared with references.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

import jaxdist as jd
from tests.rows import (
    category,
    circle,
    count,
    interval,
    matrix,
    positive,
    real,
    sequences,
    simplex,
    sphere,
    univariate_wrappers,
    vector,
    wrappers,
)
from tests.rows.base import Row

ROOMS = (
    real,
    positive,
    interval,
    circle,
    category,
    count,
    simplex,
    sphere,
    vector,
    matrix,
    sequences,
    wrappers,
    univariate_wrappers,
)
CATALOG: list[Row] = [row for room in ROOMS for row in room.ROWS]
# Built once: every law asks for them when the tests are collected.
EXAMPLES = [(row, row.make()) for row in CATALOG]


# They compile longest, and share what is generic with others, whose laws are always tested.
COSTLY = (
    jd.Beta,
    jd.BetaBinomial,
    jd.BetaNegativeBinomial,
    jd.Binomial,
    jd.Chi,
    jd.Chi2,
    jd.ContinuousBernoulli,
    jd.DirichletMultinomial,
    jd.FisherSnedecor,
    jd.GeneralizedNormal,
    jd.HalfStudentT,
    jd.InverseGamma,
    jd.InverseWishart,
    jd.JointOrderStatistics,
    jd.Kumaraswamy,
    jd.LKJCholesky,
    jd.LowRankMultivariateNormal,
    jd.Mixture,
    jd.MixtureSameFamily,
    jd.Multinomial,
    jd.MultivariateStudentT,
    jd.NegativeBinomial,
    jd.OrderStatistic,
    jd.PERT,
    jd.Skellam,
    jd.SkewNormal,
    jd.SkewedExponentialPower,
    jd.StudentT,
    jd.Truncated,
    jd.TruncatedNormal,
    jd.VonMises,
    jd.VonMisesFisher,
    jd.Wishart,
)

# Programs for one of them compile longer than those for all of `KINDS`.
COSTLIEST = (
    jd.FisherNoncentralHypergeometric,
    jd.SineBivariateVonMises,
    jd.WalleniusNoncentralHypergeometric,
)


# Their mean and variance are those of a circle, not of numbers.
CIRCULAR = (jd.VonMises, jd.SineBivariateVonMises, jd.SineSkewed)


# One class of every kind, for the laws that the base class keeps for all.
KINDS = (
    jd.Normal,
    jd.Uniform,
    jd.Exponential,
    jd.Bernoulli,
    jd.Categorical,
    jd.OneHotCategorical,
    jd.Geometric,
    jd.Dirichlet,
    jd.MultivariateNormal,
    jd.Delta,
    jd.Empirical,
    jd.Independent,
    jd.MixtureSameFamily,
    jd.TransformedDistribution,
)


def rows(
    keep: Callable[[jd.Distribution], bool] = lambda d: True,
    *,
    one_per_class: bool = False,
    kinds: tuple[type[jd.Distribution], ...] = KINDS,
    essential: bool = False,
    fast: bool = False,
) -> pytest.MarkDecorator:
    """Parametrize a test over the rows whose distribution satisfies a condition.

    What takes long is marked slow: of each class all rows but the first, of a law that is tested
    once for each class all classes but the `kinds`, and of the others, unless they are essential,
    the costly and those whose row is not representative. So are the costliest. Of a fast law, the
    first row of each of the `KINDS` is in the fast set.
    """
    kept = [(row, d) for row, d in EXAMPLES if keep(d)]
    first = {type(d): row for row, d in reversed(kept)}
    if one_per_class:
        kept = [(row, d) for row, d in kept if row is first[type(d)]]

    def is_slow(row: Row, d: jd.Distribution) -> bool:
        if row is not first[type(d)] or isinstance(d, COSTLIEST):
            return True
        if one_per_class:
            return type(d) not in kinds
        return not essential and (isinstance(d, COSTLY) or not row.representative)

    def marks(row: Row, d: jd.Distribution) -> list[pytest.MarkDecorator]:
        if is_slow(row, d):
            return [pytest.mark.slow]
        return [pytest.mark.fast] if fast and type(d) in KINDS else []

    parameters = [pytest.param(row, marks=marks(row, d), id=row.name) for row, d in kept]
    return pytest.mark.parametrize("row", parameters)


def is_univariate(d: jd.Distribution) -> bool:
    return d.event_shape == ()


def is_continuous(d: jd.Distribution) -> bool:
    """Whether it has a density, and all its mass there."""
    return not is_atomic(d) and not d._has_atoms


def is_atomic(d: jd.Distribution) -> bool:
    """Whether all its mass is in single points."""
    return d.support.is_discrete or isinstance(d, jd.Delta | jd.Empirical)


def still(moved: jd.Distribution, d: jd.Distribution) -> jd.Distribution:
    """The moved distribution with its counts and points where they were: they cannot move."""
    discrete = [name for name, constraint in d.arg_constraints.items() if constraint.is_discrete]
    points = {jd.Empirical: ["values"], jd.Delta: ["loc"]}.get(type(d), [])
    return moved._with(**{name: getattr(d, name) for name in discrete + points})
