"""Constraints: sets of values, as pytrees.

`constraint.check(value)` tests which values lie in the set. Sets without parameters are objects
(`real`, `positive`, `simplex` ...); sets with parameters are classes with lower-case names
(`interval(low, high)`, `greater_than(low)` ...), whose bounds are leaves. Names and meaning are
those of `torch.distributions.constraints`.
"""

from jaxdist.constraints.combinators import (
    Cat,
    Independent,
    MixtureSameFamily,
    OrderedWithin,
    Reshaped,
    Stack,
    Union,
)
from jaxdist.constraints.constraint import Constraint, Dependent, dependent_property, is_dependent
from jaxdist.constraints.intervals import (
    Boolean,
    GreaterThan,
    GreaterThanEq,
    HalfOpenInterval,
    Integer,
    IntegerGreaterThan,
    IntegerInterval,
    IntegerLessThan,
    Interval,
    LessThan,
    LessThanEq,
    Range,
    Real,
)
from jaxdist.constraints.matrices import (
    CorrCholesky,
    CorrMatrix,
    LowerCholesky,
    LowerTriangular,
    Orthogonal,
    PositiveDefinite,
    PositiveSemidefinite,
    Square,
    Symmetric,
)
from jaxdist.constraints.vectors import (
    L1Ball,
    Logits,
    Multinomial,
    OneHot,
    Ordered,
    Permutation,
    PositiveDefiniteCirculantVector,
    PositiveOrderedVector,
    Simplex,
    Sphere,
    ZeroSum,
)

__all__ = [
    "Constraint",
    "Independent",
    "MixtureSameFamily",
    "MixtureSameFamilyConstraint",
    "Range",
    "Reshaped",
    "Union",
    "boolean",
    "cat",
    "corr_cholesky",
    "corr_matrix",
    "dependent",
    "dependent_property",
    "greater_than",
    "greater_than_eq",
    "half_open_interval",
    "independent",
    "integer",
    "integer_greater_than",
    "integer_interval",
    "integer_less_than",
    "interval",
    "is_dependent",
    "l1_ball",
    "less_than",
    "less_than_eq",
    "logits",
    "lower_cholesky",
    "lower_triangular",
    "mixture_same_family",
    "multinomial",
    "nonnegative",
    "nonnegative_integer",
    "one_hot",
    "ordered",
    "ordered_within",
    "orthogonal",
    "permutation",
    "positive",
    "positive_definite",
    "positive_definite_circulant_vector",
    "positive_integer",
    "positive_ordered_vector",
    "positive_semidefinite",
    "real",
    "real_matrix",
    "real_vector",
    "reshaped",
    "simplex",
    "sphere",
    "square",
    "stack",
    "symmetric",
    "union",
    "unit_interval",
    "zero_sum",
]

real = Real()
boolean = Boolean()
integer = Integer()
interval = Interval
half_open_interval = HalfOpenInterval
greater_than = GreaterThan
greater_than_eq = GreaterThanEq
less_than = LessThan
less_than_eq = LessThanEq
integer_interval = IntegerInterval
integer_greater_than = IntegerGreaterThan
integer_less_than = IntegerLessThan
positive = GreaterThan(0.0)
nonnegative = GreaterThanEq(0.0)
unit_interval = Interval(0.0, 1.0)
nonnegative_integer = IntegerGreaterThan(0)
positive_integer = IntegerGreaterThan(1)

simplex = Simplex()
logits = Logits()
one_hot = OneHot()
multinomial = Multinomial
independent = Independent
real_vector = Independent(real, 1)
ordered = Ordered()
ordered_within = OrderedWithin
positive_ordered_vector = PositiveOrderedVector()
positive_definite_circulant_vector = PositiveDefiniteCirculantVector()
permutation = Permutation()
zero_sum = ZeroSum()
sphere = Sphere()
l1_ball = L1Ball()
cat = Cat
reshaped = Reshaped
stack = Stack

real_matrix = Independent(real, 2)
lower_triangular = LowerTriangular()
lower_cholesky = LowerCholesky()
corr_cholesky = CorrCholesky()
corr_matrix = CorrMatrix()
square = Square()
orthogonal = Orthogonal()
symmetric = Symmetric()
positive_semidefinite = PositiveSemidefinite()
positive_definite = PositiveDefinite()

dependent = Dependent()
MixtureSameFamilyConstraint = MixtureSameFamily
mixture_same_family = MixtureSameFamily
union = Union
