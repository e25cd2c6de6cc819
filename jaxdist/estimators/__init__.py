"""Estimators of the gradient of an expectation, one a page, and what they are called by.

Which to take: pathwise where the distribution and f are continuous; enumeration where the values
are few; the score function with a baseline for everything else. The others are for less variance
(measure-valued derivatives, REBAR, RELAX, draws without replacement, control variates, antithetic
and lattice draws) or for speed at the price of a bias (straight-through, Gumbel-softmax).
"""

from jaxdist.estimators.control import ControlVariate, DeltaMethod
from jaxdist.estimators.draws import lattice
from jaxdist.estimators.enumeration import Enumeration
from jaxdist.estimators.estimator import Estimator
from jaxdist.estimators.measure import Branches, MeasureValued, WeakDerivative, weak_derivatives
from jaxdist.estimators.pathwise import Pathwise
from jaxdist.estimators.program import Draw, applicable
from jaxdist.estimators.rebar import Rebar, Relax
from jaxdist.estimators.relaxed import GumbelSoftmax, StraightThrough
from jaxdist.estimators.score import LeaveOneOut, MovingAverage, ScoreFunction
from jaxdist.estimators.subsets import WithoutReplacement

__all__ = [
    "Branches",
    "ControlVariate",
    "DeltaMethod",
    "Draw",
    "Enumeration",
    "Estimator",
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
    "lattice",
    "weak_derivatives",
]
