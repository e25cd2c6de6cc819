"""Expectations and the estimators of their gradients.

Which estimator to choose: `Pathwise` where the distribution and f are continuous; `Enumeration`
where there are few values; `ScoreFunction` with a baseline, or `LeaveOneOut`, for everything else.
The others have less variance (`MeasureValued`, `Rebar`, `Relax`, `WithoutReplacement`,
`ControlVariate`, `DeltaMethod`, antithetic and lattice draws) or are fast and biased
(`StraightThrough`, `GumbelSoftmax`).
"""

from jaxdist.estimators.control_variates import ControlVariate, DeltaMethod
from jaxdist.estimators.enumeration import Enumeration
from jaxdist.estimators.estimator import Estimator
from jaxdist.estimators.expectation import applicable, expectation
from jaxdist.estimators.measure_valued import (
    Branches,
    MeasureValued,
    WeakDerivative,
    weak_derivatives,
)
from jaxdist.estimators.pathwise import Pathwise
from jaxdist.estimators.program import Draw, program_expectation
from jaxdist.estimators.quasi_monte_carlo import lattice
from jaxdist.estimators.rebar import Rebar, Relax
from jaxdist.estimators.relaxation import GumbelSoftmax, StraightThrough
from jaxdist.estimators.score_function import LeaveOneOut, MovingAverage, ScoreFunction
from jaxdist.estimators.statistics import GradientStatistics, gradient_statistics
from jaxdist.estimators.without_replacement import WithoutReplacement

__all__ = [
    "Branches",
    "ControlVariate",
    "DeltaMethod",
    "Draw",
    "Enumeration",
    "Estimator",
    "GradientStatistics",
    "GumbelSoftmax",
    "LeaveOneOut",
    "MeasureValued",
    "MovingAverage",
    "Pathwise",
    "Rebar",
    "Relax",
    "ScoreFunction",
    "StraightThrough",
    "WeakDerivative",
    "WithoutReplacement",
    "applicable",
    "expectation",
    "gradient_statistics",
    "lattice",
    "program_expectation",
    "weak_derivatives",
]
